/* SPDX-License-Identifier: MIT */
/*
 * What every part of mkfs uses: failing with one line that names the culprit, and memory that is
 * either there or the end of the run (a tool that runs once frees nothing).
 */
#ifndef MKFS_UTIL_H
#define MKFS_UTIL_H

#include <stddef.h>
#include <stdint.h>

#define KIB 1024ull
#define MIB (1024 * KIB)

/* Print "mkfs: name: reason" and exit with status 1; name is a file, an option or a variable. */
_Noreturn void fail(const char *name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same with errno's text as the reason. */
_Noreturn void fail_errno(const char *name);

/* count elements of size bytes, zeroed. */
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t count, size_t size);

/* printf into fresh memory. */
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* n divided by d, rounded up. */
static inline uint64_t div_round_up(uint64_t n, uint64_t d)
{
    return n / d + (n % d != 0);
}

static inline int bit_test(const uint8_t *map, uint64_t bit)
{
    return map[bit / 8] >> bit % 8 & 1;
}

static inline void bit_set(uint8_t *map, uint64_t bit)
{
    map[bit / 8] |= (uint8_t)(1 << bit % 8);
}

#endif
