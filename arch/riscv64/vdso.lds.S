/* SPDX-License-Identifier: MIT */
/* The vdso, with the version that C libraries on RISC-V look its symbols up by. */
#define VDSO_VERSION LINUX_4.15
#include <arch/vdso.lds>
