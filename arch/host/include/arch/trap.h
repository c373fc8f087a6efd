/* SPDX-License-Identifier: MIT */
/*
 * What a trap saved: for the software MMU only faults are traps, and a fault is all there is to
 * save.
 */
#ifndef ARCH_TRAP_H
#define ARCH_TRAP_H

#include "kernel/types.h"

enum fault_flags {
    FAULT_READ = 1,
    FAULT_WRITE = 2,
    FAULT_EXEC = 4,
    FAULT_USER = 8,
};

struct trapframe {
    vaddr_t addr;   /* that was accessed */
    unsigned flags; /* FAULT_* */
    bool fixed_up;  /* fixup_user_copy() was asked to end the access */
};
#define TF_SIZE sizeof(struct trapframe)

static inline bool tf_from_user(const struct trapframe *tf)
{
    return tf->flags & FAULT_USER;
}

static inline vaddr_t tf_pc(const struct trapframe *tf)
{
    return tf->flags & FAULT_EXEC ? tf->addr : 0;
}

static inline vaddr_t tf_sp(const struct trapframe *tf)
{
    return tf->addr;
}

#endif
