/* SPDX-License-Identifier: MIT */
/*
 * What of a user program stays in the processor while the kernel runs: x87, SSE and AVX registers,
 * and the bases of FS and GS. The kernel is built without the former, so that they stay where they
 * are until another task comes.
 *
 * Saved and loaded at every switch ("eager"). XSAVEOPT leaves out what is in memory already: it
 * compares with the last XRSTOR of this CPU, which is always that of the task's own area.
 */
#include "arch/x86_64/fpu.h"

#include <arch/trap.h>
#include "arch/x86_64/machine.h"
#include "arch/x86_64/regs.h"
#include "kernel/cpu.h"
#include "mm/layout.h"

#define XCR0_X87      1ul
#define XCR0_SSE      2ul
#define XCR0_AVX      4ul

#define FCW_INITIAL   0x37f  /* every x87 exception masked, extended precision */
#define MXCSR_INITIAL 0x1f80 /* every SIMD exception masked */
#define MXCSR_BITS    0xffbf /* what there is when FXSAVE says nothing (SDM vol. 1, 11.6.6) */

uint64_t fpu_components;
static uint32_t mxcsr_mask;

size_t fpu_size(void)
{
    return fpu_components & XCR0_AVX ? FPU_AREA_SIZE
           : fpu_components          ? offsetof(struct fpu_area, avx)
                                     : FPU_LEGACY_SIZE;
}

void fpu_init_cpu(void)
{
    struct arch_fpu fpu = {0};

    if (cpu_features.xsave) {
        fpu_components = XCR0_X87 | XCR0_SSE | (cpu_features.avx ? XCR0_AVX : 0);
        __asm__ volatile("xsetbv" ::"c"(0), "a"((uint32_t)fpu_components), "d"(0));
    }
    __asm__ volatile("fxsave64 %0" : "=m"(fpu.area));
    mxcsr_mask = fpu_area(&fpu)->mxcsr_mask;
    if (!mxcsr_mask)
        mxcsr_mask = MXCSR_BITS;
}

void fpu_save_all(struct arch_fpu *fpu)
{
    if (fpu_components)
        __asm__ volatile("xsave64 %0" : "+m"(fpu->area) : "a"((uint32_t)fpu_components), "d"(0));
    else
        __asm__ volatile("fxsave64 %0" : "=m"(fpu->area));
}

static void load(const struct arch_fpu *fpu)
{
    if (fpu_components)
        __asm__ volatile("xrstor64 %0" ::"m"(fpu->area), "a"((uint32_t)fpu_components), "d"(0));
    else
        __asm__ volatile("fxrstor64 %0" ::"m"(fpu->area));
}

/*
 * Both at every switch: a program may also change the bases by loading the segment registers, so
 * that what was written last need not be what the next program would find. A kernel thread on its
 * way to its first program has no frame yet, and any bytes in its place.
 */
static void load_bases(uint64_t fs_base, uint64_t gs_base)
{
    write_msr(MSR_FS_BASE, fs_base < USER_END ? fs_base : 0);
    write_msr(MSR_KERNEL_GS, gs_base < USER_END ? gs_base : 0);
}

void fpu_save(struct arch_fpu *fpu, struct trapframe *tf)
{
    if (!tf)
        return;
    if (cpu_features.xsaveopt)
        __asm__ volatile("xsaveopt64 %0" : "+m"(fpu->area) : "a"((uint32_t)fpu_components), "d"(0));
    else
        fpu_save_all(fpu);
}

void fpu_restore(struct arch_fpu *fpu, struct trapframe *tf)
{
    if (!tf)
        return;
    load(fpu);
    load_bases(tf->fs_base, tf->gs_base);
}

/* With no bit in xstate_bv, XRSTOR makes every component initial; FXRSTOR takes what stands here.
 */
void fpu_set_initial(struct fpu_area *area)
{
    *area = (struct fpu_area){.fcw = FCW_INITIAL, .mxcsr = MXCSR_INITIAL};
}

void fpu_begin(struct arch_fpu *fpu)
{
    fpu_set_initial(fpu_area(fpu));
    load(fpu);
}

void fpu_reset(struct arch_fpu *fpu)
{
    fpu_begin(fpu);
    load_bases(0, 0);
}

void fpu_sanitize(struct fpu_area *area)
{
    area->mxcsr &= mxcsr_mask;
    area->xstate_bv &= fpu_components;
    area->xcomp_bv = 0;
    for (size_t i = 0; i < ARRAY_SIZE(area->reserved2); i++)
        area->reserved2[i] = 0;
}

int fpu_error_code(bool simd)
{
    /* By bit of the status: invalid, denormal, division by zero, overflow, underflow, inexact. */
    static const int8_t codes[] = {7, 5, 3, 4, 5, 6};
    uint32_t status, masked;
    uint16_t fsw, fcw;

    if (simd) {
        __asm__ volatile("stmxcsr %0" : "=m"(status));
        masked = status >> 7;
    } else {
        __asm__ volatile("fnstsw %0; fnstcw %1" : "=m"(fsw), "=m"(fcw));
        status = fsw;
        masked = fcw;
    }
    for (unsigned bit = 0; bit < ARRAY_SIZE(codes); bit++)
        if (status & ~masked & 1u << bit)
            return codes[bit];
    return 0;
}
