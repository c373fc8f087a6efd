/* SPDX-License-Identifier: MIT */
/* The other CPUs. CPUs have ids 0, 1, 2 ... in the order found; the one that boots is 0. */
#ifndef ARCH_SMP_H
#define ARCH_SMP_H

#include "kernel/types.h"

#define MAX_CPUS 8

/* Starts every other CPU; each calls secondary_main() (kernel/main.h) on its own stack. */
void arch_smp_start(void);

/* Makes CPU `id` take an interrupt: it looks at its need_resched flag on the way out. */
void arch_ipi_reschedule(unsigned id);

/*
 * Makes CPU `id` call stop_if_asked() (kernel/smp.h): if the hardware can, though its interrupts
 * are off.
 */
void arch_ipi_stop(unsigned id);

#endif
