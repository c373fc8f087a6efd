/* SPDX-License-Identifier: MIT */
/*
 * What a trap saves.
 *
 * From `error` on it is what the processor pushes (Intel SDM vol. 3, 6.14; AMD64 APM vol. 2, 8.9),
 * or what the entry of `syscall` writes in its place. A user frame, which stays where it is as long
 * as the task lives, also keeps the program's segments while another task has the processor: before
 * that they are in their registers only, and entry code leaves these words alone.
 */
#ifndef ARCH_TRAPFRAME_H
#define ARCH_TRAPFRAME_H

#define TF_SIZE 224 /* sizeof(struct trapframe), a multiple of 16 */

#ifndef __ASSEMBLER__
#include "kernel/types.h"

struct trapframe {
    uint64_t fs_base, gs_base; /* of user frames only, as the next four */
    uint16_t ds, es, fs, gs;
    uint64_t unused;
    uint64_t address; /* CR2: the faulting address of a page fault */
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint64_t orig_rax; /* rax as it was at entry: a system call made anew needs it */
    uint64_t vector;
    uint64_t error; /* 0 where the processor pushes none */
    uint64_t rip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct trapframe) == TF_SIZE, "trap.S saves a frame of this size");

#define ARCH_RED_ZONE 128 /* psABI 3.2.2 */

static inline bool tf_from_user(const struct trapframe *tf)
{
    return tf->cs & 3;
}

static inline vaddr_t tf_pc(const struct trapframe *tf)
{
    return tf->rip;
}

static inline vaddr_t tf_sp(const struct trapframe *tf)
{
    return tf->rsp;
}

static inline vaddr_t tf_frame_pointer(const struct trapframe *tf)
{
    return tf->rbp;
}

static inline uint64_t tf_syscall_nr(const struct trapframe *tf)
{
    return tf->orig_rax;
}

static inline uint64_t tf_syscall_arg(const struct trapframe *tf, int n)
{
    switch (n) {
    case 0:
        return tf->rdi;
    case 1:
        return tf->rsi;
    case 2:
        return tf->rdx;
    case 3:
        return tf->r10;
    case 4:
        return tf->r8;
    default:
        return tf->r9;
    }
}

static inline void tf_set_result(struct trapframe *tf, long value)
{
    tf->rax = (uint64_t)value;
}

static inline long tf_result(const struct trapframe *tf)
{
    return (long)tf->rax;
}

/* The system-call instruction has two bytes. */
static inline void tf_restart_syscall(struct trapframe *tf)
{
    tf->rax = tf->orig_rax;
    tf->rip -= 2;
}

static inline void tf_skip_syscall(struct trapframe *tf)
{
    tf->orig_rax = tf->rax;
    tf->rip += 2;
}

static inline void tf_set_pc(struct trapframe *tf, vaddr_t pc)
{
    tf->rip = pc;
}
#endif
#endif
