/* SPDX-License-Identifier: MIT */
/* Wait queues: see kernel/wait.h. */
#include "kernel/wait.h"

#include "kernel/sched.h"

void wait_queue_init(struct wait_queue *wq)
{
    spin_lock_init(&wq->lock, "wait queue", RANK_WAIT);
    list_init(&wq->waiters);
}

void prepare_to_wait(struct wait_queue *wq, struct wait_entry *entry, int state)
{
    irqflags_t flags = spin_lock_irqsave(&wq->lock);

    if (!entry->task) {
        entry->task = current;
        list_add_tail(&entry->node, &wq->waiters);
    }
    /* Any waker that takes the lock later sees it; an earlier one has made the condition true. */
    atomic_store(&current->state, state);
    spin_unlock_irqrestore(&wq->lock, flags);
    /* On the list first, then a look at the condition: see wake(). */
    arch_mb();
}

void finish_wait(struct wait_queue *wq, struct wait_entry *entry)
{
    irqflags_t flags = spin_lock_irqsave(&wq->lock);

    atomic_store(&current->state, TASK_RUNNING);
    list_del(&entry->node);
    spin_unlock_irqrestore(&wq->lock, flags);
}

static void wake(struct wait_queue *wq, bool all)
{
    struct wait_entry *entry;

    /*
     * Mostly nobody waits. Who comes onto the list only after this look at it looks at the
     * condition later still, and finds it true.
     */
    arch_mb();
    if (READ_ONCE(wq->waiters.next) == &wq->waiters)
        return;
    irqflags_t flags = spin_lock_irqsave(&wq->lock);
    list_for_each_entry (entry, &wq->waiters, node) {
        /* One that is awake already does not use up the wake-up of another. */
        if (wake_up_task(entry->task, WAKE_NORMAL) && !all)
            break;
    }
    spin_unlock_irqrestore(&wq->lock, flags);
}

void wake_up_all(struct wait_queue *wq)
{
    wake(wq, true);
}

void wake_up_one(struct wait_queue *wq)
{
    wake(wq, false);
}
