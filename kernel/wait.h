/* SPDX-License-Identifier: MIT */
/*
 * Wait queues: where tasks sleep until something they wait for becomes true.
 *
 * A sleeper puts itself on the queue and sets its state *before* it looks at the condition once
 * more, and a waker makes the condition true *before* it looks at the queue, so no wake-up is lost.
 * Queue locks are taken with interrupts off, so handlers may wake.
 */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include "kernel/errno.h"
#include "kernel/list.h"
#include "kernel/spinlock.h"

struct task_struct;

struct wait_queue {
    struct spinlock lock; /* RANK_WAIT, interrupts off */
    struct list_head waiters;
};

struct wait_entry {
    struct task_struct *task;
    struct list_head node;
};

#define WAIT_QUEUE_INIT(name)                                                                      \
    {                                                                                              \
        .lock = SPINLOCK_INIT("wait queue", RANK_WAIT), .waiters = LIST_HEAD_INIT((name).waiters)  \
    }

void wait_queue_init(struct wait_queue *wq);

/* Wakes every sleeper, or the first. Callable from interrupt handlers. */
void wake_up_all(struct wait_queue *wq);
void wake_up_one(struct wait_queue *wq);

/* The halves of wait_event(): state is TASK_INTERRUPTIBLE or TASK_UNINTERRUPTIBLE. */
void prepare_to_wait(struct wait_queue *wq, struct wait_entry *entry, int state);
void finish_wait(struct wait_queue *wq, struct wait_entry *entry);

/* Sleeps until `cond` holds. May sleep; no spinlock held. */
#define wait_event(wq, cond)                                                                       \
    ({                                                                                             \
        struct wait_entry wait_entry_ = {0};                                                       \
        for (;;) {                                                                                 \
            prepare_to_wait(wq, &wait_entry_, TASK_UNINTERRUPTIBLE);                               \
            if (cond)                                                                              \
                break;                                                                             \
            schedule();                                                                            \
        }                                                                                          \
        finish_wait(wq, &wait_entry_);                                                             \
    })

/* The same, but a signal ends it: 0 when `cond` holds, else -ERESTARTSYS. */
#define wait_event_interruptible(wq, cond)                                                         \
    ({                                                                                             \
        struct wait_entry wait_entry_ = {0};                                                       \
        int wait_ret_ = 0;                                                                         \
        for (;;) {                                                                                 \
            prepare_to_wait(wq, &wait_entry_, TASK_INTERRUPTIBLE);                                 \
            if (cond)                                                                              \
                break;                                                                             \
            if (signal_pending(current)) {                                                         \
                wait_ret_ = -ERESTARTSYS;                                                          \
                break;                                                                             \
            }                                                                                      \
            schedule();                                                                            \
        }                                                                                          \
        finish_wait(wq, &wait_entry_);                                                             \
        wait_ret_;                                                                                 \
    })

#endif
