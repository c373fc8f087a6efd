/* SPDX-License-Identifier: MIT */
/* What the processor can do, and how each CPU is set up to do it. */
#include <arch/cpu.h>
#include <arch/identity.h>
#include <arch/pte.h>
#include "arch/x86_64/machine.h"
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/regs.h"
#include "kernel/panic.h"

_Static_assert(offsetof(struct cpu_features, smap) == FEATURE_SMAP, "uaccess.S");

struct cpu_features cpu_features;

#define BIT(n) (1u << (n))

/*
 * The size of AVX state behind the header that struct arch_fpu has room for, and where it begins.
 */
#define AVX_OFFSET (FPU_LEGACY_SIZE + 64)
#define AVX_SIZE   (FPU_AREA_SIZE - AVX_OFFSET)
#define XSAVE_LEAF 0xd
#define XSAVE_AVX  2
#define INTEL      0x756e6547 /* the beginning of the vendor's name, "GenuineIntel" */

static void require(bool has, const char *what)
{
    if (!has)
        panic("this processor has no %s", what);
}

/* Beside what paging needs: for that, boot.S has looked before it turned it on. */
static void require_features(void)
{
    uint32_t base = cpuid(1, 0).edx, extended = cpuid(0x80000001, 0).edx;

    require(base & BIT(4), "time-stamp counter");
    require(base & BIT(5), "model-specific registers");
    require(base & BIT(9), "local APIC");
    require(base & BIT(24), "FXSAVE");
    require(base & BIT(26), "SSE2");
    require(extended & BIT(11), "SYSCALL");
}

void cpu_find_features(void)
{
    struct cpuid basic = cpuid(1, 0), structured = cpuid(7, 0);
    struct cpuid avx = cpuid(XSAVE_LEAF, XSAVE_AVX);
    bool xsave = basic.ecx & BIT(26);

    require_features();
    cpu_features = (struct cpu_features){
        .smep = structured.ebx & BIT(7),
        .smap = structured.ebx & BIT(20),
        .umip = structured.ecx & BIT(2),
        .pge = basic.edx & BIT(13),
        /* Without INVPCID there is no way to flush another address space's page. */
        .pcid = (basic.ecx & BIT(17)) && (structured.ebx & BIT(10)),
        .xsave = xsave,
        .xsaveopt = xsave && (cpuid(XSAVE_LEAF, 1).eax & BIT(0)),
        /* Intel's load them; others say when they do. */
        .x87_pointers_stay = cpuid(0, 0).ebx != INTEL && !(cpuid(0x80000008, 0).ebx & BIT(2)),
        .avx = xsave && (basic.ecx & BIT(28)) && avx.eax == AVX_SIZE && avx.ebx == AVX_OFFSET,
    };
}

/* Of CR0 and CR4 nothing stays that firmware has set. FSGSBASE is off: see trap.S. */
static void set_control_registers(void)
{
    uint64_t cr4 = CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT;

    if (PT_LEVELS == 5)
        cr4 |= CR4_LA57;
    if (cpu_features.pge)
        cr4 |= CR4_PGE;
    if (cpu_features.smep)
        cr4 |= CR4_SMEP;
    if (cpu_features.smap)
        cr4 |= CR4_SMAP;
    if (cpu_features.umip)
        cr4 |= CR4_UMIP;
    if (cpu_features.pcid)
        cr4 |= CR4_PCIDE; /* the PCID in CR3 is 0 here, as it has to be */
    if (cpu_features.xsave)
        cr4 |= CR4_OSXSAVE;
    write_cr(4, cr4);
    write_cr(0, CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG);
    write_msr(MSR_EFER, read_msr(MSR_EFER) | EFER_SCE | EFER_NX);
}

/* `sysret` adds 16 to the upper selector for cs, and 8 for ss. */
static void set_syscall_entry(void)
{
    write_msr(MSR_STAR, (uint64_t)USER32_CS << 48 | (uint64_t)KERNEL_CS << 32);
    write_msr(MSR_LSTAR, (uint64_t)syscall_entry);
    write_msr(MSR_FMASK,
              RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_RF | RFLAGS_AC);
    write_msr(MSR_SYSENTER, 0);
    write_msr(MSR_KERNEL_GS, 0);
}

void cpu_init(void)
{
    set_control_registers();
    desc_init_cpu();
    set_syscall_entry();
    fpu_init_cpu();
}

unsigned long arch_elf_hwcap(void)
{
    return cpuid(1, 0).edx;
}
