/* SPDX-License-Identifier: MIT */
/*
 * System calls: the boundary is Linux's. Numbers are the architecture's (<arch/syscall.h>), the
 * structures that differ between architectures are in <arch/uabi.h>.
 *
 * A call is defined with its types and names once:
 *
 *     SYSCALL3(read, int, fd, uaddr_t, buf, size_t, n)
 *     {
 *         ...returns a result or -errno
 *     }
 *
 * which makes sys_read(), the function in the table (kernel/syscall_table.c) that takes the six raw
 * argument words. The low half of a word is taken for a 32-bit parameter, as Linux does.
 */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include "kernel/errno.h"
#include "kernel/types.h"

typedef long (*syscall_fn)(const uint64_t *args);

#define SYSCALL_WRAP(name, params, call)                                                           \
    static inline long do_sys_##name params;                                                       \
    long sys_##name(const uint64_t *args);                                                         \
    long sys_##name(const uint64_t *args)                                                          \
    {                                                                                              \
        (void)args;                                                                                \
        return do_sys_##name call;                                                                 \
    }                                                                                              \
    static inline long do_sys_##name params

#define SYSCALL0(name)         SYSCALL_WRAP(name, (void), ())
#define SYSCALL1(name, t0, a0) SYSCALL_WRAP(name, (t0 a0), ((t0)args[0]))
#define SYSCALL2(name, t0, a0, t1, a1)                                                             \
    SYSCALL_WRAP(name, (t0 a0, t1 a1), ((t0)args[0], (t1)args[1]))
#define SYSCALL3(name, t0, a0, t1, a1, t2, a2)                                                     \
    SYSCALL_WRAP(name, (t0 a0, t1 a1, t2 a2), ((t0)args[0], (t1)args[1], (t2)args[2]))
#define SYSCALL4(name, t0, a0, t1, a1, t2, a2, t3, a3)                                             \
    SYSCALL_WRAP(name, (t0 a0, t1 a1, t2 a2, t3 a3),                                               \
                 ((t0)args[0], (t1)args[1], (t2)args[2], (t3)args[3]))
#define SYSCALL5(name, t0, a0, t1, a1, t2, a2, t3, a3, t4, a4)                                     \
    SYSCALL_WRAP(name, (t0 a0, t1 a1, t2 a2, t3 a3, t4 a4),                                        \
                 ((t0)args[0], (t1)args[1], (t2)args[2], (t3)args[3], (t4)args[4]))
#define SYSCALL6(name, t0, a0, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5)                             \
    SYSCALL_WRAP(name, (t0 a0, t1 a1, t2 a2, t3 a3, t4 a4, t5 a5),                                 \
                 ((t0)args[0], (t1)args[1], (t2)args[2], (t3)args[3], (t4)args[4], (t5)args[5]))

#endif
