/* SPDX-License-Identifier: MIT */
/*
 * Changing from one kernel stack to another: the callee-saved registers of the RISC-V calling
 * convention, and, when a user program has used them, the floating-point registers.
 */
#ifndef ARCH_SWITCH_H
#define ARCH_SWITCH_H

#define KSTACK_SHIFT 14
#define KSTACK_SIZE  (1 << KSTACK_SHIFT) /* bytes */

#ifndef __ASSEMBLER__
#include "kernel/types.h"

struct trapframe;

struct context {
    uint64_t ra, sp, s[12];
};

/* A user program's F and D registers, saved when it is switched out having changed them. */
struct arch_fpu {
    uint64_t f[32];
    uint64_t fcsr;
};

/* Saves this context in *prev and continues where *next was saved. Interrupts are off. */
void switch_to(struct context *prev, struct context *next);

/* A context that, when switched to, calls entry(arg) on the stack that ends at stack_top. */
void context_init(struct context *ctx, vaddr_t stack_top, void (*entry)(void *), void *arg);

/*
 * Floating-point state follows the task, not the CPU: called around switch_to() for the task that
 * leaves and the one that comes, each with its user trapframe (NULL for a kernel thread).
 */
void fpu_save(struct arch_fpu *fpu, struct trapframe *tf);
void fpu_restore(struct arch_fpu *fpu, struct trapframe *tf);
/* execve(): a fresh program sees zeroed registers. */
void fpu_reset(struct arch_fpu *fpu);

/* Leaves the kernel for the user context in tf, at the top of the current kernel stack. */
__attribute__((noreturn)) void return_to_user(struct trapframe *tf);
#endif
#endif
