/* SPDX-License-Identifier: MIT */
/* /proc/cpuinfo: what Linux tells of a hart. */
#include <arch/identity.h>
#include <arch/pte.h>
#include "kernel/cpu.h"
#include "kernel/fs/seq_file.h"

void arch_show_cpuinfo(struct seq_file *m, const struct cpu *cpu)
{
    /* The order in which names of ISAs have their letters: ISA manual, vol. I, 36.11. */
    static const char order[] = "imafdqlcbkjtpvh";

    seq_printf(m, "hart\t\t: %lu\nisa\t\t: rv64", cpu->hw_id);
    for (const char *letter = order; *letter; letter++)
        if (ARCH_ELF_HWCAP & 1ul << (*letter - 'a'))
            seq_printf(m, "%c", *letter);
    seq_printf(m, "\nmmu\t\t: sv%d\n", SV);
}
