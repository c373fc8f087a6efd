/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: a run queue for each CPU, round robin, with idle CPUs taking work from busy ones.
 *
 * A run queue's lock is held from before a task's state is looked at until the next task runs on
 * its own stack (finish_switch), so whoever holds it and finds a task not on the queue knows that
 * it has left its CPU, registers saved. That is all wake_up_task() needs.
 */
#include "kernel/sched.h"

#include <arch/trap.h>
#include "kernel/main.h"
#include "kernel/panic.h"
#include "kernel/string.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

struct run_queue {
    struct spinlock lock;   /* RANK_RUNQUEUE, interrupts off */
    struct list_head queue; /* tasks that could run, without the one that does */
    unsigned nr;
} __aligned(64);

static struct run_queue run_queues[MAX_CPUS];

struct cpu cpus[MAX_CPUS];
unsigned nr_cpus = 1;

static struct task_struct boot_idle; /* the flow of control that booted */
extern char boot_stack[];

static struct run_queue *this_rq(void)
{
    return &run_queues[this_cpu()->id];
}

static bool is_idle(const struct task_struct *t)
{
    return t == cpus[t->cpu].idle_task;
}

/* --- queues; their lock is held --- */

static void enqueue(struct run_queue *rq, struct task_struct *t, bool first)
{
    if (unlikely(first))
        list_add(&t->run_node, &rq->queue);
    else
        list_add_tail(&t->run_node, &rq->queue);
    t->on_rq = true;
    rq->nr++;
}

static struct task_struct *dequeue_first(struct run_queue *rq)
{
    if (list_empty(&rq->queue))
        return NULL;
    struct task_struct *t = list_first_entry(&rq->queue, struct task_struct, run_node);
    list_del(&t->run_node);
    rq->nr--;
    return t;
}

/* A task from another CPU's queue, for one that has nothing to do. No waiting for locks. */
static struct task_struct *steal(struct run_queue *mine)
{
    for_each_cpu (cpu) {
        struct run_queue *rq = &run_queues[cpu->id];
        if (rq == mine || READ_ONCE(rq->nr) == 0 || !spin_trylock(&rq->lock))
            continue;
        struct task_struct *t = dequeue_first(rq);
        if (t)
            t->cpu = this_cpu()->id;
        spin_unlock(&rq->lock);
        if (t)
            return t;
    }
    return NULL;
}

/* --- who runs where --- */

static bool cpu_is_idle(const struct cpu *cpu)
{
    return atomic_load_explicit(&cpu->online, memory_order_relaxed) &&
           READ_ONCE(cpu->current_task) == cpu->idle_task && READ_ONCE(run_queues[cpu->id].nr) == 0;
}

static struct cpu *find_idle_cpu(void)
{
    for_each_cpu (cpu)
        if (cpu != this_cpu() && cpu_is_idle(cpu))
            return cpu;
    return NULL;
}

/* Makes a CPU look at its queue: at once if it sleeps, else on its way back to user code. */
static void kick(struct cpu *cpu)
{
    atomic_store(&cpu->need_resched, true);
    if (cpu != this_cpu())
        arch_ipi_reschedule(cpu->id);
}

/* Where a waking task goes: its last CPU if that is idle, any other idle one, else its last. */
static struct cpu *choose_cpu(const struct task_struct *t)
{
    struct cpu *last = &cpus[t->cpu];

    if (cpu_is_idle(last))
        return last;
    struct cpu *idle = find_idle_cpu();
    return idle ? idle : last;
}

static void place(struct task_struct *t, struct cpu *cpu)
{
    struct run_queue *rq = &run_queues[cpu->id];

    spin_lock_nested(&rq->lock);
    t->cpu = cpu->id;
    enqueue(rq, t, t->oom_victim);
    spin_unlock(&rq->lock);
    kick(cpu);
}

/* The queue that the task is or was on last, locked: it goes to no other until that is released. */
static struct run_queue *lock_queue_of(struct task_struct *t)
{
    for (;;) {
        unsigned cpu = READ_ONCE(t->cpu);
        struct run_queue *rq = &run_queues[cpu];
        spin_lock_nested(&rq->lock);
        if (t->cpu == cpu)
            return rq;
        spin_unlock(&rq->lock);
    }
}

/* Neither queued nor on a CPU any more. */
static bool has_left(struct task_struct *t)
{
    struct run_queue *rq = lock_queue_of(t);
    bool left = !t->on_rq;

    spin_unlock(&rq->lock);
    return left;
}

bool wake_up_task(struct task_struct *t, unsigned state_mask)
{
    irqflags_t flags = spin_lock_irqsave(&t->pi_lock);
    int state = atomic_load(&t->state);
    /* It may be awake, and about to change its state itself: to what is not ours to undo. */
    bool asleep =
        state_mask >> state & 1 && atomic_compare_exchange_strong(&t->state, &state, TASK_RUNNING);

    if (asleep) {
        /* One that has not left its CPU yet will see its state, and stay. */
        if (has_left(t))
            place(t, choose_cpu(t));
    }
    spin_unlock_irqrestore(&t->pi_lock, flags);
    return asleep;
}

void sched_hurry(struct task_struct *t)
{
    irqflags_t flags = spin_lock_irqsave(&t->pi_lock);
    struct run_queue *rq = lock_queue_of(t);
    bool queued = !list_empty(&t->run_node);

    if (queued) {
        list_del(&t->run_node);
        list_add(&t->run_node, &rq->queue);
    }
    spin_unlock(&rq->lock);
    if (queued)
        kick(&cpus[rq - run_queues]);
    spin_unlock_irqrestore(&t->pi_lock, flags);
}

void sched_start(struct task_struct *t)
{
    irqflags_t flags = spin_lock_irqsave(&t->pi_lock);

    t->cpu = this_cpu()->id;
    place(t, choose_cpu(t));
    spin_unlock_irqrestore(&t->pi_lock, flags);
}

/* --- switching --- */

/* On the new task's stack: the old one's registers are saved, and others may have it. */
static void finish_switch(struct task_struct *prev)
{
    bool dead = atomic_load(&prev->state) == TASK_ZOMBIE && prev->autoreap;

    atomic_store_explicit(&prev->on_cpu, false, memory_order_release);
    spin_unlock(&this_rq()->lock);
    if (dead)
        put_task(prev);
}

/* The first thing a new task does; its context was made to call this. */
static void task_entry(void *arg)
{
    struct task_struct *t = current;

    finish_switch(this_cpu()->prev_task);
    arch_irq_enable();
    if (t->kthread) {
        t->kthread_fn(arg);
        do_exit(0);
    }
    arch_irq_disable();
    return_to_user(task_trapframe(t));
}

void task_init_context(struct task_struct *t, void *arg)
{
    /* Below the place of the user context, which the first process, a kernel thread, is to have. */
    context_init(&t->context, (vaddr_t)task_trapframe(t), task_entry, arg);
}

static void switch_task(struct task_struct *prev, struct task_struct *next)
{
    struct cpu *cpu = this_cpu();
    ktime_t now = arch_clock();
    struct arch_mm *next_mm = next->mm ? &next->mm->arch : NULL;

    cpu->nr_switches++;
    if (atomic_load_explicit(&prev->state, memory_order_relaxed) == TASK_RUNNING)
        prev->nivcsw++;
    else
        prev->nvcsw++;
    prev->run_time += now - prev->run_since;
    next->run_since = now;
    if (prev->mm)
        fpu_save(&prev->fpu, task_trapframe(prev));
    if (next_mm != cpu->active_mm)
        mm_activate(next->mm);
    if (next->mm)
        fpu_restore(&next->fpu, task_trapframe(next));

    cpu->kstack = (vaddr_t)next->kstack;
    cpu->trap = NULL;
    cpu->prev_task = prev;
    cpu->current_task = next;
    atomic_store_explicit(&next->on_cpu, true, memory_order_relaxed);
    timer_new_slice(!is_idle(next));
    switch_to(&prev->context, &next->context);
    finish_switch(this_cpu()->prev_task);
}

static void switch_away(bool let_others)
{
    irqflags_t flags = arch_irq_save();
    struct cpu *cpu = this_cpu();
    struct run_queue *rq = this_rq();
    struct task_struct *prev = cpu->current_task;
    struct trapframe *trap = cpu->trap;

    lock_assert_may_sleep();
    spin_lock(&rq->lock);
    atomic_store_explicit(&cpu->need_resched, false, memory_order_relaxed);
    if (atomic_load(&prev->state) != TASK_RUNNING)
        prev->on_rq = false;
    else if (prev != cpu->idle_task)
        enqueue(rq, prev, prev->oom_victim && !let_others);

    struct task_struct *next = dequeue_first(rq);
    if (!next)
        next = steal(rq);
    if (!next)
        next = cpu->idle_task;
    struct cpu *helper = rq->nr > 0 ? find_idle_cpu() : NULL;
    if (helper)
        kick(helper);

    if (next != prev) {
        switch_task(prev, next);
        this_cpu()->trap = trap;
    } else {
        timer_new_slice(prev != cpu->idle_task);
        spin_unlock(&rq->lock);
    }
    arch_irq_restore(flags);
}

/* One that is killed for its memory goes before all who wait for it... */
void schedule(void)
{
    switch_away(false);
}

/* ...unless it is itself waiting for what they are about to do. */
void yield(void)
{
    switch_away(true);
}

void sched_tick(void)
{
    struct cpu *cpu = this_cpu();

    if (cpu->trap && tf_from_user(cpu->trap))
        cpu->current_task->user_ticks++;
    else
        cpu->current_task->system_ticks++;
    if (READ_ONCE(this_rq()->nr) > 0)
        atomic_store(&cpu->need_resched, true);
    else
        timer_new_slice(true);
}

void task_times(struct task_struct *t, ktime_t *utime, ktime_t *stime)
{
    ktime_t total = t->run_time;
    uint64_t ticks = t->user_ticks + t->system_ticks;

    if (atomic_load(&t->on_cpu))
        total += arch_clock() - t->run_since;
    /* A task no tick ever met: half and half. */
    *utime = ticks ? (ktime_t)((uint64_t)total / ticks * t->user_ticks) : total / 2;
    *stime = total - *utime;
}

/* --- idle --- */

void idle_loop(void)
{
    struct cpu *cpu = this_cpu();

    for (;;) {
        arch_irq_disable();
        if (!atomic_load(&cpu->need_resched) && READ_ONCE(this_rq()->nr) == 0)
            arch_wait_for_interrupt();
        arch_irq_enable();
        schedule();
    }
}

static void init_idle(struct task_struct *t, struct cpu *cpu, void *kstack)
{
    snprintf(t->comm, sizeof(t->comm), "idle/%u", cpu->id);
    t->kthread = true;
    t->cpu = cpu->id;
    t->kstack = kstack;
    t->on_rq = true;
    atomic_init(&t->on_cpu, true); /* its time counts before it is first switched from */
    atomic_init(&t->refs, 1);
    spin_lock_init(&t->pi_lock, "pi_lock", RANK_RUNQUEUE);
    list_init(&t->run_node);
    cpu->idle_task = t;
    cpu->current_task = t;
}

void sched_init_boot(void)
{
    for (unsigned i = 0; i < MAX_CPUS; i++) {
        spin_lock_init(&run_queues[i].lock, "run queue", RANK_RUNQUEUE);
        list_init(&run_queues[i].queue);
    }
    init_idle(&boot_idle, &cpus[0], boot_stack);
    cpus[0].kstack = (vaddr_t)boot_stack;
    atomic_store(&cpus[0].online, true);
}

vaddr_t idle_stack_top(unsigned id)
{
    return (vaddr_t)cpus[id].idle_task->kstack + KSTACK_SIZE;
}

void sched_init(void)
{
    for (unsigned i = 1; i < nr_cpus; i++) {
        struct task_struct *t = kzalloc(sizeof(*t), GFP_KERNEL);
        void *stack = t ? alloc_kernel_stack(t) : NULL;
        if (!stack)
            panic("no memory for the idle task of CPU %u", i);
        cpus[i].id = i;
        init_idle(t, &cpus[i], stack);
        cpus[i].kstack = (vaddr_t)stack;
    }
}
