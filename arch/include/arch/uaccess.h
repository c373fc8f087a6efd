/* SPDX-License-Identifier: MIT */
/*
 * The raw copies between kernel and user memory: they open the user window only while they run, and
 * a fault that cannot be served makes them stop early instead of ending the kernel: the instruction
 * is in the exception table (mm/extable.h). Callers have checked that the range is in the user
 * half; portable code uses mm/uaccess.h.
 */
#ifndef ARCH_UACCESS_H
#define ARCH_UACCESS_H

#include "kernel/types.h"

/* Each returns how many bytes were NOT copied or cleared: 0 is success. May sleep (faults). */
size_t arch_copy_from_user(void *dst, uaddr_t src, size_t n);
size_t arch_copy_to_user(uaddr_t dst, const void *src, size_t n);
size_t arch_clear_user(uaddr_t dst, size_t n);

#endif
