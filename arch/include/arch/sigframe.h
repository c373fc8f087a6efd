/* SPDX-License-Identifier: MIT */
/*
 * Calling a program's signal handler: the frame on the user stack, in Linux's layout for the
 * architecture, and the way back through rt_sigreturn().
 */
#ifndef ARCH_SIGFRAME_H
#define ARCH_SIGFRAME_H

#include "kernel/signal.h"

struct arch_fpu;

/*
 * Saves the context of tf and fpu in a frame below `sp` and makes tf enter the handler; `mask` is
 * what rt_sigreturn() will block again, `sigreturn` where the vdso has code for the handler's
 * return (0: there is none), if the action has no restorer. 0 or -EFAULT, and then tf is as it was.
 * May sleep.
 */
int arch_push_sigframe(struct trapframe *tf, struct arch_fpu *fpu, vaddr_t sp,
                       const struct siginfo *info, const struct k_sigaction *action, uint64_t mask,
                       const struct sigaltstack *altstack, vaddr_t sigreturn);

/*
 * Takes it all back from the frame that sp points to; whatever a program has written there, no more
 * comes of it than it could do to itself. 0 or -EFAULT. May sleep.
 */
int arch_pop_sigframe(struct trapframe *tf, struct arch_fpu *fpu, uint64_t *mask);

/* The bytes of stack that a signal takes at most, before its handler needs any: AT_MINSIGSTKSZ. */
size_t arch_sigframe_size(void);

#endif
