/* SPDX-License-Identifier: MIT */
/*
 * What a trap saved, and the only ways portable code may look at it or change it.
 *
 * <arch/trapframe.h> has struct trapframe, its size TF_SIZE, and ARCH_RED_ZONE, the bytes below the
 * stack pointer that belong to the running function all the same.
 */
#ifndef ARCH_TRAP_H
#define ARCH_TRAP_H

#ifndef __ASSEMBLER__
#include "kernel/types.h"

struct trapframe;

/* How an access faulted, as portable code sees it. */
enum fault_flags {
    FAULT_READ = 1,
    FAULT_WRITE = 2,
    FAULT_EXEC = 4,
    FAULT_USER = 8, /* the access was made by user code, not by the kernel on its behalf */
};

static inline bool tf_from_user(const struct trapframe *tf);
static inline vaddr_t tf_pc(const struct trapframe *tf);
static inline vaddr_t tf_sp(const struct trapframe *tf);
static inline vaddr_t tf_frame_pointer(const struct trapframe *tf);

/* Goes on at pc when the trap is over. */
static inline void tf_set_pc(struct trapframe *tf, vaddr_t pc);

static inline uint64_t tf_syscall_nr(const struct trapframe *tf);
/* Argument n (0-5) as the user gave it, also after the result was set. */
static inline uint64_t tf_syscall_arg(const struct trapframe *tf, int n);
static inline void tf_set_result(struct trapframe *tf, long value);
static inline long tf_result(const struct trapframe *tf);

/*
 * Steps back onto the system-call instruction, with number and arguments as they were: the call is
 * made anew. And past it again, when it is not after all.
 */
static inline void tf_restart_syscall(struct trapframe *tf);
static inline void tf_skip_syscall(struct trapframe *tf);

/*
 * A fresh user context that starts at pc with stack pointer sp (16-byte aligned) and every other
 * register zero: what execve() leaves behind.
 */
void tf_start_user(struct trapframe *tf, vaddr_t pc, vaddr_t sp);

/*
 * In a copy of the parent's frame: the child returns 0 from clone(); sp != 0 and tls replace its
 * own. A tls where no thread pointer can point counts as 0.
 */
void tf_start_child(struct trapframe *tf, vaddr_t sp, bool set_tls, vaddr_t tls);

/*
 * The first step of a backtrace from a trap in the kernel, as arch_unwind() does the later ones:
 * the function that trapped may not have set up its frame yet.
 */
vaddr_t tf_unwind(const struct trapframe *tf, vaddr_t *fp, vaddr_t low, vaddr_t high);

/* Prints all registers to the log, at LOG_ERR. */
void tf_print(const struct trapframe *tf);
#endif

#include <arch/trapframe.h>

#endif
