/* SPDX-License-Identifier: MIT */
/* The vdso, with the version that C libraries on x86-64 look its symbols up by. */
#define VDSO_VERSION LINUX_2.6
#include <arch/vdso.lds>
