/* SPDX-License-Identifier: MIT */
/*
 * What the compiler calls for __builtin_ctzll() and its like where the CPU has no instruction for
 * them: its own support library is not linked into the kernel.
 */
#include "kernel/types.h"

int __ctzdi2(uint64_t x);
int __clzdi2(uint64_t x);

/* x is not 0, in both: what the builtins promise. Halves of halves. */
int __ctzdi2(uint64_t x)
{
    int n = 0;

    for (int width = 32; width > 0; width /= 2) {
        if ((x & ((1ull << width) - 1)) == 0) {
            x >>= width;
            n += width;
        }
    }
    return n;
}

int __clzdi2(uint64_t x)
{
    int n = 0;

    for (int width = 32; width > 0; width /= 2) {
        if (x >> (64 - width) == 0) {
            x <<= width;
            n += width;
        }
    }
    return n;
}
