/* SPDX-License-Identifier: MIT */
/*
 * Signals: sending, and acting on what is pending on the way back to user code.
 *
 * Actions known here are SIG_DFL and SIG_IGN. A signal that is ignored when it is sent leaves no trace.
 */
#include "kernel/signal.h"

#include <arch/trap.h>
#include "kernel/errno.h"
#include "kernel/main.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "kernel/uabi.h"
#include "mm/uaccess.h"

#define STOP_SIGNALS                                                                               \
    (SIGMASK(SIGSTOP) | SIGMASK(SIGTSTP) | SIGMASK(SIGTTIN) | SIGMASK(SIGTTOU))
#define IGNORED_BY_DEFAULT                                                                         \
    (SIGMASK(SIGCHLD) | SIGMASK(SIGURG) | SIGMASK(SIGWINCH) | SIGMASK(SIGCONT))
#define UNBLOCKABLE (SIGMASK(SIGKILL) | SIGMASK(SIGSTOP))

static bool sig_ignored(const struct task_struct *t, int signo)
{
    uint64_t handler = READ_ONCE(t->sig.action[signo - 1].handler);

    if (handler == SIG_DFL)
        return SIGMASK(signo) & IGNORED_BY_DEFAULT || (t == init_task && signo != SIGSEGV);
    return handler == SIG_IGN && !(SIGMASK(signo) & UNBLOCKABLE);
}

static uint64_t deliverable(const struct task_struct *t)
{
    return atomic_load(&t->sig.pending) & ~atomic_load(&t->sig.blocked);
}

bool signal_pending(struct task_struct *t)
{
    return deliverable(t) != 0;
}

bool fatal_signal_pending(struct task_struct *t)
{
    return atomic_load_explicit(&t->sig.pending, memory_order_relaxed) & SIGMASK(SIGKILL);
}

void send_signal(struct task_struct *t, int signo)
{
    if (signo == 0 || t->kthread)
        return;
    /* Whoever stopped goes on, whatever becomes of the signal itself. */
    if (signo == SIGCONT || signo == SIGKILL) {
        atomic_fetch_and(&t->sig.pending, ~STOP_SIGNALS);
        if (wake_up_task(t, 1u << TASK_STOPPED))
            t->continued = true;
    }
    if (sig_ignored(t, signo))
        return;
    atomic_fetch_or(&t->sig.pending, SIGMASK(signo));
    if (SIGMASK(signo) & atomic_load(&t->sig.blocked))
        return;
    wake_up_task(t, 1u << TASK_INTERRUPTIBLE);
    /* One that computes on another CPU notices when it is made to reschedule. */
    if (t != current && atomic_load(&t->on_cpu)) {
        atomic_store(&cpus[t->cpu].need_resched, true);
        arch_ipi_reschedule(t->cpu);
    }
}

int kill_pgrp(pid_t pgrp, int signo)
{
    struct task_struct *t;
    int ret = -ESRCH;

    spin_lock(&tasklist_lock);
    for_each_task (t) {
        if (t->pgrp == pgrp && !t->kthread && atomic_load(&t->state) != TASK_ZOMBIE) {
            send_signal(t, signo);
            ret = 0;
        }
    }
    spin_unlock(&tasklist_lock);
    return ret;
}

void force_signal(int signo, int code, uaddr_t addr)
{
    struct task_struct *t = current;

    (void)code;
    (void)addr;
    if (atomic_load(&t->sig.blocked) & SIGMASK(signo) || sig_ignored(t, signo))
        t->sig.action[signo - 1].handler = SIG_DFL;
    atomic_fetch_and(&t->sig.blocked, ~SIGMASK(signo));
    atomic_fetch_or(&t->sig.pending, SIGMASK(signo));
}

void user_exception(struct trapframe *tf, int signal, int code, vaddr_t addr, const char *what)
{
    pr_warn("pid %d (%s): %s, pc %#lx\n", current->pid, current->comm, what, tf_pc(tf));
    force_signal(signal, code, addr);
}

/* Asleep until SIGCONT or SIGKILL; the parent is told. */
static void stop(int signo)
{
    struct task_struct *t = current;

    spin_lock(&tasklist_lock);
    t->stop_signal = signo;
    t->continued = false;
    if (t->parent) {
        send_signal(t->parent, SIGCHLD);
        wake_up_all(&t->parent->child_wait);
    }
    atomic_store(&t->state, TASK_STOPPED);
    spin_unlock(&tasklist_lock);
    if (fatal_signal_pending(t))
        atomic_store(&t->state, TASK_RUNNING);
    schedule();
}

void do_signals(struct trapframe *tf)
{
    struct task_struct *t = current;
    uint64_t pending;

    (void)tf;
    while ((pending = deliverable(t))) {
        int signo = pending & SIGMASK(SIGKILL) ? SIGKILL : __builtin_ctzll(pending) + 1;
        atomic_fetch_and(&t->sig.pending, ~SIGMASK(signo));
        if (signo != SIGKILL && sig_ignored(t, signo))
            continue;
        if (SIGMASK(signo) & STOP_SIGNALS)
            stop(signo);
        else
            do_exit(signo);
    }
}

/* --- the system calls --- */

#define SIGSETSIZE 8

SYSCALL4(rt_sigaction, int, signo, uaddr_t, act, uaddr_t, oldact, size_t, sigsetsize)
{
    struct ksigaction u = {0};

    if (sigsetsize != SIGSETSIZE || signo < 1 || signo > NSIG)
        return -EINVAL;
    struct k_sigaction *action = &current->sig.action[signo - 1], old = *action;
    if (act) {
        if (get_user(u, act))
            return -EFAULT;
        if (SIGMASK(signo) & UNBLOCKABLE)
            return -EINVAL;
        /* Programs' own handlers are not called yet, and it would be worse to say they were. */
        if ((uint64_t)u.handler > SIG_IGN)
            return -EINVAL;
    }
    if (oldact) {
        struct ksigaction out = {.handler = (void *)old.handler, .flags = old.flags,
                                 .mask = old.mask};
        if (put_user(oldact, out))
            return -EFAULT;
    }
    if (act) {
        action->flags = u.flags;
        action->mask = u.mask & ~UNBLOCKABLE;
        WRITE_ONCE(action->handler, (uint64_t)u.handler);
        if (sig_ignored(current, signo))
            atomic_fetch_and(&current->sig.pending, ~SIGMASK(signo));
    }
    return 0;
}

SYSCALL4(rt_sigprocmask, int, how, uaddr_t, set, uaddr_t, oldset, size_t, sigsetsize)
{
    enum { SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK };
    uint64_t old = atomic_load(&current->sig.blocked), mask;

    if (sigsetsize != SIGSETSIZE)
        return -EINVAL;
    if (set) {
        if (get_user(mask, set))
            return -EFAULT;
        mask &= ~UNBLOCKABLE;
        if (how == SIG_BLOCK)
            mask |= old;
        else if (how == SIG_UNBLOCK)
            mask = old & ~mask;
        else if (how != SIG_SETMASK)
            return -EINVAL;
        atomic_store(&current->sig.blocked, mask);
    }
    return oldset ? put_user(oldset, old) : 0;
}

SYSCALL2(rt_sigpending, uaddr_t, set, size_t, sigsetsize)
{
    uint64_t pending = atomic_load(&current->sig.pending) & atomic_load(&current->sig.blocked);

    if (sigsetsize > SIGSETSIZE)
        return -EINVAL;
    return copy_to_user(set, &pending, sigsetsize);
}

/* pid > 0: that process; 0: the caller's group; -1: all but init and the caller; < -1: a group. */
SYSCALL2(kill, pid_t, pid, int, signo)
{
    struct task_struct *t;
    int ret = -ESRCH;

    if (signo < 0 || signo > NSIG)
        return -EINVAL;
    if (pid == 0 || pid < -1)
        return kill_pgrp(pid == 0 ? current->pgrp : -pid, signo);

    spin_lock(&tasklist_lock);
    for_each_task (t) {
        if (pid == -1 ? t == init_task || t == current || t->kthread : t->pid != pid)
            continue;
        send_signal(t, signo);
        ret = 0;
    }
    spin_unlock(&tasklist_lock);
    return ret;
}

static long send_to_thread(pid_t tid, int signo)
{
    if (signo < 0 || signo > NSIG || tid <= 0)
        return -EINVAL;
    spin_lock(&tasklist_lock);
    struct task_struct *t = find_task(tid);
    if (t)
        send_signal(t, signo);
    spin_unlock(&tasklist_lock);
    return t ? 0 : -ESRCH;
}

SYSCALL3(tgkill, pid_t, tgid, pid_t, tid, int, signo)
{
    return tgid <= 0 ? -EINVAL : send_to_thread(tid, signo);
}

SYSCALL2(tkill, pid_t, tid, int, signo)
{
    return send_to_thread(tid, signo);
}
