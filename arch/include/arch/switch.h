/* SPDX-License-Identifier: MIT */
/*
 * Changing from one kernel stack to another, and what else of a task lives in the processor while
 * it runs. <arch/context.h> has struct context, the registers that a function call preserves, and
 * struct arch_fpu, a user program's floating-point and vector registers.
 */
#ifndef ARCH_SWITCH_H
#define ARCH_SWITCH_H

#define KSTACK_SHIFT 14
#define KSTACK_SIZE  (1 << KSTACK_SHIFT) /* bytes */

#ifndef __ASSEMBLER__
#include <arch/context.h>
#include "kernel/types.h"

struct trapframe;

/* Saves this context in *prev and continues where *next was saved. Interrupts are off. */
void switch_to(struct context *prev, struct context *next);

/* A context that, when switched to, calls entry(arg) on the stack that ends at stack_top. */
void context_init(struct context *ctx, vaddr_t stack_top, void (*entry)(void *), void *arg);

/*
 * A program's state in the processor follows the task, not the CPU: called around switch_to() for
 * the task that leaves and the one that comes, each with its user trapframe (NULL for a kernel
 * thread).
 */
void fpu_save(struct arch_fpu *fpu, struct trapframe *tf);
void fpu_restore(struct arch_fpu *fpu, struct trapframe *tf);
/* execve(): a fresh program finds nothing of the last one's there. */
void fpu_reset(struct arch_fpu *fpu);

/* Leaves the kernel for the user context in tf, at the top of the current kernel stack. */
__attribute__((noreturn)) void return_to_user(struct trapframe *tf);
#endif
#endif
