/* SPDX-License-Identifier: MIT */
/* sched.h: giving up the processor; the flags of the clone system call. */
#ifndef SCHED_H
#define SCHED_H

#include <sys/types.h>

#define CLONE_VM             0x00000100
#define CLONE_FS             0x00000200
#define CLONE_FILES          0x00000400
#define CLONE_SIGHAND        0x00000800
#define CLONE_VFORK          0x00004000
#define CLONE_THREAD         0x00010000
#define CLONE_SETTLS         0x00080000
#define CLONE_PARENT_SETTID  0x00100000
#define CLONE_CHILD_CLEARTID 0x00200000
#define CLONE_CHILD_SETTID   0x01000000

int sched_yield(void);
/*
 * A child that calls fn(arg), with the stack that ends at `stack` and sharing what the flags say,
 * and exits with what fn returns. With CLONE_VM it shares this library's variables too: errno and
 * stdio are one for all.
 */
int clone(int (*fn)(void *), void *stack, int flags, void *arg, ...);

#endif
