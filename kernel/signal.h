/* SPDX-License-Identifier: MIT */
/*
 * Signals: numbers and structures are Linux's.
 *
 * A pending signal is a bit; it is acted upon when its task is about to return to user code. The
 * pending and blocked masks are atomic words; actions belong to the task itself.
 */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include <stdatomic.h>
#include "kernel/types.h"

struct task_struct;
struct trapframe;

enum {
    SIGHUP = 1, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1,
    SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGSTKFLT, SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP,
    SIGTTIN, SIGTTOU, SIGURG, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH, SIGIO, SIGPWR,
    SIGSYS,
    NSIG = 64,
};

#define SIG_DFL 0ul
#define SIG_IGN 1ul

/* The kernel's form of struct sigaction; <arch/uabi.h> has the one that crosses the boundary. */
struct k_sigaction {
    uint64_t handler, flags, restorer, mask;
};

struct signals {
    _Atomic uint64_t pending, blocked; /* bit signo - 1 */
    struct k_sigaction action[NSIG];   /* by signo - 1 */
};

#define SIGMASK(signo) (1ull << ((signo)-1))

/* Sends; a sleeper in TASK_INTERRUPTIBLE wakes. Takes no sleeping lock. signo 0 does nothing. */
void send_signal(struct task_struct *t, int signo);
/* To every member of a process group: 0, or -ESRCH when there is none. Takes tasklist_lock. */
int kill_pgrp(pid_t pgrp, int signo);

/* Something unblocked and not ignored is pending: sleeping calls give up with -ERESTARTSYS. */
bool signal_pending(struct task_struct *t);
/* A signal that will end the task is pending: even reads of a file give up. */
bool fatal_signal_pending(struct task_struct *t);

/* Before returning to user code. May not return (do_exit). */
void do_signals(struct trapframe *tf);

/* What a fault in user code ends in: the signal cannot be ignored or blocked away. */
void force_signal(int signo, int code, uaddr_t addr);

#endif
