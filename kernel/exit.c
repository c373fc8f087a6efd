/* SPDX-License-Identifier: MIT */
/* The end of tasks: exit, orphans, and waiting for children. */
#include "kernel/errno.h"
#include "kernel/fs/tty.h"
#include "kernel/fs/vfs.h"
#include "kernel/main.h"
#include "kernel/panic.h"
#include "kernel/process.h"
#include "kernel/rusage.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/mm.h"
#include "mm/uaccess.h"

static atomic_int shutting_down; /* the machine is on its way off */

/* Leaves the address space. Others may look for it meanwhile: tasklist_lock orders that. */
static void exit_mm(struct task_struct *t)
{
    struct mm_struct *mm = t->mm;
    pid_t zero = 0;

    if (!mm)
        return;
    if (t->clear_child_tid && atomic_load(&mm->mm_users) > 1 && put_user(t->clear_child_tid, zero))
        t->clear_child_tid = 0; /* a bad address is the program's own loss */
    spin_lock(&tasklist_lock);
    t->mm = NULL;
    spin_unlock(&tasklist_lock);
    mm_activate(NULL);
    vfork_release(t);
    mmput(mm);
}

/* /proc looks at other tasks' files under tasklist_lock. */
static void exit_files(struct task_struct *t)
{
    struct files_struct *files = t->files;
    struct fs_struct *fs = t->fs;

    spin_lock(&tasklist_lock);
    t->files = NULL;
    t->fs = NULL;
    spin_unlock(&tasklist_lock);
    if (files)
        files_put(files);
    fs_put(fs);
}

/* Its children get init for a parent, who will wait for them. tasklist_lock held. */
static void give_children_to_init(struct task_struct *t)
{
    struct task_struct *child, *next;
    bool zombies = false;

    list_for_each_entry_safe (child, next, &t->children, sibling) {
        list_del(&child->sibling);
        list_add_tail(&child->sibling, &init_task->children);
        child->parent = init_task;
        child->exit_signal = SIGCHLD;
        zombies |= atomic_load(&child->state) == TASK_ZOMBIE;
    }
    if (zombies) {
        send_signal(init_task, SIGCHLD, FROM_KERNEL);
        wake_up_all(&init_task->child_wait);
    }
}

/* What is told of a task that has ended, by signal or to who waits for it. */
static struct sig_origin told_of_end(const struct task_struct *t)
{
    int signo = t->exit_status & 0x7f;

    return (struct sig_origin){.code = signo ? CLD_KILLED : CLD_EXITED,
                               .pid = t->tgid,
                               .status = signo ? signo : t->exit_status >> 8};
}

/* tasklist_lock held. True when the parent does not want to hear of it. */
static bool notify_parent(struct task_struct *t)
{
    struct task_struct *parent = t->parent;

    if (!parent)
        return true;
    if (t->exit_signal)
        send_signal(parent, t->exit_signal, told_of_end(t));
    wake_up_all(&parent->child_wait);
    const struct k_sigaction *action = &parent->sig.action[SIGCHLD - 1];
    return t->exit_signal == SIGCHLD &&
           (action->handler == SIG_IGN || action->flags & SA_NOCLDWAIT);
}

/* Process 1 adopts whoever ends until the machine is off: it lets go of its files, and sleeps. */
static __noreturn void park_init(void)
{
    struct wait_queue never;

    wait_queue_init(&never);
    exit_files(current);
    wait_event(&never, false);
    __builtin_unreachable();
}

void do_exit(int status)
{
    struct task_struct *t = current;

    if (t == init_task && shutting_down)
        park_init();
    if (t == init_task)
        init_exited(status);
    t->exiting = true;
    if (t->session == t->pid)
        tty_disassociate();
    exit_files(t);
    exit_mm(t);

    arch_irq_disable();
    spin_lock(&tasklist_lock);
    if (!t->kthread)
        give_children_to_init(t);
    t->exit_status = status;
    if (notify_parent(t)) {
        t->autoreap = true;
        task_unpublish(t);
    }
    atomic_store(&t->state, TASK_ZOMBIE);
    spin_unlock(&tasklist_lock);
    schedule();
    panic("a zombie runs");
}

/* Sends SIGKILL to every process but the current one. How many there still are. */
static size_t kill_others(void)
{
    struct task_struct *t;
    size_t n = 0;

    spin_lock(&tasklist_lock);
    for_each_task (t) {
        if (t == current || t->kthread || atomic_load(&t->state) == TASK_ZOMBIE)
            continue;
        if (t == init_task && !t->files)
            continue; /* parked */
        atomic_fetch_or(&t->sig.pending, SIGMASK(SIGKILL));
        wake_up_task(t, WAKE_TO_DIE);
        n++;
    }
    spin_unlock(&tasklist_lock);
    return n;
}

void end_all_processes(void)
{
    ktime_t give_up = arch_clock() + 5 * NSEC_PER_SEC;

    /* Somebody else is at it: then this process is one of those that end. */
    if (atomic_exchange(&shutting_down, 1))
        do_exit(SIGKILL);
    /* Whatever is sent to this one from now on does not cut its sleeps short. */
    atomic_store(&current->sig.blocked, ~0ull);
    while (kill_others() > 0 && arch_clock() < give_up)
        sleep_until(arch_clock() + 2 * NSEC_PER_MSEC);
    exit_files(current);
}

/*
 * A program ends by itself, unless a signal came first: that is acted upon, and the call made anew.
 * Under tasklist_lock, so that whoever sends one knows whether it was heard (kill_pgrp()).
 */
static long exit_by_itself(int code)
{
    struct task_struct *t = current;

    spin_lock(&tasklist_lock);
    t->exiting = !signal_pending(t);
    spin_unlock(&tasklist_lock);
    if (!t->exiting)
        return -ERESTARTNOINTR;
    do_exit((code & 0xff) << 8);
}

SYSCALL1(exit, int, code)
{
    return exit_by_itself(code);
}

SYSCALL1(exit_group, int, code)
{
    return exit_by_itself(code);
}

/* --- wait4, waitid --- */

enum {
    WNOHANG = 1,
    WUNTRACED = 2, /* waitid() says WSTOPPED */
    WEXITED = 4,
    WCONTINUED = 8,
    WNOWAIT = 0x01000000,       /* what is told can be waited for again */
    WAIT_NOTHREAD = 0x20000000, /* every task is a process: nobody else has children of its own */
    WAIT_ALL = 0x40000000,
    WAIT_CLONE = (int)0x80000000
};

struct wait_request {
    pid_t pid, pgrp; /* that child, or one of that group; 0: any */
    int options;
    /* The answer. */
    pid_t found;
    int status;             /* as wait4() tells it */
    struct sig_origin told; /* as waitid() does, and a handler of SIGCHLD was told */
    struct rusage usage;
    struct task_struct *reaped;
};

/*
 * Those whose end sends another signal, or none, are waited for by who asks for such ones. One that
 * has ended has only this to tell.
 */
static bool wanted(const struct wait_request *w, const struct task_struct *child)
{
    if (!(w->options & WEXITED) && atomic_load(&child->state) == TASK_ZOMBIE)
        return false;
    if (!(w->options & WAIT_ALL) &&
        (child->exit_signal != SIGCHLD) != ((w->options & WAIT_CLONE) != 0))
        return false;
    return (!w->pid || child->pid == w->pid) && (!w->pgrp || child->pgrp == w->pgrp);
}

/* The child has ended, and this is told once: its times are the parent's from now on. */
static void reap(struct wait_request *w, struct task_struct *child)
{
    ktime_t utime, stime;

    task_times(child, &utime, &stime);
    current->children_utime += utime + child->children_utime;
    current->children_stime += stime + child->children_stime;
    w->reaped = child;
    task_unpublish(child);
}

/* tasklist_lock held. True when this child has something to tell, which is then told. */
static bool report(struct wait_request *w, struct task_struct *child)
{
    bool keep = w->options & WNOWAIT;

    if (atomic_load(&child->state) == TASK_ZOMBIE) {
        w->status = child->exit_status;
        w->told = told_of_end(child);
        if (!keep)
            reap(w, child);
    } else if ((w->options & WUNTRACED) && child->stop_signal) {
        w->status = child->stop_signal << 8 | 0x7f;
        w->told = (struct sig_origin){CLD_STOPPED, child->tgid, child->stop_signal};
        child->stop_signal = keep ? child->stop_signal : 0;
    } else if ((w->options & WCONTINUED) && child->continued) {
        w->status = 0xffff;
        w->told = (struct sig_origin){CLD_CONTINUED, child->tgid, SIGCONT};
        child->continued = keep;
    } else {
        return false;
    }
    w->found = child->pid;
    fill_rusage(&w->usage, child);
    return true;
}

/* 1: found; 0: not yet; -ECHILD: there is nobody to wait for. */
static int look_for_child(struct wait_request *w)
{
    struct task_struct *child;
    int ret = -ECHILD;

    spin_lock(&tasklist_lock);
    list_for_each_entry (child, &current->children, sibling) {
        if (!wanted(w, child))
            continue;
        ret = report(w, child);
        if (ret)
            break;
    }
    spin_unlock(&tasklist_lock);
    return ret;
}

/* 1: w has the answer; 0: there is none yet (WNOHANG); or -errno. */
static int wait_for_child(struct wait_request *w)
{
    int found = 0;
    int err = wait_event_interruptible(&current->child_wait,
                                       (found = look_for_child(w)) || (w->options & WNOHANG));

    if (w->reaped)
        put_task(w->reaped);
    return err ? err : found;
}

SYSCALL4(wait4, pid_t, pid, uaddr_t, wstatus, int, options, uaddr_t, rusage)
{
    struct wait_request w = {.options = options | WEXITED};

    if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | WAIT_NOTHREAD | WAIT_ALL | WAIT_CLONE))
        return -EINVAL;
    if (pid == INT32_MIN)
        return -ESRCH;
    if (pid > 0)
        w.pid = pid;
    else if (pid != -1)
        w.pgrp = pid ? -pid : current->pgrp;
    int found = wait_for_child(&w);
    if (found <= 0)
        return found;
    if (wstatus && put_user(wstatus, w.status))
        return -EFAULT;
    if (rusage && put_user(rusage, w.usage))
        return -EFAULT;
    return w.found;
}

/* Whom waitid() means: 0 or -EINVAL. */
static int set_waitid(struct wait_request *w, int idtype, pid_t id)
{
    enum {
        P_ALL,
        P_PID,
        P_PGID
    };

    if (idtype == P_PID && id > 0)
        w->pid = id;
    else if (idtype == P_PGID && id >= 0)
        w->pgrp = id ? id : current->pgrp;
    else if (idtype != P_ALL)
        return -EINVAL;
    return 0;
}

SYSCALL5(waitid, int, idtype, pid_t, id, uaddr_t, uinfo, int, options, uaddr_t, rusage)
{
    const int what = WUNTRACED | WEXITED | WCONTINUED;
    struct wait_request w = {.options = options};
    struct siginfo info = {0};

    if ((options & ~(what | WNOHANG | WNOWAIT | WAIT_NOTHREAD | WAIT_ALL | WAIT_CLONE)) ||
        !(options & what) || set_waitid(&w, idtype, id))
        return -EINVAL;
    int found = wait_for_child(&w);
    if (found < 0)
        return found;
    if (found) {
        info.si_signo = SIGCHLD;
        info.si_code = w.told.code;
        info.si_pid = w.told.pid;
        info.si_status = w.told.status;
    }
    if (uinfo && put_user(uinfo, info))
        return -EFAULT;
    return found && rusage && put_user(rusage, w.usage) ? -EFAULT : 0;
}
