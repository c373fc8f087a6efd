/* SPDX-License-Identifier: MIT */
/*
 * What a trap saves: RISC-V Privileged ISA 4.1: sepc, sstatus, scause and stval; the general
 * registers by number, so that x[n] is register xn (x[0] holds a0 as it was at entry: a system call
 * made anew needs it).
 */
#ifndef ARCH_TRAPFRAME_H
#define ARCH_TRAPFRAME_H

#define TF_SIZE 288 /* sizeof(struct trapframe), a multiple of 16 */

#ifndef __ASSEMBLER__
#include "kernel/types.h"

struct trapframe {
    uint64_t x[32];
    uint64_t pc;
    uint64_t status;
    uint64_t cause;
    uint64_t value; /* stval: the faulting address, or the instruction */
};
_Static_assert(sizeof(struct trapframe) == TF_SIZE, "trap.S saves a frame of this size");

#define ARCH_RED_ZONE 0

static inline bool tf_from_user(const struct trapframe *tf)
{
    return !(tf->status & (1ul << 8)); /* sstatus.SPP */
}

static inline vaddr_t tf_pc(const struct trapframe *tf)
{
    return tf->pc;
}

static inline vaddr_t tf_sp(const struct trapframe *tf)
{
    return tf->x[2];
}

static inline vaddr_t tf_frame_pointer(const struct trapframe *tf)
{
    return tf->x[8];
}

static inline uint64_t tf_syscall_nr(const struct trapframe *tf)
{
    return tf->x[17];
}

static inline uint64_t tf_syscall_arg(const struct trapframe *tf, int n)
{
    return n == 0 ? tf->x[0] : tf->x[10 + n];
}

static inline void tf_set_result(struct trapframe *tf, long value)
{
    tf->x[10] = (uint64_t)value;
}

static inline long tf_result(const struct trapframe *tf)
{
    return (long)tf->x[10];
}

static inline void tf_restart_syscall(struct trapframe *tf)
{
    tf->x[10] = tf->x[0];
    tf->pc -= 4;
}

static inline void tf_skip_syscall(struct trapframe *tf)
{
    tf->x[0] = tf->x[10];
    tf->pc += 4;
}

static inline void tf_set_pc(struct trapframe *tf, vaddr_t pc)
{
    tf->pc = pc;
}
#endif
#endif
