/* SPDX-License-Identifier: MIT */
/*
 * Out of memory: the largest process is killed so that the rest goes on.
 *
 * Only one victim dies at a time. Whoever else runs out meanwhile sleeps a little and tries again: a
 * victim may be busy with something that has to end first.
 */
#include "mm/oom.h"

#include "kernel/printk.h"
#include "kernel/sched.h"
#include "mm/filemap.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

#define KIB(pages) ((size_t)(pages) * (PAGE_SIZE / KiB))

/* Pages its death would give back, about. tasklist_lock held. */
static size_t badness(struct task_struct *t)
{
    return t->mm ? mm_rss(t->mm) + atomic_load(&t->mm->pt.tables) : 0;
}

/* The task to kill, referenced; NULL while an earlier victim is still dying or there is none. */
static struct task_struct *choose_victim(bool *wait)
{
    struct task_struct *t, *worst = NULL;

    *wait = false;
    spin_lock(&tasklist_lock);
    for_each_task (t) {
        if (t->oom_victim && t->mm)
            *wait = true;
        if (t == init_task || t->kthread || !t->mm || t->exiting)
            continue;
        if (!worst || badness(t) > badness(worst))
            worst = t;
    }
    if (*wait)
        worst = NULL;
    else if (worst) {
        worst->oom_victim = true;
        get_task(worst);
    }
    spin_unlock(&tasklist_lock);
    return worst;
}

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
    spin_lock(&tasklist_lock);
    for_each_task (t) {
        if (t->mm)
            pr_warn("  %5d %10lu %10lu %8lu  %s\n", t->pid, KIB(t->mm->total_vm),
                    KIB(mm_rss(t->mm)), KIB(atomic_load(&t->mm->pt.tables)), t->comm);
    }
    spin_unlock(&tasklist_lock);
}

bool out_of_memory(void)
{
    bool wait;

    if (fatal_signal_pending(current))
        return false;
    if (shrink_all(64) > 0)
        return true;

    struct task_struct *victim = choose_victim(&wait);
    if (victim) {
        pr_warn("out of memory: killing pid %d (%s), %lu KiB resident\n", victim->pid,
                victim->comm, KIB(victim->mm ? mm_rss(victim->mm) : 0));
        log_memory_table();
        send_signal(victim, SIGKILL);
        bool self = victim == current;
        put_task(victim);
        if (self)
            return false;
    } else if (!wait) {
        return false;
    }
    sleep_until(arch_clock() + 5 * NSEC_PER_MSEC);
    return !fatal_signal_pending(current);
}
