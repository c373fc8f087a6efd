/* SPDX-License-Identifier: MIT */
/*
 * The flusher. See flusher.h.
 *
 * `pending` is set by who makes something dirty and cleared by the flusher before it looks, so what
 * becomes dirty behind its back sets it again. What vfs_sync() itself makes dirty on its way it
 * also writes, so the flusher's own calls of flusher_wake() do not count.
 */
#include "kernel/fs/flusher.h"
#include "kernel/fs/vfs.h"
#include "kernel/printk.h"
#include "kernel/sched.h"

/* From the first change to its being written. */
#define FLUSH_DELAY (5 * NSEC_PER_SEC)
/* What a reclaimer gives it at a time. */
#define HELP_DELAY (10 * NSEC_PER_MSEC)

static struct task_struct *flusher;
static struct wait_queue flusher_wait = WAIT_QUEUE_INIT(flusher_wait);
static atomic_bool pending; /* something is dirty */
static atomic_bool hurry;   /* write now */

void flusher_hurry(void)
{
    atomic_store(&pending, true);
    atomic_store(&hurry, true);
    wake_up_all(&flusher_wait);
}

void flusher_wake(void)
{
    if (atomic_load(&pending) || current == flusher)
        return;
    atomic_store(&pending, true);
    wake_up_all(&flusher_wait);
}

bool flusher_help(void)
{
    if (!flusher || current == flusher)
        return false;
    flusher_hurry();
    sleep_until(arch_clock() + HELP_DELAY);
    return true;
}

static void flush_delay_over(struct timer *t)
{
    (void)t;
    atomic_store(&hurry, true);
    wake_up_all(&flusher_wait);
}

static void flusher_main(void *arg)
{
    static struct timer timer = {.cpu = -1};
    (void)arg;

    for (;;) {
        wait_event(&flusher_wait, atomic_load(&pending));
        timer_start(&timer, arch_clock() + FLUSH_DELAY, flush_delay_over);
        wait_event(&flusher_wait, atomic_load(&hurry));
        timer_cancel(&timer);

        atomic_store(&hurry, false);
        atomic_store(&pending, false);
        vfs_sync();
        /* What could not be written for want of memory is tried again. */
        if (filemap_dirty_pages())
            atomic_store(&pending, true);
    }
}

void flusher_init(void)
{
    flusher = kthread_create(flusher_main, NULL, "flusher");
    if (!flusher)
        pr_warn("flusher: no memory; only sync() writes\n");
}
