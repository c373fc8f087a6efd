/* SPDX-License-Identifier: MIT */
/* What switch.S and fpu.S need of C. */
#include <arch/switch.h>
#include "arch/riscv64/machine.h"

void context_init(struct context *ctx, vaddr_t stack_top, void (*entry)(void *), void *arg)
{
    /* s0 = 0 ends backtraces. */
    *ctx = (struct context){
        .ra = (uint64_t)context_begin,
        .sp = stack_top,
        .s = {[1] = (uint64_t)entry, [2] = (uint64_t)arg},
    };
}

void fpu_reset(struct arch_fpu *fpu)
{
    *fpu = (struct arch_fpu){0};
    fpu_load(fpu);
}
