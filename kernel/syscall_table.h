/* SPDX-License-Identifier: MIT */
/* The table of system calls, by the architecture's numbers. */
#ifndef KERNEL_SYSCALL_TABLE_H
#define KERNEL_SYSCALL_TABLE_H

#include "kernel/syscall.h"

#define NR_SYSCALLS 512
extern const syscall_fn syscall_table[NR_SYSCALLS]; /* NULL: unknown */

#endif
