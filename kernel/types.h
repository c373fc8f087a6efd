/* SPDX-License-Identifier: MIT */
/*
 * The types and small helpers that everything uses.
 *
 * Three kinds of address have three types, so that they are not confused by accident:
 *   paddr_t   physical; only memory management sees it
 *   vaddr_t   virtual, kernel or user half, as a number
 *   uaddr_t   virtual and named by a user program: never dereferenced, only given to mm/uaccess.h
 */
#ifndef KERNEL_TYPES_H
#define KERNEL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t paddr_t;
typedef uint64_t vaddr_t;
typedef uint64_t uaddr_t;
typedef uint64_t pfn_t;  /* page frame number: paddr_t >> PAGE_SHIFT */
typedef int64_t ktime_t; /* nanoseconds since boot */
typedef int64_t loff_t;
typedef int32_t pid_t;
typedef int64_t ssize_t;
typedef uint32_t dev_t; /* makedev() */

#define ARRAY_SIZE(a)                   (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#define min(a, b)                                                                                  \
    ({                                                                                             \
        __typeof__(a) min_a_ = (a);                                                                \
        __typeof__(b) min_b_ = (b);                                                                \
        min_a_ < min_b_ ? min_a_ : min_b_;                                                         \
    })
#define max(a, b)                                                                                  \
    ({                                                                                             \
        __typeof__(a) max_a_ = (a);                                                                \
        __typeof__(b) max_b_ = (b);                                                                \
        max_a_ > max_b_ ? max_a_ : max_b_;                                                         \
    })

/* `a` is a power of two in all of these. */
#define ALIGN_DOWN(x, a)    ((x) & ~((__typeof__(x))(a)-1))
#define ALIGN_UP(x, a)      ALIGN_DOWN((x) + ((__typeof__(x))(a)-1), a)
#define IS_ALIGNED(x, a)    (((x) & ((__typeof__(x))(a)-1)) == 0)

#define KiB                 (1024ul)
#define MiB                 (1024ul * KiB)
#define GiB                 (1024ul * MiB)

#define READ_ONCE(x)        (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)    (*(volatile __typeof__(x) *)&(x) = (v))

#define __printf(fmt, args) __attribute__((format(printf, fmt, args)))
#define __noreturn          __attribute__((noreturn))
#define __aligned(n)        __attribute__((aligned(n)))
#define __packed            __attribute__((packed))
#define __section(s)        __attribute__((section(s)))
#define __used              __attribute__((used))
#define __noinline          __attribute__((noinline))
#define __unused            __attribute__((unused))
#define __must_check        __attribute__((warn_unused_result))
#define likely(x)           __builtin_expect(!!(x), 1)
#define unlikely(x)         __builtin_expect(!!(x), 0)
#define barrier()           __asm__ volatile("" ::: "memory")

/* A pointer that may instead carry a negative errno: the top 4095 addresses are never objects. */
static inline void *ERR_PTR(long error)
{
    return (void *)error;
}
static inline long PTR_ERR(const void *ptr)
{
    return (long)ptr;
}
static inline bool IS_ERR(const void *ptr)
{
    return (uintptr_t)ptr >= (uintptr_t)-4095;
}

#endif
