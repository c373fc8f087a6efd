/* SPDX-License-Identifier: MIT */
/*
 * Moving data between the kernel and the memory of the current process.
 *
 * Every address is checked to lie in the user half; what is not present is faulted in, so these may
 * sleep and must not be called with a spinlock held or with mmap_lock held. A bad address gives
 * -EFAULT and never more than that.
 */
#ifndef MM_UACCESS_H
#define MM_UACCESS_H

#include "mm/layout.h"
#include "kernel/types.h"

static inline bool access_ok(uaddr_t addr, size_t n)
{
    return n <= TASK_SIZE && addr <= TASK_SIZE - n;
}

/* 0 or -EFAULT; then part of the destination may have been written. */
__must_check int copy_from_user(void *dst, uaddr_t src, size_t n);
__must_check int copy_to_user(uaddr_t dst, const void *src, size_t n);

/*
 * A string of at most size - 1 bytes and its terminator. Returns its length, -EFAULT, or
 * -ENAMETOOLONG when no terminator lies within `size`.
 */
ssize_t strncpy_from_user(char *dst, uaddr_t src, size_t size);

/* What can be copied or cleared is, from the first byte on. Returns how many bytes were NOT. */
size_t copy_to_user_partly(uaddr_t dst, const void *src, size_t n);
size_t clear_user_partly(uaddr_t dst, size_t n);

/* For callers that hold a lock the fault path needs: serves no fault. Returns bytes NOT copied. */
size_t copy_from_user_nofault(void *dst, uaddr_t src, size_t n);
/* Makes [addr, addr + n) present for reading, up to what cannot be. Returns how many bytes are. */
size_t fault_in_user(uaddr_t addr, size_t n);

/* One value of any scalar or structure type. */
#define get_user(lvalue, src) copy_from_user(&(lvalue), (src), sizeof(lvalue))
#define put_user(dst, lvalue) copy_to_user((dst), &(lvalue), sizeof(lvalue))

#endif
