/* SPDX-License-Identifier: MIT */
/* Making tasks: fork, vfork and kernel threads; and the table of pids. */
#include <arch/trap.h>
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/panic.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "kernel/syscall.h"
#include "kernel/uabi.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "mm/uaccess.h"
#include "mm/vmalloc.h"

#define PID_HASH 256

struct spinlock tasklist_lock = SPINLOCK_INIT("tasklist_lock", RANK_TASKLIST);
struct list_head all_tasks = LIST_HEAD_INIT(all_tasks);
struct task_struct *init_task;
size_t nr_tasks, nr_forks;

static struct list_head pid_hash[PID_HASH];
static pid_t last_pid;
static struct kmem_cache *task_cache;

void fork_init(void)
{
    task_cache =
        kmem_cache_create("task_struct", sizeof(struct task_struct), _Alignof(struct task_struct));
    BUG_ON(!task_cache);
    for (int i = 0; i < PID_HASH; i++)
        list_init(&pid_hash[i]);
}

/* --- the table; tasklist_lock held --- */

struct task_struct *find_task(pid_t pid)
{
    struct task_struct *t;

    list_for_each_entry (t, &pid_hash[(unsigned)pid % PID_HASH], pid_node)
        if (t->pid == pid)
            return t;
    return NULL;
}

static pid_t new_pid(void)
{
    do
        last_pid = last_pid < PID_MAX - 1 ? last_pid + 1 : 2;
    while (find_task(last_pid));
    return last_pid;
}

bool task_publish(struct task_struct *t, struct task_struct *parent)
{
    spin_lock(&tasklist_lock);
    if (parent && signal_pending(parent)) {
        spin_unlock(&tasklist_lock);
        return false;
    }
    t->pid = t->tgid = new_pid();
    list_add_tail(&t->pid_node, &pid_hash[(unsigned)t->pid % PID_HASH]);
    list_add_tail(&t->all_node, &all_tasks);
    t->parent = parent;
    if (parent) {
        list_add_tail(&t->sibling, &parent->children);
        t->pgrp = parent->pgrp;
        t->session = parent->session;
        t->tty = parent->tty;
    }
    nr_tasks++;
    nr_forks++;
    spin_unlock(&tasklist_lock);
    return true;
}

void task_unpublish(struct task_struct *t)
{
    list_del(&t->pid_node);
    list_del(&t->all_node);
    list_del(&t->sibling);
    nr_tasks--;
}

/* --- structures --- */

struct task_struct *task_alloc(const char *name)
{
    struct task_struct *t = kmem_cache_alloc(task_cache, GFP_USER | GFP_ZERO);

    if (!t)
        return NULL;
    t->kstack = alloc_kernel_stack(t);
    if (!t->kstack) {
        kmem_cache_free(task_cache, t);
        return NULL;
    }
    strlcpy(t->comm, name, sizeof(t->comm));
    atomic_init(&t->refs, 1);
    atomic_init(&t->state, TASK_RUNNING);
    spin_lock_init(&t->pi_lock, "pi_lock", RANK_RUNQUEUE);
    wait_queue_init(&t->child_wait);
    list_init(&t->children);
    list_init(&t->sibling);
    list_init(&t->pid_node);
    list_init(&t->all_node);
    list_init(&t->run_node);
    t->start_time = arch_clock();
    for (int i = 0; i < RLIM_NLIMITS; i++)
        t->rlim[i] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
    t->rlim[RLIMIT_STACK].cur = 8 * MiB;
    t->rlim[RLIMIT_NOFILE] = (struct rlimit){1024, 4096};
    t->rlim[RLIMIT_MEMLOCK] = (struct rlimit){8 * MiB, 8 * MiB};
    return t;
}

void put_task(struct task_struct *t)
{
    if (atomic_fetch_sub(&t->refs, 1) != 1)
        return;
    /* It may still be on its way off its stack. */
    while (atomic_load_explicit(&t->on_cpu, memory_order_acquire))
        arch_relax();
    free_kernel_stack(t->kstack);
    kmem_cache_free(task_cache, t);
}

struct task_struct *kthread_create(void (*fn)(void *), void *arg, const char *name)
{
    struct task_struct *t = task_alloc(name);

    if (!t)
        return NULL;
    t->kthread = true;
    t->kthread_fn = fn;
    t->autoreap = true;
    task_init_context(t, arg);
    task_publish(t, NULL);
    /* It may have come to its end on another CPU before it has been started on this one. */
    get_task(t);
    sched_start(t);
    put_task(t);
    return t;
}

/* --- clone --- */

/*
 * What a child may share is memory, descriptors and its place in the tree: a process of its own
 * that runs in the same address space. One process of several tasks (CLONE_THREAD) is not offered.
 */
#define CLONE_OFFERED                                                                              \
    (CSIGNAL | CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_VFORK | CLONE_SETTLS |                    \
     CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | CLONE_DETACHED)

/* What the child has of its own, or shares. -ENOMEM leaves the rest to free_child(). */
static int copy_resources(struct task_struct *t, struct task_struct *parent, uint64_t flags)
{
    memcpy(t->rlim, parent->rlim, sizeof(t->rlim));
    t->personality = parent->personality;
    memcpy(t->sig.action, parent->sig.action, sizeof(t->sig.action));
    atomic_init(&t->sig.blocked, atomic_load(&parent->sig.blocked));
    /* Two that run at once in one address space need a stack each. */
    t->sig.altstack.ss_flags = SS_DISABLE;
    if ((flags & (CLONE_VM | CLONE_VFORK)) != CLONE_VM)
        t->sig.altstack = parent->sig.altstack;
    t->files = flags & CLONE_FILES ? files_get(parent->files) : files_copy(parent->files);
    t->fs = flags & CLONE_FS ? fs_get(parent->fs) : fs_copy(parent->fs);
    if (!t->files || !t->fs)
        return -ENOMEM;
    if (flags & CLONE_VM) {
        atomic_fetch_add(&parent->mm->mm_users, 1);
        t->mm = parent->mm;
    } else {
        t->mm = mm_dup(parent->mm);
    }
    return t->mm ? 0 : -ENOMEM;
}

static void free_child(struct task_struct *t)
{
    mmput(t->mm);
    if (t->files)
        files_put(t->files);
    if (t->fs)
        fs_put(t->fs);
    put_task(t);
}

/* The pid, where the flags ask for it. False: a bad address, on Linux the program's own loss. */
static bool store_pid(const struct task_struct *t, uint64_t flags, uaddr_t ptid, uaddr_t ctid)
{
    bool stored = true;

    if (flags & CLONE_CHILD_SETTID)
        stored = write_process_vm(t->mm, ctid, &t->pid, sizeof(t->pid)) == sizeof(t->pid);
    if (flags & CLONE_PARENT_SETTID)
        stored &= put_user(ptid, t->pid) == 0;
    return stored;
}

/* Until the child has left the memory that it shares, or the parent is to die. */
static void wait_for_vfork(struct task_struct *t, struct wait_queue *wait)
{
    wait_event(wait, !READ_ONCE(t->vfork_done) || fatal_signal_pending(current));
    /* After this the child does not look for the queue any more. */
    spin_lock(&tasklist_lock);
    t->vfork_done = NULL;
    spin_unlock(&tasklist_lock);
}

static long do_clone(uint64_t flags, uaddr_t stack, uaddr_t ptid, uaddr_t tls, uaddr_t ctid)
{
    struct task_struct *parent = current;
    struct wait_queue vfork_wait;

    if (flags & ~(uint64_t)CLONE_OFFERED || (flags & CSIGNAL) > NSIG)
        return -EINVAL;

    struct task_struct *t = task_alloc(parent->comm);
    if (!t)
        return -ENOMEM;
    if (copy_resources(t, parent, flags)) {
        free_child(t);
        return -ENOMEM;
    }
    fpu_save(&parent->fpu, task_trapframe(parent));
    t->fpu = parent->fpu;
    *task_trapframe(t) = *task_trapframe(parent);
    tf_start_child(task_trapframe(t), stack, flags & CLONE_SETTLS, tls);
    t->exit_signal = (int)(flags & CSIGNAL);
    t->clear_child_tid = flags & CLONE_CHILD_CLEARTID ? ctid : 0;
    task_init_context(t, NULL);

    if (flags & CLONE_VFORK) {
        wait_queue_init(&vfork_wait);
        t->vfork_done = &vfork_wait;
    }
    if (!task_publish(t, parent)) {
        free_child(t);
        return -ERESTARTNOINTR;
    }
    get_task(t);
    pid_t pid = t->pid;
    (void)store_pid(t, flags, ptid, ctid);
    sched_start(t);
    if (flags & CLONE_VFORK)
        wait_for_vfork(t, &vfork_wait);
    put_task(t);
    return pid;
}

void vfork_release(struct task_struct *t)
{
    if (!READ_ONCE(t->vfork_done))
        return;
    /* The queue is on the parent's stack: it does not leave without having had the lock. */
    spin_lock(&tasklist_lock);
    struct wait_queue *wait = t->vfork_done;
    WRITE_ONCE(t->vfork_done, NULL);
    if (wait)
        wake_up_all(wait);
    spin_unlock(&tasklist_lock);
}

/* flags, stack, ptid, then tls and ctid in the order that the architecture has them. */
SYSCALL5(clone, uint64_t, flags, uaddr_t, stack, uaddr_t, ptid, uint64_t, a3, uint64_t, a4)
{
    uaddr_t tls = ARCH_CLONE_TLS_FIRST ? a3 : a4, ctid = ARCH_CLONE_TLS_FIRST ? a4 : a3;

    return do_clone(flags, stack, ptid, tls, ctid);
}
