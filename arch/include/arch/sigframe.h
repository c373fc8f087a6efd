/* SPDX-License-Identifier: MIT */
/*
 * Calling a program's signal handler: the frame on the user stack, in Linux's layout for the
 * architecture, and the way back through rt_sigreturn().
 */
#ifndef ARCH_SIGFRAME_H
#define ARCH_SIGFRAME_H

#include "kernel/signal.h"

struct arch_fpu;

/* What a frame is made of, and where. */
struct sigcall {
    struct siginfo info;
    struct k_sigaction action;
    struct sigaltstack altstack;
    uint64_t mask;     /* what rt_sigreturn() will block again */
    vaddr_t sp, floor; /* the frame lies below the one, and begins above the other */
    vaddr_t sigreturn; /* where handlers return to whose action has no restorer; 0: nowhere */
};

/*
 * Saves the context of tf and fpu in a frame and makes tf enter the handler. 0 or -EFAULT, and then
 * tf is as it was. May sleep.
 */
int arch_push_sigframe(struct trapframe *tf, struct arch_fpu *fpu, const struct sigcall *call);

/*
 * Takes it all back from the frame that sp points to; whatever a program has written there, no more
 * comes of it than it could do to itself. The mask and the alternate stack are the caller's to set.
 * 0 or -EFAULT. May sleep.
 */
int arch_pop_sigframe(struct trapframe *tf, struct arch_fpu *fpu, uint64_t *mask,
                      struct sigaltstack *altstack);

/* The bytes of stack that a signal takes at most, before its handler needs any: AT_MINSIGSTKSZ. */
size_t arch_sigframe_size(void);

#endif
