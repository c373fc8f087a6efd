/* SPDX-License-Identifier: MIT */
/*
 * What the area of struct arch_fpu holds: the 512 bytes of FXSAVE and, where the CPU has XSAVE, its
 * header and AVX state behind them (Intel SDM vol. 1, 10.5.1 and 13.4).
 */
#ifndef X86_FPU_H
#define X86_FPU_H

#include <arch/switch.h>
#include "kernel/types.h"

struct fpu_area {
    uint16_t fcw, fsw;
    uint8_t ftw, reserved1[19];
    uint32_t mxcsr, mxcsr_mask;
    uint8_t registers[128 + 256 + 48]; /* st0 to st7, xmm0 to xmm15, reserved */
    uint8_t software[48];              /* the processor neither reads nor writes these */
    uint64_t xstate_bv;                /* components that are not in their initial state */
    uint64_t xcomp_bv, reserved2[6];   /* 0 */
    uint8_t avx[FPU_AREA_SIZE - FPU_LEGACY_SIZE - 64];
};
_Static_assert(offsetof(struct fpu_area, mxcsr) == 24, "FXSAVE");
_Static_assert(offsetof(struct fpu_area, software) == 464, "FXSAVE");
_Static_assert(offsetof(struct fpu_area, xstate_bv) == FPU_LEGACY_SIZE, "XSAVE");
_Static_assert(sizeof(struct fpu_area) == FPU_AREA_SIZE, "XSAVE");

static inline struct fpu_area *fpu_area(struct arch_fpu *fpu)
{
    return (struct fpu_area *)fpu->area;
}

/* Components that user programs have, bits as in XCR0; 0: the CPU has no XSAVE. */
extern uint64_t fpu_components;

/* Bytes of the area that are in use. */
size_t fpu_size(void);

/* The running task's registers, every component in memory as it is, be it in its initial state. */
void fpu_save_all(struct arch_fpu *fpu);

/* The other way: the running task's registers get what is in the area. */
void fpu_load(const struct arch_fpu *fpu);

void fpu_set_initial(struct fpu_area *area);
/* The same for the running task, in its area and in the registers. */
void fpu_begin(struct arch_fpu *fpu);

/* Makes of whatever stands in the area something that can be loaded without a fault. */
void fpu_sanitize(struct fpu_area *area);

/* si_code of the running task's pending x87 or SIMD error. */
int fpu_error_code(bool simd);

#endif
