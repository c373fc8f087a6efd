/* SPDX-License-Identifier: MIT */
/* What programs are told of the machine. */
#ifndef ARCH_IDENTITY_H
#define ARCH_IDENTITY_H

/* What uname() calls it; and the ELF machine number of its programs. */
#define ARCH_NAME   "riscv64"
#define ARCH_ELF_EM 243 /* EM_RISCV */
/* AT_HWCAP: one bit for each single-letter extension; IMAFDC is what QEMU's CPUs have. */
#define ARCH_ELF_HWCAP 0x112dul

/* Of one processor, in /proc/cpuinfo: lines as Linux has them on this machine. */
struct cpu;
struct seq_file;
void arch_show_cpuinfo(struct seq_file *m, const struct cpu *cpu);

#endif
