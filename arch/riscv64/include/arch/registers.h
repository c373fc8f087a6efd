/* SPDX-License-Identifier: MIT */
/*
 * What C does not name of a program's registers, for tests that want to know whether they are its
 * own: the floating-point registers.
 */
#ifndef ARCH_REGISTERS_H
#define ARCH_REGISTERS_H

#include <stdint.h>

/* f0 to f31, and fcsr. */
#define FP_WORDS 33

/* There are no segments here. */
static const unsigned short selectors[] = {0};

/* Values for them, other ones for each k; everything is positive, so that no sum of it is 0. */
static inline void fp_values(uint64_t words[FP_WORDS], unsigned k)
{
    for (unsigned i = 0; i < FP_WORDS - 1; i++)
        words[i] = 0x3ff0000000000000 | (uint64_t)k << 32 | i;
    words[FP_WORDS - 1] = (k & 3) << 5 | (k & 31); /* fcsr: a way of rounding, flags */
}

#define FP_EACH(instruction)                                                                       \
    ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,"   \
    "31\n\t" instruction "\n\t.endr\n\t"

/*
 * Loads the registers with `in`, makes a system call, and stores them in `out`: the call's result.
 */
static inline long fp_syscall(const uint64_t in[FP_WORDS], uint64_t out[FP_WORDS], long nr, long a,
                              long b, long c)
{
    register long a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
    register long a7 __asm__("a7") = nr;

    __asm__ volatile(
        FP_EACH("fld f\\n, \\n * 8(%[in])") "ld t0, 256(%[in])\n\t"
                                            "fscsr t0\n\t"
                                            "ecall\n\t" FP_EACH(
                                                "fsd f\\n, \\n * 8(%[out])") "fscsr t0, zero\n\t"
                                                                             "sd t0, 256(%[out])"
        : "+r"(a0)
        : [in] "r"(in), [out] "r"(out), "r"(a1), "r"(a2), "r"(a7)
        : "t0", "memory", "f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11",
          "f12", "f13", "f14", "f15", "f16", "f17", "f18", "f19", "f20", "f21", "f22", "f23", "f24",
          "f25", "f26", "f27", "f28", "f29", "f30", "f31");
    return a0;
}

static inline void load_selectors(unsigned short ds, unsigned short es)
{
    (void)ds, (void)es;
}

static inline void read_selectors(unsigned short *ds, unsigned short *es)
{
    *ds = *es = 0;
}

#endif
