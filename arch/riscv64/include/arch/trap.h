/* SPDX-License-Identifier: MIT */
/*
 * What a trap saved, and the only ways portable code may look at it or change it.
 *
 * RISC-V Privileged ISA 4.1: sepc, sstatus, scause and stval; the general registers by number, so
 * that x[n] is register xn (x[0] holds a0 as it was at entry: a system call made anew needs it).
 */
#ifndef ARCH_TRAP_H
#define ARCH_TRAP_H

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

/* Bytes below the stack pointer that belong to the running function all the same: none. */
#define ARCH_RED_ZONE 0

/* How an access faulted, as portable code sees it. */
enum fault_flags {
    FAULT_READ = 1,
    FAULT_WRITE = 2,
    FAULT_EXEC = 4,
    FAULT_USER = 8, /* the access was made by user code, not by the kernel on its behalf */
};

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
/* Argument n (0-5) as the user gave it, also after the result was set. */
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
/* Steps back onto the system-call instruction with its first argument restored. */
static inline void tf_restart_syscall(struct trapframe *tf)
{
    tf->x[10] = tf->x[0];
    tf->pc -= 4;
}
/* Steps over the system-call instruction, before the call is made. */
static inline void tf_skip_syscall(struct trapframe *tf)
{
    tf->x[0] = tf->x[10];
    tf->pc += 4;
}

/*
 * A fresh user context that starts at pc with stack pointer sp (16-byte aligned) and every other
 * register zero: what execve() leaves behind.
 */
void tf_start_user(struct trapframe *tf, vaddr_t pc, vaddr_t sp);

/*
 * In a copy of the parent's frame: the child returns 0 from clone(); sp != 0 and tls replace its
 * own.
 */
void tf_start_child(struct trapframe *tf, vaddr_t sp, bool set_tls, vaddr_t tls);

/*
 * The first step of a backtrace from a trap in the kernel, as arch_unwind() does the later ones:
 * the function that trapped may not have saved its return address.
 */
vaddr_t tf_unwind(const struct trapframe *tf, vaddr_t *fp, vaddr_t low, vaddr_t high);

/* Prints all registers to the log, at LOG_ERR. */
void tf_print(const struct trapframe *tf);
#endif
#endif
