/* SPDX-License-Identifier: MIT */
/* What switch.S needs of C. */
#include <arch/switch.h>
#include "arch/x86_64/machine.h"

_Static_assert(offsetof(struct context, rbx) == 8 && offsetof(struct context, rbp) == 16 &&
                   offsetof(struct context, r12) == 24 && offsetof(struct context, r15) == 48,
               "switch.S");

void context_init(struct context *ctx, vaddr_t stack_top, void (*entry)(void *), void *arg)
{
    uint64_t *top = (uint64_t *)stack_top;

    /* switch_to() returns to it; rbp = 0 ends backtraces. */
    *--top = (uint64_t)context_begin;
    *ctx = (struct context){
        .rsp = (uint64_t)top,
        .rbx = (uint64_t)entry,
        .r12 = (uint64_t)arg,
    };
}
