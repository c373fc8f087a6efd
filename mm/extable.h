/* SPDX-License-Identifier: MIT */
/*
 * Instructions of the kernel that may fault, and where to go on when such a fault cannot be served:
 * a table that the port's copies between kernel and user memory fill (section .extable, of three
 * addresses each: the first such instruction, the end of them, the fix-up).
 */
#ifndef MM_EXTABLE_H
#define MM_EXTABLE_H

#include "kernel/types.h"

struct trapframe;

/* The trap, at `addr`, is a copy's on the user's side. Any other fault of the kernel is a bug. */
bool in_user_copy(const struct trapframe *tf, vaddr_t addr);

/* Makes such a copy end early, with what it could reach. */
void fixup_user_copy(struct trapframe *tf);

#endif
