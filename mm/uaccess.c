/* SPDX-License-Identifier: MIT */
/* Copies to and from the current process, on the architecture's raw ones. See mm/uaccess.h. */
#include "mm/uaccess.h"

#include <arch/uaccess.h>
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "kernel/string.h"

int copy_from_user(void *dst, uaddr_t src, size_t n)
{
    return access_ok(src, n) && arch_copy_from_user(dst, src, n) == 0 ? 0 : -EFAULT;
}

size_t copy_to_user_partly(uaddr_t dst, const void *src, size_t n)
{
    return access_ok(dst, n) ? arch_copy_to_user(dst, src, n) : n;
}

int copy_to_user(uaddr_t dst, const void *src, size_t n)
{
    return copy_to_user_partly(dst, src, n) == 0 ? 0 : -EFAULT;
}

size_t clear_user_partly(uaddr_t dst, size_t n)
{
    return access_ok(dst, n) ? arch_clear_user(dst, n) : n;
}

/* In pieces that cross no page, so that nothing behind the terminator needs to be readable. */
ssize_t strncpy_from_user(char *dst, uaddr_t src, size_t size)
{
    size_t done = 0;

    while (done < size) {
        size_t chunk = min(size - done, 64 - ((src + done) & 63));
        if (copy_from_user(dst + done, src + done, chunk))
            return -EFAULT;
        const char *end = memchr(dst + done, '\0', chunk);
        if (end)
            return end - dst;
        done += chunk;
    }
    return -ENAMETOOLONG;
}

size_t copy_from_user_nofault(void *dst, uaddr_t src, size_t n)
{
    if (!access_ok(src, n))
        return n;
    current->fault_disabled = true;
    size_t left = arch_copy_from_user(dst, src, n);
    current->fault_disabled = false;
    return left;
}

/* Touching a byte of each page does it. */
size_t fault_in_user(uaddr_t addr, size_t n)
{
    size_t done = 0;
    char byte;

    while (done < n && get_user(byte, addr + done) == 0)
        done = ALIGN_DOWN(addr + done, PAGE_SIZE) + PAGE_SIZE - addr;
    return min(done, n);
}
