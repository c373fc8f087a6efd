/* SPDX-License-Identifier: MIT */
/*
 * Copies between kernel and user memory: every byte goes through the software MMU, which calls the
 * fault path as hardware would.
 */
#ifndef ARCH_UACCESS_H
#define ARCH_UACCESS_H

#include "kernel/types.h"

size_t arch_copy_from_user(void *dst, uaddr_t src, size_t n);
size_t arch_copy_to_user(uaddr_t dst, const void *src, size_t n);
size_t arch_clear_user(uaddr_t dst, size_t n);

#endif
