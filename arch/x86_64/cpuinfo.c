/* SPDX-License-Identifier: MIT */
/* /proc/cpuinfo: what Linux tells of a processor. All are alike: CPUID is asked where we run. */
#include <arch/identity.h>
#include "arch/x86_64/machine.h"
#include "arch/x86_64/regs.h"
#include "kernel/cpu.h"
#include "kernel/fs/seq_file.h"
#include "kernel/string.h"

/* Features with Linux's names: those that this kernel, or a program of it, may care for. */
static const struct {
    uint32_t leaf;
    unsigned reg : 2, bit : 5; /* reg: eax, ebx, ecx, edx */
    const char *name;
} flags[] = {
    {1, 3, 0, "fpu"},          {1, 3, 3, "pse"},
    {1, 3, 4, "tsc"},          {1, 3, 5, "msr"},
    {1, 3, 6, "pae"},          {1, 3, 7, "mce"},
    {1, 3, 8, "cx8"},          {1, 3, 9, "apic"},
    {1, 3, 13, "pge"},         {1, 3, 15, "cmov"},
    {1, 3, 16, "pat"},         {1, 3, 17, "pse36"},
    {1, 3, 19, "clflush"},     {1, 3, 23, "mmx"},
    {1, 3, 24, "fxsr"},        {1, 3, 25, "sse"},
    {1, 3, 26, "sse2"},        {0x80000001, 3, 11, "syscall"},
    {0x80000001, 3, 20, "nx"}, {0x80000001, 3, 26, "pdpe1gb"},
    {0x80000001, 3, 29, "lm"}, {1, 2, 0, "pni"},
    {1, 2, 9, "ssse3"},        {1, 2, 13, "cx16"},
    {1, 2, 17, "pcid"},        {1, 2, 19, "sse4_1"},
    {1, 2, 20, "sse4_2"},      {1, 2, 23, "popcnt"},
    {1, 2, 26, "xsave"},       {1, 2, 28, "avx"},
    {1, 2, 30, "rdrand"},      {1, 2, 31, "hypervisor"},
    {7, 1, 0, "fsgsbase"},     {7, 1, 5, "avx2"},
    {7, 1, 7, "smep"},         {7, 1, 10, "invpcid"},
    {7, 1, 20, "smap"},        {7, 2, 2, "umip"},
    {7, 2, 3, "pku"},          {7, 2, 16, "la57"},
};

static bool has(unsigned i)
{
    struct cpuid c = cpuid(flags[i].leaf, 0);
    const uint32_t regs[] = {c.eax, c.ebx, c.ecx, c.edx};

    return regs[flags[i].reg] >> flags[i].bit & 1;
}

/* SDM vol. 2, CPUID: the family and the model have an extension each. */
static void show_model(struct seq_file *m, uint32_t signature)
{
    uint32_t family = signature >> 8 & 15, model = signature >> 4 & 15;

    if (family == 6 || family == 15)
        model |= signature >> 12 & 0xf0;
    if (family == 15)
        family += signature >> 20 & 0xff;
    seq_printf(m, "cpu family\t: %u\nmodel\t\t: %u\n", family, model);
}

static void show_name(struct seq_file *m)
{
    uint32_t name[13] = {0};

    for (uint32_t i = 0; i < 3; i++) {
        struct cpuid c = cpuid(0x80000002 + i, 0);
        const uint32_t part[] = {c.eax, c.ebx, c.ecx, c.edx};
        memcpy(name + 4 * i, part, sizeof(part));
    }
    seq_printf(m, "model name\t: %s\n", (const char *)name);
}

void arch_show_cpuinfo(struct seq_file *m, const struct cpu *cpu)
{
    struct cpuid vendor = cpuid(0, 0), basic = cpuid(1, 0), sizes = cpuid(0x80000008, 0);
    const uint32_t name[] = {vendor.ebx, vendor.edx, vendor.ecx, 0};

    seq_printf(m, "vendor_id\t: %s\n", (const char *)name);
    show_model(m, basic.eax);
    show_name(m);
    seq_printf(m, "stepping\t: %u\napicid\t\t: %lu\n", basic.eax & 15, cpu->hw_id);
    seq_printf(m, "fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: %u\nwp\t\t: yes\n",
               vendor.eax);
    seq_printf(m, "flags\t\t:");
    for (unsigned i = 0; i < ARRAY_SIZE(flags); i++)
        if (has(i))
            seq_printf(m, " %s", flags[i].name);
    seq_printf(m, "\naddress sizes\t: %u bits physical, %u bits virtual\n", sizes.eax & 0xff,
               sizes.eax >> 8 & 0xff);
}
