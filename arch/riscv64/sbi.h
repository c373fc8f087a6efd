/* SPDX-License-Identifier: MIT */
/*
 * The firmware's services: RISC-V Supervisor Binary Interface specification 1.0.
 *
 * Sets of CPUs are masks of our ids; the calls translate them to harts. Errors are the SBI's,
 * negative, with no relation to errno.
 */
#ifndef RISCV_SBI_H
#define RISCV_SBI_H

#include "kernel/types.h"

void sbi_putchar(char c);
void sbi_set_timer(uint64_t when);

void sbi_send_ipi(unsigned long cpus);
void sbi_remote_fence_i(unsigned long cpus);
/* A `size` of ~0ul means all addresses. */
void sbi_remote_sfence(unsigned long cpus, vaddr_t start, size_t size);
void sbi_remote_sfence_asid(unsigned long cpus, vaddr_t start, size_t size, unsigned asid);

/* Starts hart `hart` at physical `entry` with a1 = opaque. */
long sbi_hart_start(uint64_t hart, paddr_t entry, uint64_t opaque);

/* Returns only when the firmware cannot do it. */
void sbi_shutdown(void);
void sbi_reboot(void);

#endif
