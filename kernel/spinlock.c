/* SPDX-License-Identifier: MIT */
/*
 * A DEBUG build's check of the order of locks; see spinlock.h.
 *
 * What a CPU holds is kept in its struct cpu (spinning locks) and what a task holds in its
 * task_struct (sleeping ones), newest last. Sleeping locks rank before spinning ones, so each new
 * lock is compared with all of both.
 *
 * A handler's locks are compared with each other only. What it has in common with the code that it
 * interrupted is told by each lock's own history: one that is ever taken by a handler, or inside a
 * lock that is, may never be taken with interrupts on.
 */
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/spinlock.h"

#if DEBUG

void spin_lock_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
    *lock = (struct spinlock)SPINLOCK_INIT(name, rank);
}

static void note_history(struct spinlock *lock, const struct cpu *cpu, bool irqs_on)
{
    lock->in_handler = cpu->in_irq;
    lock->irqs_on_seen |= irqs_on;
    lock->handler_side |= cpu->in_irq;
    for (unsigned i = 0; i < cpu->nr_held; i++)
        lock->handler_side |= cpu->held[i]->handler_side;
    if (lock->irqs_on_seen && lock->handler_side)
        panic("lock %s is taken with interrupts on, and by handlers or inside their locks: %s here",
              lock->name, irqs_on ? "the first" : "the second");
}

/* Handlers take and leave locks within this CPU's list: they must not see it half changed. */
void lock_note_taken(struct spinlock *lock)
{
    bool irqs_on = arch_irq_enabled();
    irqflags_t flags = arch_irq_save();
    struct cpu *cpu = this_cpu();

    note_history(lock, cpu, irqs_on);
    if (cpu->nr_held == MAX_HELD_LOCKS)
        panic("lock %s: this CPU holds %d already", lock->name, MAX_HELD_LOCKS);
    cpu->held[cpu->nr_held++] = lock;
    lock->cpu = (int)cpu->id;
    arch_irq_restore(flags);
}

void lock_note_released(struct spinlock *lock)
{
    irqflags_t flags = arch_irq_save();
    struct cpu *cpu = this_cpu();
    unsigned i = cpu->nr_held;

    while (i && cpu->held[i - 1] != lock)
        i--;
    if (i == 0)
        panic("lock %s is released by a CPU that does not hold it", lock->name);
    for (cpu->nr_held--; i <= cpu->nr_held; i++)
        cpu->held[i - 1] = cpu->held[i];
    lock->cpu = -1;
    arch_irq_restore(flags);
}

static void check_order(const char *name, enum lock_rank rank, bool nested, const char *held,
                        enum lock_rank held_rank)
{
    if (held_rank > rank || (held_rank == rank && !nested))
        panic("lock order: %s (rank %d) is taken while %s (rank %d) is held", name, rank, held,
              held_rank);
}

static void check_spinning(const void *lock, const char *name, enum lock_rank rank, bool nested)
{
    irqflags_t flags = arch_irq_save();
    struct cpu *cpu = this_cpu();

    for (unsigned i = 0; i < cpu->nr_held; i++) {
        if (cpu->held[i] == lock)
            panic("lock %s is taken by the CPU that holds it", name);
        if (cpu->held[i]->in_handler == cpu->in_irq)
            check_order(name, rank, nested, cpu->held[i]->name, cpu->held[i]->rank);
    }
    arch_irq_restore(flags);
}

void lock_check(const struct spinlock *lock, bool nested)
{
    check_spinning(lock, lock->name, lock->rank, nested);
}

void lock_assert_may_sleep(void)
{
    const struct cpu *cpu = this_cpu();

    if (cpu->in_irq)
        panic("an interrupt handler would sleep");
    if (cpu->nr_held)
        panic("would sleep holding the lock %s", cpu->held[cpu->nr_held - 1]->name);
}

/* The task's own list: nobody else looks at it. Before there are tasks, nothing is kept. */
void lock_acquired(const void *lock, const char *name, enum lock_rank rank, bool nested)
{
    struct task_struct *task = current;

    check_spinning(lock, name, rank, nested);
    if (!task)
        return;
    for (unsigned i = 0; i < task->nr_held_sleeping; i++)
        check_order(name, rank, nested, task->held_sleeping[i].name, task->held_sleeping[i].rank);
    if (task->nr_held_sleeping == MAX_HELD_LOCKS)
        panic("lock %s: this task holds %d already", name, MAX_HELD_LOCKS);
    task->held_sleeping[task->nr_held_sleeping].lock = lock;
    task->held_sleeping[task->nr_held_sleeping].name = name;
    task->held_sleeping[task->nr_held_sleeping++].rank = rank;
}

void lock_released(const void *lock)
{
    struct task_struct *task = current;
    unsigned i = task ? task->nr_held_sleeping : 0;

    if (!task)
        return;
    while (i && task->held_sleeping[i - 1].lock != lock)
        i--;
    if (i == 0)
        panic("a sleeping lock is released by task %s, which does not hold it", task->comm);
    for (task->nr_held_sleeping--; i <= task->nr_held_sleeping; i++)
        task->held_sleeping[i - 1] = task->held_sleeping[i];
}

#endif
