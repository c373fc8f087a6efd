/* SPDX-License-Identifier: MIT */
/* CPUs that come, and go: what their start and their end have in common on every architecture. */
#ifndef KERNEL_SMP_H
#define KERNEL_SMP_H

#include "kernel/types.h"

struct cpu;

/* Spins until the CPU has begun its work, for `time` nanoseconds at most. False: it has not. */
bool cpu_wait_online(const struct cpu *cpu, ktime_t time);

/* Stops every other CPU where it is, for good, and waits a moment for that. For panic(). */
void stop_other_cpus(void);

/* For a CPU that gets arch_ipi_stop(), interrupts off. Returns if nobody wants it to stop. */
void stop_if_asked(void);

#endif
