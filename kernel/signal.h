/* SPDX-License-Identifier: MIT */
/*
 * Signals: numbers and structures are Linux's.
 *
 * A pending signal is a bit; it is acted upon when its task is about to return to user code. The
 * pending and blocked masks are atomic words; actions belong to the task itself.
 *
 * signal.c sends and decides, sigaction.c has the system calls, <arch/sigframe.h> calls handlers.
 */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include <stdatomic.h>
#include "kernel/types.h"

struct task_struct;
struct trapframe;

enum {
    SIGHUP = 1,
    SIGINT,
    SIGQUIT,
    SIGILL,
    SIGTRAP,
    SIGABRT,
    SIGBUS,
    SIGFPE,
    SIGKILL,
    SIGUSR1,
    SIGSEGV,
    SIGUSR2,
    SIGPIPE,
    SIGALRM,
    SIGTERM,
    SIGSTKFLT,
    SIGCHLD,
    SIGCONT,
    SIGSTOP,
    SIGTSTP,
    SIGTTIN,
    SIGTTOU,
    SIGURG,
    SIGXCPU,
    SIGXFSZ,
    SIGVTALRM,
    SIGPROF,
    SIGWINCH,
    SIGIO,
    SIGPWR,
    SIGSYS,
    NSIG = 64,
};

#define SIG_DFL 0ul
#define SIG_IGN 1ul

/* The kernel's form of struct sigaction; <arch/uabi.h> has the one that crosses the boundary. */
struct k_sigaction {
    uint64_t handler, flags, restorer, mask;
};

enum {
    SA_NOCLDSTOP = 1,
    SA_NOCLDWAIT = 2,
    SA_SIGINFO = 4,
    SA_EXPOSE_TAGBITS = 0x800, /* no address has any */
    SA_ONSTACK = 0x08000000,
    SA_RESTART = 0x10000000,
    SA_NODEFER = 0x40000000,
};
#define SA_RESETHAND 0x80000000ul

/* si_code: who has sent it; of a child, what has become of it. */
enum {
    SI_USER = 0,
    SI_TKILL = -6,
    SI_KERNEL = 0x80, /* which says no more */
    CLD_EXITED = 1,
    CLD_KILLED = 2,
    CLD_STOPPED = 5,
    CLD_CONTINUED = 6,
};

/* What a handler is told, as it crosses the boundary: without padding, which would tell more. */
struct siginfo {
    int32_t si_signo, si_errno, si_code, pad;
    union {
        struct {
            int32_t si_pid;
            uint32_t si_uid;
            int32_t si_status;
        };
        uint64_t si_addr;
    };
    uint8_t room[96];
};
_Static_assert(sizeof(struct siginfo) == 128, "siginfo_t");

/* Where a signal that is no fault comes from: siginfo's fields of these names. */
struct sig_origin {
    int32_t code;
    pid_t pid;
    int32_t status; /* of a child */
};
#define FROM_KERNEL ((struct sig_origin){.code = SI_KERNEL})

struct sigaltstack {
    uint64_t ss_sp;
    int32_t ss_flags, pad;
    uint64_t ss_size;
};
enum {
    SS_ONSTACK = 1,
    SS_DISABLE = 2,
};
#define SS_AUTODISARM (1 << 31) /* while a handler runs on it, there is none */

struct signals {
    _Atomic uint64_t pending, blocked; /* bit signo - 1 */
    struct k_sigaction action[NSIG];   /* by signo - 1 */
    struct sig_origin origin[NSIG];    /* of the one sent last */
    struct sigaltstack altstack;       /* ss_size 0: none */
    struct siginfo fault;              /* of the last force_signal() */
    uint64_t saved_mask;               /* block_for_now(): what to block again */
    bool restore_mask;                 /* it is in force */
    int restart;                       /* ERESTART...: the system call just made is to be anew */
    ktime_t sleep_end;                 /* of the nanosleep() that is to be made anew */
};

#define SIGMASK(signo) (1ull << ((signo)-1))

/*
 * Sends; a sleeper in TASK_INTERRUPTIBLE wakes. Takes no sleeping lock. signo 0 does nothing.
 * tasklist_lock is held for SIGCONT and for what stops a task: the one finds the other done.
 */
void send_signal(struct task_struct *t, int signo, struct sig_origin origin);
/* The current process, by kill(). */
struct sig_origin from_process(void);
/*
 * To every member of a process group. How many there are that it can reach, 0 when all of them are
 * on their way out or zombies, or -ESRCH when there are none. Takes tasklist_lock.
 */
int kill_pgrp(pid_t pgrp, int signo, struct sig_origin origin);

/* Something unblocked and not ignored is pending: sleeping calls give up with -ERESTARTSYS. */
bool signal_pending(struct task_struct *t);
/* A signal that will end the task is pending: even reads of a file give up. */
bool fatal_signal_pending(struct task_struct *t);

/* Before returning to user code. May not return (do_exit). */
void do_signals(struct trapframe *tf);
/* There is something for it to do. */
bool signal_work(const struct task_struct *t);

/*
 * Another mask of blocked signals until the current system call has ended: the old one comes back
 * behind the handlers of what this one lets through (sigsuspend(), ppoll()).
 */
void block_for_now(uint64_t mask);

/* Sleeps until there is something for do_signals() to do. -ERESTARTNOHAND. */
long wait_for_signal(void);

/* exec: handlers and the alternate stack belong to the old program. */
void signals_reset(struct task_struct *t);
/* Whether a stack pointer is on an alternate stack: above its lowest byte, at its end at most. */
static inline bool on_altstack(const struct sigaltstack *alt, uint64_t sp)
{
    return !(alt->ss_flags & SS_AUTODISARM) && sp > alt->ss_sp && sp - alt->ss_sp <= alt->ss_size;
}
/* signal.c, for sigaction.c: SIG_IGN, or SIG_DFL of one that does nothing. */
bool sig_ignored(const struct task_struct *t, int signo);
#define UNBLOCKABLE (SIGMASK(SIGKILL) | SIGMASK(SIGSTOP))

/* What a fault in user code ends in: the signal cannot be ignored or blocked away. */
void force_signal(int signo, int code, uaddr_t addr);

#endif
