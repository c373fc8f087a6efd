/* SPDX-License-Identifier: MIT */
/* System calls about who a process is: ids, groups and sessions, limits, usage. */
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/process.h"
#include "kernel/rusage.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "kernel/syscall.h"
#include "mm/mm.h"
#include "mm/uaccess.h"

SYSCALL0(getpid)
{
    return current->tgid;
}

SYSCALL0(gettid)
{
    return current->pid;
}

SYSCALL0(getppid)
{
    spin_lock(&tasklist_lock);
    pid_t pid = current->parent ? current->parent->tgid : 0;
    spin_unlock(&tasklist_lock);
    return pid;
}

/* Everyone is root: there is one user. */
SYSCALL0(getuid)
{
    return 0;
}

SYSCALL1(set_tid_address, uaddr_t, address)
{
    current->clear_child_tid = address;
    return current->pid;
}

/* Robust futexes need futexes; without any, an empty list is the truth. */
SYSCALL2(set_robust_list, uaddr_t, head, size_t, size)
{
    (void)head;
    return size == 24 ? 0 : -EINVAL;
}

SYSCALL0(sched_yield)
{
    yield();
    return 0;
}

/* --- groups and sessions --- */

SYSCALL0(setsid)
{
    struct task_struct *t = current;
    long ret = t->pid;

    spin_lock(&tasklist_lock);
    if (t->pgrp == t->pid) {
        ret = -EPERM;
    } else {
        t->session = t->pgrp = t->pid;
        t->tty = NULL;
    }
    spin_unlock(&tasklist_lock);
    return ret;
}

/* tasklist_lock held. Is there such a group in the session? */
static bool group_exists(pid_t pgrp, pid_t session)
{
    struct task_struct *t;

    for_each_task (t)
        if (t->pgrp == pgrp && t->session == session)
            return true;
    return false;
}

SYSCALL2(setpgid, pid_t, pid, pid_t, pgrp)
{
    struct task_struct *me = current;
    long ret = 0;

    if (pgrp < 0)
        return -EINVAL;
    spin_lock(&tasklist_lock);
    struct task_struct *t = pid ? find_task(pid) : me;
    if (!t || (t != me && t->parent != me))
        ret = -ESRCH;
    else if (t->session != me->session || t->session == t->pid)
        ret = -EPERM;
    else if (pgrp && pgrp != t->pid && !group_exists(pgrp, me->session))
        ret = -EPERM;
    else
        t->pgrp = pgrp ? pgrp : t->pid;
    spin_unlock(&tasklist_lock);
    return ret;
}

static long get_id(pid_t pid, bool session)
{
    spin_lock(&tasklist_lock);
    struct task_struct *t = pid ? find_task(pid) : current;
    long ret = !t ? -ESRCH : session ? t->session : t->pgrp;
    spin_unlock(&tasklist_lock);
    return ret;
}

SYSCALL1(getpgid, pid_t, pid)
{
    return get_id(pid, false);
}

SYSCALL1(getsid, pid_t, pid)
{
    return get_id(pid, true);
}

/* --- limits and usage --- */

/* With tasklist_lock held, so that the task stays. Nobody has the right to raise a hard limit. */
static long exchange_limit(struct task_struct *t, unsigned resource, const struct rlimit *fresh,
                           struct rlimit *old)
{
    if (!t)
        return -ESRCH;
    *old = t->rlim[resource];
    if (fresh && fresh->max > old->max)
        return -EPERM;
    if (fresh)
        t->rlim[resource] = *fresh;
    return 0;
}

SYSCALL4(prlimit64, pid_t, pid, unsigned, resource, uaddr_t, new_limit, uaddr_t, old_limit)
{
    struct rlimit fresh, old;

    if (resource >= RLIM_NLIMITS)
        return -EINVAL;
    if (new_limit && get_user(fresh, new_limit))
        return -EFAULT;
    if (new_limit && fresh.cur > fresh.max)
        return -EINVAL;
    spin_lock(&tasklist_lock);
    long ret =
        exchange_limit(pid ? find_task(pid) : current, resource, new_limit ? &fresh : NULL, &old);
    spin_unlock(&tasklist_lock);
    if (!ret && old_limit && put_user(old_limit, old))
        return -EFAULT;
    return ret;
}

/* All ones only asks. */
SYSCALL1(personality, unsigned, wanted)
{
    unsigned old = current->personality;

    if (wanted != UINT32_MAX)
        current->personality = wanted;
    return old;
}

struct timeval ns_to_timeval(ktime_t ns)
{
    return (struct timeval){ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / 1000};
}

static void fill_times(struct rusage *out, ktime_t utime, ktime_t stime)
{
    out->ru_utime = ns_to_timeval(utime);
    out->ru_stime = ns_to_timeval(stime);
}

void fill_rusage(struct rusage *out, struct task_struct *t)
{
    ktime_t utime, stime;

    *out = (struct rusage){.ru_minflt = (int64_t)t->min_flt,
                           .ru_majflt = (int64_t)t->maj_flt,
                           .ru_nvcsw = (int64_t)t->nvcsw,
                           .ru_nivcsw = (int64_t)t->nivcsw};
    task_times(t, &utime, &stime);
    fill_times(out, utime, stime);
}

SYSCALL2(getrusage, int, who, uaddr_t, usage)
{
    enum {
        RUSAGE_SELF = 0,
        RUSAGE_CHILDREN = -1,
        RUSAGE_THREAD = 1
    };
    struct rusage out = {0};

    if (who == RUSAGE_CHILDREN)
        fill_times(&out, current->children_utime, current->children_stime);
    else if (who == RUSAGE_SELF || who == RUSAGE_THREAD)
        fill_rusage(&out, current);
    else
        return -EINVAL;
    size_t peak = max(current->mm->hiwater_rss, mm_rss(current->mm));
    out.ru_maxrss = (int64_t)(peak * (PAGE_SIZE / KiB));
    return put_user(usage, out);
}

SYSCALL1(times, uaddr_t, buf)
{
    const ktime_t tick = NSEC_PER_SEC / 100;
    ktime_t utime, stime;

    task_times(current, &utime, &stime);
    int64_t out[4] = {utime / tick, stime / tick, current->children_utime / tick,
                      current->children_stime / tick};
    if (buf && put_user(buf, out))
        return -EFAULT;
    return arch_clock() / tick;
}

SYSCALL5(prctl, int, option, uaddr_t, arg, uint64_t, a3, uint64_t, a4, uint64_t, a5)
{
    enum {
        PR_SET_NAME = 15,
        PR_GET_NAME = 16
    };
    char name[TASK_COMM_LEN] = "";

    (void)a3;
    (void)a4;
    (void)a5;
    if (option == PR_GET_NAME)
        return copy_to_user(arg, current->comm, TASK_COMM_LEN);
    if (option != PR_SET_NAME)
        return -EINVAL;
    ssize_t len = strncpy_from_user(name, arg, sizeof(name));
    if (len == -EFAULT)
        return -EFAULT;
    name[TASK_COMM_LEN - 1] = '\0';
    strlcpy(current->comm, name, sizeof(current->comm));
    return 0;
}
