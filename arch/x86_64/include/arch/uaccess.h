/* SPDX-License-Identifier: MIT */
/*
 * The raw copies between kernel and user memory: they open the user window (RFLAGS.AC, where the
 * CPU has SMAP) only while they run, and a fault that cannot be served makes them stop early
 * instead of ending the kernel (the instruction is in the exception table). Callers have checked
 * that the range is in the user half; portable code uses mm/uaccess.h.
 */
#ifndef ARCH_UACCESS_H
#define ARCH_UACCESS_H

#include "kernel/types.h"

struct trapframe;

/* Each returns how many bytes were NOT copied or cleared: 0 is success. May sleep (faults). */
size_t arch_copy_from_user(void *dst, uaddr_t src, size_t n);
size_t arch_copy_to_user(uaddr_t dst, const void *src, size_t n);
size_t arch_clear_user(uaddr_t dst, size_t n);

/*
 * The trap is one of theirs, on the user's side of the copy: any other fault of the kernel is a bug
 * of its own. Only then does arch_fixup_fault() find a fix-up.
 */
bool arch_in_user_copy(const struct trapframe *tf);

/*
 * If the instruction that trapped is one that may fault, makes tf continue at its fix-up and
 * returns true. Called by the fault path when an access from the kernel cannot be served.
 */
bool arch_fixup_fault(struct trapframe *tf);

#endif
