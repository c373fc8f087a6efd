/* SPDX-License-Identifier: MIT */
/* Sleeping locks on wait queues: see kernel/mutex.h. */
#include "kernel/mutex.h"

#include "kernel/panic.h"
#include "kernel/sched.h"

void mutex_init(struct mutex *m, const char *name, enum lock_rank rank)
{
    atomic_init(&m->locked, 0);
    m->owner = NULL;
    m->name = name;
    m->rank = rank;
    wait_queue_init(&m->wait);
}

bool mutex_trylock(struct mutex *m)
{
    if (atomic_exchange(&m->locked, 1))
        return false;
    m->owner = current;
    return true;
}

static void acquire(struct mutex *m, bool nested)
{
    lock_assert_may_sleep();
    DEBUG_ON(atomic_load(&m->locked) && m->owner == current);
    if (!mutex_trylock(m))
        wait_event(&m->wait, mutex_trylock(m));
    lock_acquired(m, m->name, m->rank, nested);
}

void mutex_lock(struct mutex *m)
{
    acquire(m, false);
}

void mutex_lock_nested(struct mutex *m)
{
    acquire(m, true);
}

void mutex_unlock_tried(struct mutex *m)
{
    DEBUG_ON(m->owner != current);
    m->owner = NULL;
    atomic_store(&m->locked, 0);
    wake_up_one(&m->wait);
}

void mutex_unlock(struct mutex *m)
{
    lock_released(m);
    mutex_unlock_tried(m);
}

/* --- many readers or one writer --- */

void rwsem_init(struct rwsem *sem, const char *name, enum lock_rank rank)
{
    spin_lock_init(&sem->lock, name, RANK_LEAF);
    sem->readers = 0;
    sem->writers_waiting = 0;
    sem->name = name;
    sem->rank = rank;
    wait_queue_init(&sem->wait);
}

static bool try_read(struct rwsem *sem)
{
    spin_lock(&sem->lock);
    bool ok = sem->readers >= 0 && sem->writers_waiting == 0;
    if (ok)
        sem->readers++;
    spin_unlock(&sem->lock);
    return ok;
}

static bool try_write(struct rwsem *sem)
{
    spin_lock(&sem->lock);
    bool ok = sem->readers == 0;
    if (ok)
        sem->readers = -1;
    spin_unlock(&sem->lock);
    return ok;
}

static void add_waiting_writer(struct rwsem *sem, int n)
{
    spin_lock(&sem->lock);
    sem->writers_waiting += n;
    spin_unlock(&sem->lock);
}

void down_read(struct rwsem *sem)
{
    lock_assert_may_sleep();
    if (!try_read(sem))
        wait_event(&sem->wait, try_read(sem));
    lock_acquired(sem, sem->name, sem->rank, false);
}

void up_read(struct rwsem *sem)
{
    lock_released(sem);
    spin_lock(&sem->lock);
    bool last = --sem->readers == 0;
    spin_unlock(&sem->lock);
    if (last)
        wake_up_all(&sem->wait);
}

void down_write(struct rwsem *sem)
{
    lock_assert_may_sleep();
    if (!try_write(sem)) {
        add_waiting_writer(sem, 1);
        wait_event(&sem->wait, try_write(sem));
        add_waiting_writer(sem, -1);
    }
    lock_acquired(sem, sem->name, sem->rank, false);
}

static void leave_write(struct rwsem *sem, int readers)
{
    spin_lock(&sem->lock);
    sem->readers = readers;
    spin_unlock(&sem->lock);
    wake_up_all(&sem->wait);
}

void up_write(struct rwsem *sem)
{
    lock_released(sem);
    leave_write(sem, 0);
}

void downgrade_write(struct rwsem *sem)
{
    leave_write(sem, 1);
}
