/* SPDX-License-Identifier: MIT */
/*
 * procfs: /proc/meminfo, in Linux's format and with Linux's meanings (proc(5)). The numbers are
 * taken one after the other, not at one moment.
 */
#include "kernel/drivers/block.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/sched.h"
#include "mm/memory_use.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"
#include "mm/vmalloc.h"

static void show_kib(struct seq_file *m, const char *label, size_t kib)
{
    seq_printf(m, "%-16s%8lu kB\n", label, kib);
}

static void show_pages(struct seq_file *m, const char *label, size_t pages)
{
    show_kib(m, label, pages * (PAGE_SIZE / KiB));
}

/*
 * What new programs could have without swapping: free memory above what is kept in reserve, and the
 * part of the page cache that can go (half of it, or all but the low watermark, is taken to be in
 * use).
 */
static size_t available_pages(const struct page_counts *c, size_t cached)
{
    size_t spare = c->free > c->low_wmark ? c->free - c->low_wmark : 0;

    return spare + cached - min(cached / 2, c->low_wmark);
}

/*
 * What has been promised: all private memory that may be written, touched or not, and tmpfs's
 * pages. Nobody is refused for it.
 */
static size_t committed_pages(const struct memory_use *use)
{
    size_t sum = use->shmem;
    const struct task_struct *t;

    spin_lock(&tasklist_lock);
    for_each_task (t) {
        /* After vfork() the child has its parent's. */
        if (t->mm && !(t->parent && t->parent->mm == t->mm))
            sum += READ_ONCE(t->mm->data_vm) + READ_ONCE(t->mm->stack_vm);
    }
    spin_unlock(&tasklist_lock);
    return sum;
}

/* How much of the direct map is shown by leaves of each size. */
static void show_direct_map(struct seq_file *m)
{
    static const char *const names[] = {"DirectMap4k:", "DirectMap2M:", "DirectMap1G:"};
    struct pt_stats stats;

    pt_count(&kernel_table, PAGE_OFFSET, DIRECT_MAP_END, &stats);
    for (int level = 0; level <= PT_LEAF_MAX; level++)
        show_kib(m, names[level], stats.leaves[level] * (pt_size(level) / KiB));
}

static void show_use(struct seq_file *m, const struct page_counts *counts,
                     const struct memory_use *use)
{
    size_t buffers = bdev_cached_pages(), cached = use->file - min(buffers, use->file);

    show_pages(m, "MemTotal:", counts->total);
    show_pages(m, "MemFree:", counts->free);
    show_pages(m, "MemAvailable:", available_pages(counts, use->inactive_file));
    show_pages(m, "Buffers:", buffers);
    show_pages(m, "Cached:", cached);
    show_pages(m, "SwapCached:", 0);
    show_pages(m, "Active:", use->active_anon + use->active_file);
    show_pages(m, "Inactive:", use->inactive_anon + use->inactive_file);
    show_pages(m, "Active(anon):", use->active_anon);
    show_pages(m, "Inactive(anon):", use->inactive_anon);
    show_pages(m, "Active(file):", use->active_file);
    show_pages(m, "Inactive(file):", use->inactive_file);
    show_pages(m, "Unevictable:", use->unevictable);
    show_pages(m, "Mlocked:", use->mlock);
    show_pages(m, "SwapTotal:", 0);
    show_pages(m, "SwapFree:", 0);
    show_pages(m, "Dirty:", use->dirty);
    show_pages(m, "Writeback:", use->writeback);
    show_pages(m, "AnonPages:", use->anon);
    show_pages(m, "Mapped:", use->mapped);
    show_pages(m, "Shmem:", use->shmem);
    show_pages(m, "KReclaimable:", use->slab_reclaimable);
    show_pages(m, "Slab:", use->slab_reclaimable + use->slab_unreclaimable);
    show_pages(m, "SReclaimable:", use->slab_reclaimable);
    show_pages(m, "SUnreclaim:", use->slab_unreclaimable);
    show_kib(m, "KernelStack:", use->kernel_stack);
    show_pages(m, "PageTables:", use->page_tables);
    show_pages(m, "SecPageTables:", 0);
}

void proc_show_meminfo(struct seq_file *m)
{
    struct page_counts counts;
    struct memory_use use;

    page_alloc_counts(&counts);
    get_memory_use(&use);
    show_use(m, &counts, &use);
    show_pages(m, "NFS_Unstable:", 0);
    show_pages(m, "Bounce:", 0);
    show_pages(m, "WritebackTmp:", 0);
    show_pages(m, "CommitLimit:", counts.total / 2); /* Linux's vm.overcommit_ratio, 50 % */
    show_pages(m, "Committed_AS:", committed_pages(&use));
    show_pages(m, "VmallocTotal:", (VMALLOC_END - VMALLOC_START) >> PAGE_SHIFT);
    show_pages(m, "VmallocUsed:", vmalloc_pages());
    show_pages(m, "VmallocChunk:", 0); /* 0 on Linux as well: not worth the search */
    show_pages(m, "Percpu:", 0);       /* what each CPU has of its own lies in the image */
    seq_printf(m, "HugePages_Total:%8u\nHugePages_Free: %8u\n", 0u, 0u);
    seq_printf(m, "HugePages_Rsvd: %8u\nHugePages_Surp: %8u\n", 0u, 0u);
    show_kib(m, "Hugepagesize:", pt_size(1) / KiB);
    show_kib(m, "Hugetlb:", 0);
    show_direct_map(m);
}
