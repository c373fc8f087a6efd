/* SPDX-License-Identifier: MIT */
/*
 * Sleeping locks: mutex, and rwsem for many readers or one writer.
 *
 * For what is held across I/O or page faults. The holder may sleep; interrupt handlers never take
 * one. Ranks as in kernel/spinlock.h. A waiting writer holds off new readers, so it does not
 * starve.
 */
#ifndef KERNEL_MUTEX_H
#define KERNEL_MUTEX_H

#include "kernel/wait.h"

struct mutex {
    atomic_uint locked;        /* 0 or 1; a word, which every CPU can exchange */
    struct task_struct *owner; /* for assertions and panics */
    struct wait_queue wait;
    const char *name;
    enum lock_rank rank;
};

#define MUTEX_INIT(var, name_, rank_)                                                              \
    {                                                                                              \
        .wait = WAIT_QUEUE_INIT((var).wait), .name = (name_), .rank = (rank_)                      \
    }

void mutex_init(struct mutex *m, const char *name, enum lock_rank rank);
void mutex_lock(struct mutex *m);
void mutex_lock_nested(struct mutex *m); /* its rank may be that of a lock already held */
void mutex_unlock(struct mutex *m);
/*
 * For who cannot wait, and may hold any lock: reclaim. These stand outside of the order of locks,
 * and go together.
 */
bool mutex_trylock(struct mutex *m);
void mutex_unlock_tried(struct mutex *m);

struct rwsem {
    struct spinlock lock;
    int readers; /* -1: a writer holds it */
    int writers_waiting;
    struct wait_queue wait;
    const char *name;
    enum lock_rank rank;
};

void rwsem_init(struct rwsem *sem, const char *name, enum lock_rank rank);
void down_read(struct rwsem *sem);
void up_read(struct rwsem *sem);
void down_write(struct rwsem *sem);
void up_write(struct rwsem *sem);
void downgrade_write(struct rwsem *sem); /* the writer becomes a reader, with no gap */

#endif
