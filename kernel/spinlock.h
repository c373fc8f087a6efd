/* SPDX-License-Identifier: MIT */
/*
 * Spinlocks: for what is held for a few instructions and never across a sleep.
 *
 * The kernel is not preempted while it runs in kernel mode, so a lock that no interrupt handler
 * takes needs no more than spin_lock(). One that a handler takes is taken with spin_lock_irqsave()
 * everywhere. Handlers take no other lock, and allocate and free nothing.
 *
 * Locks nest in the order of enum lock_rank, lowest rank first; a DEBUG build keeps each CPU's held
 * locks and panics, naming both, when the order is broken, and when a lock that handlers take, or
 * that is taken inside such a one, is also taken with interrupts on. Two locks of one rank are
 * taken only through spin_lock_nested(), whose callers say what orders them.
 */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include <stdatomic.h>
#include <arch/cpu.h>
#include "kernel/types.h"

/* The one order of all locks, sleeping ones first; mm/README.md says what each guards. */
enum lock_rank {
    /* sleeping */
    RANK_FILE_POS,  /* f_pos_lock: held through a read() or write() */
    RANK_PROC_FILE, /* a /proc file's text, while it is made: its maker may take any lock */
    RANK_RENAME,    /* the directory tree's shape */
    RANK_MOUNT,
    RANK_INODE, /* i_lock of a directory, then of what it holds */
    RANK_PIPE,
    RANK_TTY_READ,
    RANK_MMAP,       /* mm->mmap_lock: held while a fault reads a file's page */
    RANK_WRITEBACK,  /* writing all that is dirty */
    RANK_PAGE,       /* PG_locked of a file's page: it is being read or written */
    RANK_FS,         /* a file system's allocation state */
    RANK_BLOCK_PAGE, /* PG_locked of a block device's page */
    RANK_RMAP,       /* a tree of the reverse map: a file's, then an anon_vma's */
    RANK_SLEEP_LEAF, /* any other mutex with nothing above it inside */
    /* spinning */
    RANK_FILES,      /* a process's descriptor table, dentries, the inode cache */
    RANK_TASKLIST,   /* the tree of processes */
    RANK_PAGE_TABLE, /* mm->page_table_lock */
    RANK_VMAP,
    RANK_MAPPING, /* an address_space's tree of pages, the LRU */
    RANK_SLAB_LIST,
    RANK_SLAB,
    RANK_ZONE,
    RANK_DRIVER, /* a device's registers and queues (interrupts off) */
    RANK_TTY,
    RANK_WAIT, /* a wait queue (interrupts off) */
    RANK_TIMER,
    RANK_RUNQUEUE, /* a CPU's run queue (interrupts off) */
    RANK_LEAF,     /* nothing is taken inside */
};

struct spinlock {
    /*
     * 0 or 1. Whoever comes first takes it, in no order: a queue would make everyone wait for a
     * virtual CPU that the host has put aside.
     */
    atomic_uint locked;
#if DEBUG
    const char *name;
    enum lock_rank rank;
    int cpu;           /* the holder, or -1 */
    bool in_handler;   /* the holder is an interrupt handler */
    bool irqs_on_seen; /* it was taken with interrupts on, */
    bool handler_side; /* it was taken by a handler, or while a lock was held that is */
#endif
};

#if DEBUG
#define SPINLOCK_INIT(name_, rank_)                                                                \
    {                                                                                              \
        .name = (name_), .rank = (rank_), .cpu = -1                                                \
    }
#else
#define SPINLOCK_INIT(name_, rank_)                                                                \
    {                                                                                              \
        .locked = 0                                                                                \
    }
#endif

/* Spins until it has the lock. */
static inline void spin_lock(struct spinlock *lock);
/* The same, for a lock whose rank may be that of one already held. */
static inline void spin_lock_nested(struct spinlock *lock);
/* False: somebody holds it. */
static inline bool spin_trylock(struct spinlock *lock);
static inline void spin_unlock(struct spinlock *lock);

/* The check of a DEBUG build: spinlock.c. A plain build has nothing of it. */
#if DEBUG
void spin_lock_init(struct spinlock *lock, const char *name, enum lock_rank rank);
/* Before a spinlock is waited for; when it is this CPU's; before it is not any more. */
void lock_check(const struct spinlock *lock, bool nested);
void lock_note_taken(struct spinlock *lock);
void lock_note_released(struct spinlock *lock);
/* The same bookkeeping for sleeping locks, kept per task. */
void lock_acquired(const void *lock, const char *name, enum lock_rank rank, bool nested);
void lock_released(const void *lock);
/* That this CPU may sleep here, holding no spinlock. */
void lock_assert_may_sleep(void);
#else
static inline void spin_lock_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
    (void)name, (void)rank;
    atomic_init(&lock->locked, 0);
}
static inline void lock_check(const struct spinlock *lock, bool nested)
{
    (void)lock, (void)nested;
}
static inline void lock_note_taken(struct spinlock *lock)
{
    (void)lock;
}
static inline void lock_note_released(struct spinlock *lock)
{
    (void)lock;
}
static inline void lock_acquired(const void *lock, const char *name, enum lock_rank rank,
                                 bool nested)
{
    (void)lock, (void)name, (void)rank, (void)nested;
}
static inline void lock_released(const void *lock)
{
    (void)lock;
}
static inline void lock_assert_may_sleep(void)
{
}
#endif

static inline bool spinlock_try(struct spinlock *lock)
{
    return !atomic_exchange_explicit(&lock->locked, 1, memory_order_acquire);
}

/* Waiting only reads, so the lock's cache line stays shared until it is free. */
static inline void spinlock_take(struct spinlock *lock)
{
    while (!spinlock_try(lock))
        while (atomic_load_explicit(&lock->locked, memory_order_relaxed))
            arch_relax();
    lock_note_taken(lock);
}

static inline void spin_lock(struct spinlock *lock)
{
    lock_check(lock, false);
    spinlock_take(lock);
}

static inline void spin_lock_nested(struct spinlock *lock)
{
    lock_check(lock, true);
    spinlock_take(lock);
}

/* Waits for nobody, so no order can be broken. */
static inline bool spin_trylock(struct spinlock *lock)
{
    if (!spinlock_try(lock))
        return false;
    lock_note_taken(lock);
    return true;
}

static inline void spin_unlock(struct spinlock *lock)
{
    lock_note_released(lock);
    atomic_store_explicit(&lock->locked, 0, memory_order_release);
}

static inline irqflags_t spin_lock_irqsave(struct spinlock *lock)
{
    irqflags_t flags = arch_irq_save();
    spin_lock(lock);
    return flags;
}

static inline void spin_unlock_irqrestore(struct spinlock *lock, irqflags_t flags)
{
    spin_unlock(lock);
    arch_irq_restore(flags);
}

#endif
