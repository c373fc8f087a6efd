/* SPDX-License-Identifier: MIT */
/* The callee-saved registers of the RISC-V calling convention, and F and D. */
#ifndef ARCH_CONTEXT_H
#define ARCH_CONTEXT_H

#include "kernel/types.h"

struct context {
    uint64_t ra, sp, s[12];
};

/* Saved when the program is switched out having changed them. */
struct arch_fpu {
    uint64_t f[32];
    uint64_t fcsr;
};

#endif
