/* SPDX-License-Identifier: MIT */
/*
 * The end of the kernel, and the assertions that lead there.
 *
 * BUG_ON() states an invariant of the kernel and is always compiled; nothing a user program does
 * may reach it. DEBUG_ON() is the same for checks too dear for every build. panic() stops the other
 * CPUs, prints the message, registers (of the trap, if one is current), a backtrace with symbol
 * names, and stops the machine with exit status PANIC_EXIT_STATUS.
 */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include "kernel/types.h"

struct trapframe;

#define PANIC_EXIT_STATUS 101

__noreturn void panic(const char *fmt, ...) __printf(1, 2);

/* The same for a trap in the kernel itself: prints tf's registers and says what `addr` is. */
__noreturn void panic_trap(struct trapframe *tf, vaddr_t addr, const char *fmt, ...) __printf(3, 4);

/* The function that holds `addr` and the offset in it, or NULL when it is not kernel text. */
const char *ksym_lookup(vaddr_t addr, size_t *offset);

#define BUG_ON(cond)                                                                               \
    do {                                                                                           \
        if (unlikely(cond))                                                                        \
            panic("%s:%d: %s: invariant broken: %s", __FILE__, __LINE__, __func__, #cond);         \
    } while (0)

#if DEBUG
#define DEBUG_ON(cond) BUG_ON(cond)
#else
#define DEBUG_ON(cond) ((void)sizeof(cond))
#endif

#endif
