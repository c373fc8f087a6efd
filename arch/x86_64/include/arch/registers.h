/* SPDX-License-Identifier: MIT */
/*
 * What C does not name of a program's registers, for tests that want to know whether they are its
 * own: floating-point and vector registers, and segment selectors.
 */
#ifndef ARCH_REGISTERS_H
#define ARCH_REGISTERS_H

#include <stdint.h>

/* ymm0 to ymm15, or what there is of them, and MXCSR. */
#define FP_WORDS 65

/* Selectors that a program may have in DS, and ES. */
static const unsigned short selectors[] = {0, 0x2b, 0x33};

/* Values for them, other ones for each k; everything is positive, so that no sum of it is 0. */
static inline void fp_values(uint64_t words[FP_WORDS], unsigned k)
{
    for (unsigned i = 0; i < FP_WORDS - 1; i++)
        words[i] = 0x3ff0000000000000 | (uint64_t)k << 32 | i;
    words[FP_WORDS - 1] = 0x1f80 | (k & 3) << 13; /* MXCSR: nothing traps; a way of rounding */
}

static inline int fp_has_ymm(void)
{
    unsigned eax = 1, ebx, ecx = 0, edx;

    __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return (ecx >> 27 & 3) == 3; /* OSXSAVE, AVX */
}

#define FP_EACH(instruction)                                                                       \
    ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\t" instruction "\n\t.endr\n\t"

/*
 * Loads the registers with `in`, makes a system call, and stores them in `out`: the call's result.
 */
static inline long fp_syscall(const uint64_t in[FP_WORDS], uint64_t out[FP_WORDS], long nr, long a,
                              long b, long c)
{
    int ymm = fp_has_ymm();
    unsigned own;

    for (unsigned i = 0; i < FP_WORDS; i++)
        out[i] = i == FP_WORDS - 1 || ymm ? 0 : in[i];
    __asm__ volatile(
        "stmxcsr %[own]\n\t"
        "ldmxcsr 512(%[in])\n\t"
        "test %[ymm], %[ymm]\n\t"
        "jz 1f\n\t" FP_EACH(
            "vmovups \\n * 32(%[in]), %%ymm\\n") "jmp 2f\n"
                                                 "1:\t" FP_EACH(
                                                     "movups \\n * 32(%[in]), "
                                                     "%%xmm\\n") "2:\tsyscall\n\t"
                                                                 "test %[ymm], "
                                                                 "%[ymm]\n\t"
                                                                 "jz 3f\n\t" FP_EACH(
                                                                     "vmovups "
                                                                     "%%ymm\\n, \\n * "
                                                                     "32(%[out])") "vz"
                                                                                   "er"
                                                                                   "ou"
                                                                                   "pp"
                                                                                   "er"
                                                                                   "\n"
                                                                                   "\t"
                                                                                   "jm"
                                                                                   "p "
                                                                                   "4f"
                                                                                   "\n"
                                                                                   "3:"
                                                                                   "\t" FP_EACH(
                                                                                       "movups "
                                                                                       "%%xmm\\n, "
                                                                                       "\\n * "
                                                                                       "32(%[out])") "4:\tstmxcsr 512(%[out])\n\t"
                                                                                                     "ldmxcsr %[own]"
        : "+a"(nr), [own] "=m"(own)
        : [in] "r"(in), [out] "r"(out), [ymm] "r"(ymm), "D"(a), "S"(b), "d"(c)
        : "rcx", "r11", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
          "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    return nr;
}

static inline void load_selectors(unsigned short ds, unsigned short es)
{
    __asm__ volatile("mov %0, %%ds; mov %1, %%es" ::"r"(ds), "r"(es));
}

static inline void read_selectors(unsigned short *ds, unsigned short *es)
{
    __asm__ volatile("mov %%ds, %0; mov %%es, %1" : "=r"(*ds), "=r"(*es));
}

#endif
