/* SPDX-License-Identifier: MIT */
/*
 * Where a CPU begins that another one starts: real-mode code, which is copied to a page below 1 MiB
 * and runs at any of them (Intel SDM vol. 3, 9.4.4).
 *
 * One CPU is started at a time. The one that starts it stores the two words below, sends it there,
 * and changes neither before it is online or given up.
 */
#ifndef X86_TRAMPOLINE_H
#define X86_TRAMPOLINE_H

#include "kernel/types.h"

struct cpu;

/* trampoline.S: the bytes to copy, less than a page, to its first byte. */
extern const char trampoline_start[], trampoline_end[];

/*
 * boot.S, for the CPU that starts next: the value of CR3 for the kernel's own table (with no PCID),
 * and its struct cpu, whose scratch words are set up (CPU_SELF, CPU_START_RSP).
 */
extern uint64_t secondary_cr3;
extern struct cpu *secondary_cpu;

#endif
