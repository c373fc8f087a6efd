/* SPDX-License-Identifier: MIT */
/* The callee-saved registers of the System V calling convention; x87, SSE and AVX. */
#ifndef ARCH_CONTEXT_H
#define ARCH_CONTEXT_H

#include "kernel/types.h"

struct context {
    uint64_t rsp, rbx, rbp, r12, r13, r14, r15; /* the return address is on the stack */
};

/* An XSAVE area in the standard format (SDM vol. 1, 13.4): legacy region, header, AVX state. */
#define FPU_LEGACY_SIZE 512
#define FPU_AREA_SIZE   (FPU_LEGACY_SIZE + 64 + 256)

/* A user program's floating-point and vector registers. */
struct arch_fpu {
    uint8_t area[FPU_AREA_SIZE] __attribute__((aligned(64)));
};

#endif
