/* SPDX-License-Identifier: MIT */
/*
 * Out of memory: the largest process is killed so that the rest goes on.
 *
 * One address space at a time is given up, with all tasks that use it, which run before all others
 * until they have ended; whoever else runs out meanwhile sleeps until that memory is back, or for a
 * little, and tries again. That may not go on for ever: a victim may be asleep over a lock that one
 * of those who wait for its memory holds. When none has let go of a page for a while the next one
 * is chosen, and in the end that is who holds the lock.
 *
 * tasklist_lock guards the choice.
 */
#include "mm/oom.h"

#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/time.h"
#include "mm/filemap.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "mm/vmstat.h"

#define KIB(pages) ((size_t)(pages) * (PAGE_SIZE / KiB))

/* Processes that the memory table shows. */
#define LISTED 10

/* How long a victim has from one page to the next, before another one is chosen. */
#define PATIENCE NSEC_PER_SEC

/* How long those sleep who wait for memory, at most. */
#define NAP (50 * NSEC_PER_MSEC)

static ktime_t patience_ends;
static unsigned long progress_seen; /* of oom_progress */

/* Pages its death would give back, about. */
static size_t badness(struct task_struct *t)
{
    return mm_rss(t->mm) + atomic_load(&t->mm->pt.tables);
}

/* The task whose memory is to come back; NULL: there is none. tasklist_lock held. */
static struct task_struct *choose_victim(void)
{
    struct task_struct *t, *worst = NULL;

    for_each_task (t) {
        /* init's memory is nobody's to give up, not even its vfork() child's. */
        if (!t->mm || t->mm == init_task->mm || t->oom_victim)
            continue;
        if (t->exiting)
            return t; /* on its way out already, with all it has */
        if (!worst || badness(t) > badness(worst))
            worst = t;
    }
    return worst;
}

/* The largest first; how many processes have memory at all. tasklist_lock held. */
static size_t find_largest(struct task_struct *largest[LISTED])
{
    struct task_struct *t;
    size_t n = 0;

    for_each_task (t) {
        if (!t->mm)
            continue;
        size_t i = min(n, (size_t)LISTED);
        n++;
        for (; i > 0 && badness(t) > badness(largest[i - 1]); i--)
            if (i < LISTED)
                largest[i] = largest[i - 1];
        if (i < LISTED)
            largest[i] = t;
    }
    return n;
}

/* Of few processes, for nobody else goes on before it is on the console. tasklist_lock held. */
static void log_memory_table(void)
{
    struct task_struct *largest[LISTED];
    size_t n = find_largest(largest);
    struct page_counts counts;

    page_alloc_counts(&counts);
    pr_warn("  memory (KiB): total %lu, free %lu, anonymous %lu, page cache %lu, slab %lu, "
            "vmalloc %lu, page tables %lu\n",
            KIB(counts.total), KIB(counts.free), KIB(atomic_load(&nr_anon_pages)),
            KIB(filemap_pages()), KIB(slab_pages()), KIB(vmalloc_pages()),
            KIB(atomic_load(&nr_page_table_pages)));
    pr_warn("  %5s %10s %10s %8s  %s\n", "pid", "total_vm", "rss", "tables", "name");
    for (size_t i = 0; i < min(n, (size_t)LISTED); i++) {
        const struct task_struct *t = largest[i];
        pr_warn("  %5d %10lu %10lu %8lu  %s\n", t->pid, KIB(t->mm->total_vm), KIB(mm_rss(t->mm)),
                KIB(atomic_load(&t->mm->pt.tables)), t->comm);
    }
    if (n > LISTED)
        pr_warn("  and %lu smaller ones\n", n - LISTED);
}

/*
 * Ends every task that uses `mm`, for it goes with the last: after vfork() the parent would wait
 * for its child, which waits for memory. tasklist_lock held.
 */
static void give_up(struct mm_struct *mm)
{
    struct task_struct *t;

    if (!mm->oom_victim)
        atomic_fetch_add(&nr_oom_victims, 1);
    mm->oom_victim = true;
    patience_ends = arch_clock() + PATIENCE;
    for_each_task (t) {
        if (t->mm != mm || t == init_task)
            continue;
        t->oom_victim = true;
        send_signal(t, SIGKILL, FROM_KERNEL);
        sched_hurry(t);
    }
}

/*
 * A victim gives its memory back, or all is back by now: there may have been a crowd before the
 * lock. How long it takes is no matter while it goes on, for the machine may be a slow one.
 * tasklist_lock held.
 */
static bool is_coming(void)
{
    unsigned long progress = atomic_load(&oom_progress);

    if (progress != progress_seen) {
        progress_seen = progress;
        patience_ends = arch_clock() + PATIENCE;
    }
    return arch_clock() < patience_ends && (atomic_load(&nr_oom_victims) > 0 || user_pages_left());
}

/* True: memory is on its way back. */
static bool kill_or_wait(void)
{
    spin_lock(&tasklist_lock);
    bool coming = is_coming();
    struct task_struct *victim = coming ? NULL : choose_victim();
    if (victim) {
        if (!victim->exiting) {
            pr_warn("out of memory: killing pid %d (%s), %lu KiB resident\n", victim->pid,
                    victim->comm, KIB(mm_rss(victim->mm)));
            log_memory_table();
        }
        give_up(victim->mm);
        count_vm_event(OOM_KILL);
        coming = true;
    }
    spin_unlock(&tasklist_lock);
    return coming;
}

/*
 * Until a victim has given its memory back, or for NAP: somebody else may have given some back. Not
 * less, for all who wait look for memory when they wake, and the victims need the processors.
 */
static void nap(void)
{
    struct wait_entry entry = {0};
    ktime_t end = arch_clock() + NAP;
    struct wake_timer timer;

    wake_timer_start(&timer, end);
    prepare_to_wait(&oom_victim_gone, &entry, TASK_INTERRUPTIBLE);
    if (atomic_load(&nr_oom_victims) > 0 && arch_clock() < end && !signal_pending(current))
        schedule();
    finish_wait(&oom_victim_gone, &entry);
    timer_cancel(&timer.timer);
}

bool out_of_memory(void)
{
    if (fatal_signal_pending(current))
        return false;
    if (shrink_all(64) > 0)
        return true;
    if (!kill_or_wait() || fatal_signal_pending(current))
        return false;
    nap();
    return !fatal_signal_pending(current);
}
