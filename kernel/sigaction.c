/* SPDX-License-Identifier: MIT */
/* The system calls about signals. */
#include <arch/sigframe.h>
#include <arch/trap.h>
#include "kernel/errno.h"
#include "kernel/main.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "kernel/uabi.h"
#include "mm/uaccess.h"

#define SIGSETSIZE  8
#define MINSIGSTKSZ 2048

/* What sa_flags says here. Other bits are cleared, so that a program sees what is not offered. */
#define KNOWN_SA_FLAGS                                                                             \
    (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_EXPOSE_TAGBITS | SA_ONSTACK | SA_RESTART |      \
     SA_NODEFER | SA_RESETHAND | ARCH_SA_RESTORER)

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
    }
    if (oldact) {
        struct ksigaction out = {
            .handler = (void *)old.handler, .flags = old.flags, .mask = old.mask};
        ksigaction_set_restorer(&out, (void *)old.restorer);
        if (put_user(oldact, out))
            return -EFAULT;
    }
    if (act) {
        action->flags = u.flags & KNOWN_SA_FLAGS;
        action->restorer = (uint64_t)ksigaction_restorer(&u);
        action->mask = u.mask & ~UNBLOCKABLE;
        WRITE_ONCE(action->handler, (uint64_t)u.handler);
        if (sig_ignored(current, signo))
            atomic_fetch_and(&current->sig.pending, ~SIGMASK(signo));
    }
    return 0;
}

SYSCALL4(rt_sigprocmask, int, how, uaddr_t, set, uaddr_t, oldset, size_t, sigsetsize)
{
    enum {
        SIG_BLOCK,
        SIG_UNBLOCK,
        SIG_SETMASK
    };
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

long wait_for_signal(void)
{
    struct wait_queue nobody;

    wait_queue_init(&nobody);
    (void)wait_event_interruptible(&nobody, false);
    return -ERESTARTNOHAND;
}

/* Waits with another mask for a signal, whose handler then runs; after it the old mask is back. */
SYSCALL2(rt_sigsuspend, uaddr_t, set, size_t, sigsetsize)
{
    uint64_t mask;

    if (sigsetsize != SIGSETSIZE)
        return -EINVAL;
    if (get_user(mask, set))
        return -EFAULT;
    block_for_now(mask);
    return wait_for_signal();
}

/* `sp` is the program's stack pointer. 0, or -EPERM, -EINVAL, -ENOMEM as sigaltstack(2) says. */
static int set_altstack(struct signals *sig, struct sigaltstack ss, vaddr_t sp)
{
    int mode = ss.ss_flags & ~SS_AUTODISARM;

    if (on_altstack(&sig->altstack, sp))
        return -EPERM;
    if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE)
        return -EINVAL;
    if (mode == SS_DISABLE)
        ss.ss_sp = ss.ss_size = 0;
    else if (ss.ss_size < MINSIGSTKSZ)
        return -ENOMEM;
    ss.pad = 0;
    sig->altstack = ss;
    return 0;
}

SYSCALL0(rt_sigreturn)
{
    struct task_struct *t = current;
    struct trapframe *tf = task_trapframe(t);
    struct sigaltstack altstack;
    uint64_t mask;

    if (arch_pop_sigframe(tf, &t->fpu, &mask, &altstack)) {
        user_exception(tf, SIGSEGV, SI_KERNEL, 0, "bad signal frame");
        return 0;
    }
    atomic_store(&t->sig.blocked, mask & ~UNBLOCKABLE);
    /* What cannot be set stays as it is: so on the way back to that stack itself. */
    (void)set_altstack(&t->sig, altstack, tf_sp(tf));
    return 0;
}

SYSCALL2(sigaltstack, uaddr_t, new, uaddr_t, old)
{
    struct sigaltstack was = current->sig.altstack, ss;
    vaddr_t sp = tf_sp(task_trapframe(current));

    was.ss_flags &= SS_AUTODISARM;
    was.ss_flags |= was.ss_size == 0 ? SS_DISABLE : on_altstack(&was, sp) ? SS_ONSTACK : 0;
    if (new) {
        if (get_user(ss, new))
            return -EFAULT;
        int err = set_altstack(&current->sig, ss, sp);
        if (err)
            return err;
    }
    return old ? put_user(old, was) : 0;
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
    if (pid == INT32_MIN)
        return -ESRCH;
    if (pid == 0 || pid < -1)
        return min(kill_pgrp(pid == 0 ? current->pgrp : -pid, signo, from_process()), 0);

    spin_lock(&tasklist_lock);
    for_each_task (t) {
        if (pid == -1 ? t == init_task || t == current || t->kthread : t->pid != pid)
            continue;
        send_signal(t, signo, from_process());
        ret = 0;
    }
    spin_unlock(&tasklist_lock);
    return ret;
}

/* tgid 0: whatever process the thread is of. */
static long send_to_thread(pid_t tgid, pid_t tid, int signo)
{
    if (signo < 0 || signo > NSIG || tid <= 0)
        return -EINVAL;
    spin_lock(&tasklist_lock);
    struct task_struct *t = find_task(tid);
    if (t && tgid && t->tgid != tgid)
        t = NULL;
    if (t)
        send_signal(t, signo, (struct sig_origin){.code = SI_TKILL, .pid = current->tgid});
    spin_unlock(&tasklist_lock);
    return t ? 0 : -ESRCH;
}

SYSCALL3(tgkill, pid_t, tgid, pid_t, tid, int, signo)
{
    return tgid <= 0 ? -EINVAL : send_to_thread(tgid, tid, signo);
}

SYSCALL2(tkill, pid_t, tid, int, signo)
{
    return send_to_thread(0, tid, signo);
}
