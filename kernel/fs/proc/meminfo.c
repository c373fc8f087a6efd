/* SPDX-License-Identifier: MIT */
/*
 * procfs: /proc/meminfo, in Linux's format and with Linux's meanings (proc(5)). Only what the
 * kernel counts is told; the numbers are taken one after the other, not at one moment.
 */
#include <arch/switch.h>
#include "kernel/cpu.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/process.h"
#include "mm/filemap.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

static void show_pages(struct seq_file *m, const char *label, size_t pages)
{
    seq_printf(m, "%-16s%8lu kB\n", label, pages * (PAGE_SIZE / KiB));
}

static size_t counted(atomic_long *count)
{
    long n = atomic_load(count);
    return n > 0 ? (size_t)n : 0;
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

/* One for each task, idle ones too; that of CPU 0's lies in the image. */
static size_t kernel_stacks(void)
{
    return READ_ONCE(nr_tasks) + nr_cpus - 1;
}

void proc_show_meminfo(struct seq_file *m)
{
    struct page_counts counts;
    size_t cached = filemap_pages(), slab = slab_pages();

    page_alloc_counts(&counts);
    show_pages(m, "MemTotal:", counts.total);
    show_pages(m, "MemFree:", counts.free);
    show_pages(m, "MemAvailable:", available_pages(&counts, cached));
    show_pages(m, "Buffers:", 0);
    show_pages(m, "Cached:", cached);
    show_pages(m, "SwapCached:", 0);
    show_pages(m, "SwapTotal:", 0);
    show_pages(m, "SwapFree:", 0);
    show_pages(m, "Dirty:", filemap_dirty_pages());
    show_pages(m, "AnonPages:", counted(&nr_anon_pages));
    show_pages(m, "Mapped:", counted(&nr_mapped_file_pages));
    show_pages(m, "Shmem:", 0);
    show_pages(m, "Slab:", slab);
    show_pages(m, "SReclaimable:", 0);
    show_pages(m, "SUnreclaim:", slab);
    show_pages(m, "KernelStack:", kernel_stacks() * (KSTACK_SIZE / PAGE_SIZE));
    show_pages(m, "PageTables:", counted(&nr_page_table_pages));
    show_pages(m, "VmallocTotal:", (VMALLOC_END - VMALLOC_START) >> PAGE_SHIFT);
    show_pages(m, "VmallocUsed:", vmalloc_pages());
}
