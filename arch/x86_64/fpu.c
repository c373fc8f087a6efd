/* SPDX-License-Identifier: MIT */
/*
 * What of a user program stays in the processor while the kernel runs: x87, SSE and AVX registers,
 * and the bases of FS and GS. The kernel is built without the former, so that they stay where they
 * are until another task comes.
 *
 * Saved and loaded at every switch ("eager"). XSAVEOPT leaves out what is in memory already: it
 * compares with the last XRSTOR of this CPU, which is always that of the task's own area.
 *
 * Of the 2200 instructions of a switch (bench pipe, `qemu -icount`) this is 18; leaving them to
 * whoever touches them first (CR0.TS) spares 12 and takes 147 when somebody does, and so gains only
 * where eleven programs of twelve never do. What XSAVE and XRSTOR themselves cost is not in these
 * numbers, but neither is a trap's cost, nor that such registers could be read all the same by
 * speculation.
 */
#include "arch/x86_64/fpu.h"

#include <arch/trap.h>
#include "arch/x86_64/machine.h"
#include "arch/x86_64/regs.h"
#include "kernel/cpu.h"

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

/*
 * AMD's processors neither save nor load the addresses of the last x87 instruction and its operand
 * unless an exception is pending (APM vol. 5, FXSAVE): the next program would see them. One of our
 * own instructions puts others there.
 */
static void hide_x87_pointers(void)
{
    static const int zero;

    __asm__ volatile("fnclex; emms; fildl %0" ::"m"(zero));
}

void fpu_load(const struct arch_fpu *fpu)
{
    if (cpu_features.x87_pointers_stay)
        hide_x87_pointers();
    if (fpu_components)
        __asm__ volatile("xrstor64 %0" ::"m"(fpu->area), "a"((uint32_t)fpu_components), "d"(0));
    else
        __asm__ volatile("fxrstor64 %0" ::"m"(fpu->area));
}

/*
 * Selectors mean little to 64-bit code, but a program can read them: they are its own, as any other
 * register. Loading FS or GS also changes its base, of which only the register knows then.
 */
struct selectors {
    uint16_t ds, es, fs, gs;
};

static struct selectors read_selectors(void)
{
    struct selectors s;

    __asm__ volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
                     : "=m"(s.ds), "=m"(s.es), "=m"(s.fs), "=m"(s.gs));
    return s;
}

static void save_segments(struct trapframe *tf)
{
    struct selectors s = read_selectors();

    tf->ds = s.ds;
    tf->es = s.es;
    tf->fs = s.fs;
    tf->gs = s.gs;
    tf->fs_base = read_msr(MSR_FS_BASE);
    tf->gs_base = read_msr(MSR_KERNEL_GS);
}

/*
 * Interrupts are off: for a moment GS has the user's base. The selectors have been in these
 * registers before, or are 0: no load of them faults.
 */
static void load_segments(const struct trapframe *tf)
{
    struct selectors s = read_selectors();

    if (s.ds != tf->ds || s.es != tf->es || s.fs != tf->fs || s.gs != tf->gs)
        __asm__ volatile("mov %0, %%ds; mov %1, %%es; mov %2, %%fs\n\t"
                         "swapgs; mov %3, %%gs; mfence; swapgs" ::"m"(tf->ds),
                         "m"(tf->es), "m"(tf->fs), "m"(tf->gs)
                         : "memory");
    write_msr(MSR_FS_BASE, tf->fs_base);
    write_msr(MSR_KERNEL_GS, tf->gs_base);
}

void fpu_save(struct arch_fpu *fpu, struct trapframe *tf)
{
    if (!tf)
        return;
    save_segments(tf);
    if (cpu_features.xsaveopt)
        __asm__ volatile("xsaveopt64 %0" : "+m"(fpu->area) : "a"((uint32_t)fpu_components), "d"(0));
    else
        fpu_save_all(fpu);
}

void fpu_restore(struct arch_fpu *fpu, struct trapframe *tf)
{
    if (!tf)
        return;
    fpu_load(fpu);
    load_segments(tf);
}

/*
 * With no bit in xstate_bv, XRSTOR makes every component initial; FXRSTOR takes what stands here.
 */
void fpu_set_initial(struct fpu_area *area)
{
    *area = (struct fpu_area){.fcw = FCW_INITIAL, .mxcsr = MXCSR_INITIAL};
}

void fpu_begin(struct arch_fpu *fpu)
{
    fpu_set_initial(fpu_area(fpu));
    fpu_load(fpu);
}

void fpu_reset(struct arch_fpu *fpu)
{
    static const struct trapframe none;
    irqflags_t flags = arch_irq_save();

    fpu_begin(fpu);
    load_segments(&none);
    arch_irq_restore(flags);
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
