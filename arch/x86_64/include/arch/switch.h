/* SPDX-License-Identifier: MIT */
/*
 * Changing from one kernel stack to another: the callee-saved registers of the System V calling
 * convention, and what of a user program's state lives in the processor while it runs: the x87, SSE
 * and AVX registers, and the bases of FS and GS.
 */
#ifndef ARCH_SWITCH_H
#define ARCH_SWITCH_H

#define KSTACK_SHIFT 14
#define KSTACK_SIZE  (1 << KSTACK_SHIFT) /* bytes */

#ifndef __ASSEMBLER__
#include "kernel/types.h"

struct trapframe;

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

/* Saves this context in *prev and continues where *next was saved. Interrupts are off. */
void switch_to(struct context *prev, struct context *next);

/* A context that, when switched to, calls entry(arg) on the stack that ends at stack_top. */
void context_init(struct context *ctx, vaddr_t stack_top, void (*entry)(void *), void *arg);

/*
 * The processor's user state follows the task, not the CPU: called around switch_to() for the task
 * that leaves and the one that comes, each with its user trapframe (NULL for a kernel thread).
 */
void fpu_save(struct arch_fpu *fpu, struct trapframe *tf);
void fpu_restore(struct arch_fpu *fpu, struct trapframe *tf);
/* execve(): a fresh program sees initial registers, and no thread pointer. */
void fpu_reset(struct arch_fpu *fpu);

/* Leaves the kernel for the user context in tf, at the top of the current kernel stack. */
__attribute__((noreturn)) void return_to_user(struct trapframe *tf);
#endif
#endif
