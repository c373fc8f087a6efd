/* SPDX-License-Identifier: MIT */
/*
 * Out of memory: the largest process is killed so that the rest goes on.
 *
 * One address space at a time is given up, with all tasks that use it, and whoever else runs out
 * meanwhile sleeps a little and tries again. That may not go on for ever: a victim may be asleep
 * over a lock that one of those who wait for its memory holds. After a while the next one is
 * chosen, and in the end that is who holds the lock.
 *
 * tasklist_lock guards the choice.
 */
#include "mm/oom.h"

#include "kernel/printk.h"
#include "kernel/sched.h"
#include "mm/filemap.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "mm/vmstat.h"

#define KIB(pages) ((size_t)(pages) * (PAGE_SIZE / KiB))

/* How long a victim has, before another one is chosen. */
#define PATIENCE NSEC_PER_SEC

static ktime_t patience_ends;

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
        if (t == init_task || !t->mm || t->oom_victim)
            continue;
        if (t->exiting)
            return t; /* on its way out already, with all it has */
        if (!worst || badness(t) > badness(worst))
            worst = t;
    }
    return worst;
}

/* tasklist_lock held. */
static void log_memory_table(void)
{
    struct page_counts counts;
    struct task_struct *t;

    page_alloc_counts(&counts);
    pr_warn("  memory (KiB): total %lu, free %lu, anonymous %lu, page cache %lu, slab %lu, "
            "vmalloc %lu, page tables %lu\n",
            KIB(counts.total), KIB(counts.free), KIB(atomic_load(&nr_anon_pages)),
            KIB(filemap_pages()), KIB(slab_pages()), KIB(vmalloc_pages()),
            KIB(atomic_load(&nr_page_table_pages)));
    pr_warn("  %5s %10s %10s %8s  %s\n", "pid", "total_vm", "rss", "tables", "name");
    for_each_task (t) {
        if (t->mm)
            pr_warn("  %5d %10lu %10lu %8lu  %s\n", t->pid, KIB(t->mm->total_vm),
                    KIB(mm_rss(t->mm)), KIB(atomic_load(&t->mm->pt.tables)), t->comm);
    }
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
    }
}

/* True: memory is on its way back. */
static bool kill_or_wait(void)
{
    spin_lock(&tasklist_lock);
    bool coming = atomic_load(&nr_oom_victims) > 0 && arch_clock() < patience_ends;
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

bool out_of_memory(void)
{
    if (fatal_signal_pending(current))
        return false;
    if (shrink_all(64) > 0)
        return true;
    if (!kill_or_wait() || fatal_signal_pending(current))
        return false;
    sleep_until(arch_clock() + 5 * NSEC_PER_MSEC);
    return !fatal_signal_pending(current);
}
