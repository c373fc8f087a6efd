/* SPDX-License-Identifier: MIT */
/* sys/syscall.h: the numbers for syscall() of unistd.h. */
#ifndef SYS_SYSCALL_H
#define SYS_SYSCALL_H

#include <arch/syscall.h>

#endif
