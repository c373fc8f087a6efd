/* SPDX-License-Identifier: MIT */
/* What programs are told of the machine. */
#ifndef ARCH_IDENTITY_H
#define ARCH_IDENTITY_H

/* What uname() calls it; and the ELF machine number of its programs. */
#define ARCH_NAME   "x86_64"
#define ARCH_ELF_EM 62 /* EM_X86_64 */
/* AT_HWCAP: CPUID leaf 1, EDX, of the processor. */
#define ARCH_ELF_HWCAP arch_elf_hwcap()
unsigned long arch_elf_hwcap(void);

/* Of one processor, in /proc/cpuinfo: lines as Linux has them on this machine. */
struct cpu;
struct seq_file;
void arch_show_cpuinfo(struct seq_file *m, const struct cpu *cpu);

#endif
