/* SPDX-License-Identifier: MIT */
/*
 * Tasks and the scheduler.
 *
 * Each CPU has a run queue of its own, round robin with time slices; a waking task goes back to the
 * CPU it ran on unless another is idle. User code is preempted by the timer; the kernel is not: it
 * gives up the CPU where it sleeps, and in long loops at cond_resched().
 *
 * A task's state is written under its pi_lock, or by itself while it runs. on_cpu is set from the
 * moment a CPU picks the task until its registers are saved again: whoever wakes a task waits for
 * that before it lets another CPU run it, and whoever frees one waits as well.
 *
 * Ownership: a task_struct lives until its parent has waited for it and its last reference
 * (get_task/put_task) is gone. tasklist_lock guards parent, children, sibling, pgrp, session and
 * the table of pids.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <arch/switch.h>
#include <arch/trap.h>
#include "kernel/cpu.h"
#include "kernel/mutex.h"
#include "kernel/signal.h"
#include "kernel/time.h"

enum task_state {
    TASK_RUNNING,         /* on a CPU or a run queue */
    TASK_INTERRUPTIBLE,   /* asleep; a signal wakes it */
    TASK_UNINTERRUPTIBLE, /* asleep; only what it waits for wakes it */
    TASK_STOPPED,
    TASK_ZOMBIE, /* exited, not waited for yet */
};

#define TASK_COMM_LEN 16

/* prlimit64(): Linux's numbers. */
enum {
    RLIMIT_FSIZE = 1,
    RLIMIT_DATA = 2,
    RLIMIT_STACK = 3,
    RLIMIT_RSS = 5,
    RLIMIT_NOFILE = 7,
    RLIMIT_MEMLOCK = 8,
    RLIMIT_AS = 9,
    RLIMIT_SIGPENDING = 11,
    RLIM_NLIMITS = 16
};
#define RLIM_INFINITY UINT64_MAX
struct rlimit {
    uint64_t cur, max;
};

/*
 * personality(): any 32 bits are kept, as on Linux, and these are heeded. Inherited, and kept over
 * exec(), but for READ_IMPLIES_EXEC.
 */
enum {
    ADDR_NO_RANDOMIZE = 0x40000,   /* the layout is the same every time */
    ADDR_COMPAT_LAYOUT = 0x200000, /* the classic layout, whatever the stack's limit */
    READ_IMPLIES_EXEC = 0x400000,  /* what mmap(), mprotect(), brk() make readable is executable */
};

struct task_struct {
    pid_t pid, tgid;
    char comm[TASK_COMM_LEN];
    atomic_int state; /* enum task_state */
    atomic_int refs;
    int exit_status; /* as wait4() returns it, once TASK_ZOMBIE */
    bool kthread;
    void (*kthread_fn)(void *arg);
    bool exiting;

    struct mm_struct *mm; /* NULL: a kernel thread, or exited */
    struct files_struct *files;
    struct fs_struct *fs;
    struct rlimit rlim[RLIM_NLIMITS];
    unsigned personality;

    /* The family: tasklist_lock. */
    struct task_struct *parent; /* never NULL but for the first task and kernel threads */
    struct list_head children, sibling;
    struct list_head pid_node, all_node;
    pid_t pgrp, session;
    struct tty *tty;               /* controlling terminal */
    struct wait_queue child_wait;  /* wait4() sleeps here */
    int exit_signal;               /* sent to the parent at exit */
    bool autoreap;                 /* nobody waits for it: gone as soon as it has exited */
    int stop_signal;               /* TASK_STOPPED, not reported to the parent yet */
    bool continued;                /* continued, not reported yet */
    struct wait_queue *vfork_done; /* the parent of a vfork() sleeps here until exec or exit */

    struct signals sig;

    /* The scheduler's. */
    struct spinlock pi_lock; /* RANK_RUNQUEUE, interrupts off, taken before a run queue's */
    struct list_head run_node;
    atomic_bool on_cpu;
    bool on_rq;
    unsigned cpu; /* last or present */
    void *kstack;
    struct context context;
    struct arch_fpu fpu;

    /*
     * Accounting, written by the task's own CPU: time on a CPU is exact, its division into user and
     * system time follows where the ticks found the task.
     */
    ktime_t start_time, run_since, run_time;
    uint64_t user_ticks, system_ticks;
    ktime_t children_utime, children_stime;
    uint64_t min_flt, maj_flt;
    uint64_t nvcsw, nivcsw; /* switches away from it: because it slept, and others */

    uaddr_t clear_child_tid;
    bool oom_victim;     /* may use the reserves: it is on its way out */
    bool in_reclaim;     /* guards against reclaim from within reclaim */
    bool fault_disabled; /* faults on user addresses fail instead of being served */

#if DEBUG
    struct {
        const void *lock;
        const char *name;
        enum lock_rank rank;
    } held_sleeping[MAX_HELD_LOCKS];
    unsigned nr_held_sleeping;
#endif
};

/* The running task has a handler that the signal will reach: such faults are what it works with. */
static inline bool signal_is_caught(int signo)
{
    const struct signals *sig = &current->sig;

    return sig->action[signo - 1].handler > SIG_IGN &&
           !(atomic_load(&sig->blocked) & SIGMASK(signo));
}

/* The user context of a task that has one: at the top of its kernel stack. */
static inline struct trapframe *task_trapframe(struct task_struct *t)
{
    return (struct trapframe *)((char *)t->kstack + KSTACK_SIZE - TF_SIZE);
}

extern struct spinlock tasklist_lock; /* RANK_TASKLIST */
extern struct list_head all_tasks;
extern struct task_struct *init_task; /* pid 1, who adopts orphans */
#define for_each_task(t) list_for_each_entry (t, &all_tasks, all_node)

/* tasklist_lock held. NULL when there is none. */
struct task_struct *find_task(pid_t pid);
static inline struct task_struct *get_task(struct task_struct *t)
{
    atomic_fetch_add(&t->refs, 1);
    return t;
}
void put_task(struct task_struct *t);

/* Boot: the flow of control so far becomes CPU 0's idle task. Before any lock is taken. */
void sched_init_boot(void);
/* Idle tasks for the other CPUs. The allocators work. */
void sched_init(void);
/* Makes t->context start the task; `arg` is for a kernel thread's function. */
void task_init_context(struct task_struct *t, void *arg);
__noreturn void idle_loop(void);

/* Gives the CPU to another task. Sleeps if the state was set to other than TASK_RUNNING. */
void schedule(void);
/* Still runnable, but others first: for who waits for what they do. */
void yield(void);
static inline void cond_resched(void)
{
    if (unlikely(atomic_load_explicit(&this_cpu()->need_resched, memory_order_relaxed)))
        schedule();
}

/* Makes a sleeping task in one of the states of the mask (1 << state) run. False: it was not. */
bool wake_up_task(struct task_struct *t, unsigned state_mask);
#define WAKE_NORMAL (1u << TASK_INTERRUPTIBLE | 1u << TASK_UNINTERRUPTIBLE)
/* For SIGKILL: a task that waits for something else as well looks, and sleeps on. */
#define WAKE_TO_DIE (WAKE_NORMAL | 1u << TASK_STOPPED)

/*
 * A new task, its context set to start at task_entry(), is put on a run queue. It may end before
 * this returns: the caller has a reference to it.
 */
void sched_start(struct task_struct *t);
/* Makes it the next on its CPU's run queue, if it is on one. */
void sched_hurry(struct task_struct *t);
/* The timer: the running task's slice is over. Interrupts off. */
void sched_tick(void);

/*
 * A kernel thread that runs fn(arg) and never returns to user code. NULL when memory is short. When
 * fn returns, so that the thread ends, what this gives is only good for being told from NULL.
 */
struct task_struct *kthread_create(void (*fn)(void *), void *arg, const char *name);

/* fork.c: a task_struct and kernel stack, on no list yet; NULL when memory is short. */
struct task_struct *task_alloc(const char *name);
/*
 * fork.c: puts it on the lists, with a pid. False, and nothing is done, when a signal waits for the
 * parent: one that was sent to its whole group is not to miss the child. Takes tasklist_lock.
 */
bool task_publish(struct task_struct *t, struct task_struct *parent);

/* exit.c: ends the current task with a wait status (code << 8, or a signal number). */
__noreturn void do_exit(int status);

/* How long it has run, in ns. */
void task_times(struct task_struct *t, ktime_t *utime, ktime_t *stime);

#endif
