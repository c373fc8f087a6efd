/* SPDX-License-Identifier: MIT */
/*
 * procfs: what is behind the pages of a process's areas: smaps for each area, smaps_rollup for all
 * together; the formats and meanings are Linux's (proc(5)).
 *
 * An area is summed up with mmap_lock held for reading; page_table_lock is held while leaves are
 * looked at, a bounded stretch at a time. The rollup lets go of mmap_lock between areas.
 *
 * A share of a page that n entries show is 1/n of it: Pss is kept in bytes times 1 << PSS_SHIFT, so
 * that what rounding takes from the sum stays below what is shown.
 */
#include "kernel/errno.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "mm/mm.h"

#define PSS_SHIFT    12
#define WALK_ENTRIES 512 /* page-table entries looked at under one hold of page_table_lock */

struct page_sums { /* bytes; the shares in units of a byte / (1 << PSS_SHIFT) */
    size_t rss, shared_clean, shared_dirty, private_clean, private_dirty;
    size_t referenced, anonymous, lazyfree;
    uint64_t pss, pss_dirty, pss_anon, pss_file, pss_shmem, pss_locked;
};

/*
 * Anonymous memory is dirty from the start, for nothing else has its contents; unless the program
 * has said that it may go, and has not written since.
 */
static bool is_dirty(const struct page *page, unsigned prot)
{
    if ((prot & P_DIRTY) || page_test(page, PG_dirty))
        return true;
    return page_test(page, PG_anon) && !page_test(page, PG_lazyfree);
}

static void add_page(struct page_sums *sums, const struct page *page, unsigned prot, bool locked)
{
    unsigned users = (unsigned)max(atomic_load(&page->mapcount), 1);
    uint64_t share = (PAGE_SIZE << PSS_SHIFT) / users;
    bool dirty = is_dirty(page, prot), anon = page_test(page, PG_anon);

    sums->rss += PAGE_SIZE;
    sums->pss += share;
    *(anon                             ? &sums->pss_anon
      : page_test(page, PG_swapbacked) ? &sums->pss_shmem
                                       : &sums->pss_file) += share;
    if (locked)
        sums->pss_locked += share;
    if (dirty)
        sums->pss_dirty += share;
    if ((prot & P_ACCESSED) || page_test(page, PG_referenced))
        sums->referenced += PAGE_SIZE;
    if (anon)
        sums->anonymous += PAGE_SIZE;
    if (anon && !dirty)
        sums->lazyfree += PAGE_SIZE;
    if (users > 1)
        *(dirty ? &sums->shared_dirty : &sums->shared_clean) += PAGE_SIZE;
    else
        *(dirty ? &sums->private_dirty : &sums->private_clean) += PAGE_SIZE;
}

/*
 * Sums up from `va` on, for so many entries as page_table_lock may be held for at a time; what is
 * absent costs next to nothing. Returns where to go on, or the area's end.
 */
static vaddr_t sum_some(struct page_sums *sums, const struct vm_area_struct *vma, vaddr_t va)
{
    struct mm_struct *mm = vma->vm_mm;
    struct pt_cursor c;
    unsigned left = WALK_ENTRIES;

    spin_lock(&mm->page_table_lock);
    pt_for_each_used(&c, &mm->pt, va, vma->vm_end)
    {
        if (left-- == 0)
            break;
        const struct page *page = entry_page(c.pte);
        if (page && page != zero_page) /* that one is nobody's memory */
            add_page(sums, page, entry_prot(c.pte), vma->vm_flags & VM_LOCKED);
    }
    spin_unlock(&mm->page_table_lock);
    return min(c.va, vma->vm_end);
}

static void sum_area(struct page_sums *sums, const struct vm_area_struct *vma)
{
    for (vaddr_t va = vma->vm_start; va < vma->vm_end && !fatal_signal_pending(current);) {
        va = sum_some(sums, vma, va);
        cond_resched();
    }
}

/* --- the text --- */

static void show_kib(struct seq_file *m, const char *label, size_t bytes)
{
    seq_printf(m, "%-16s%8lu kB\n", label, bytes / KiB);
}

/* The lines that both files have. */
static void show_sums(struct seq_file *m, const struct page_sums *sums, bool rollup)
{
    show_kib(m, "Rss:", sums->rss);
    show_kib(m, "Pss:", sums->pss >> PSS_SHIFT);
    show_kib(m, "Pss_Dirty:", sums->pss_dirty >> PSS_SHIFT);
    if (rollup) {
        show_kib(m, "Pss_Anon:", sums->pss_anon >> PSS_SHIFT);
        show_kib(m, "Pss_File:", sums->pss_file >> PSS_SHIFT);
        show_kib(m, "Pss_Shmem:", sums->pss_shmem >> PSS_SHIFT);
    }
    show_kib(m, "Shared_Clean:", sums->shared_clean);
    show_kib(m, "Shared_Dirty:", sums->shared_dirty);
    show_kib(m, "Private_Clean:", sums->private_clean);
    show_kib(m, "Private_Dirty:", sums->private_dirty);
    show_kib(m, "Referenced:", sums->referenced);
    show_kib(m, "Anonymous:", sums->anonymous);
    show_kib(m, "KSM:", 0);
    show_kib(m, "LazyFree:", sums->lazyfree);
    show_kib(m, "AnonHugePages:", 0);
    show_kib(m, "ShmemPmdMapped:", 0);
    show_kib(m, "FilePmdMapped:", 0);
    show_kib(m, "Shared_Hugetlb:", 0);
    show_kib(m, "Private_Hugetlb:", 0);
    show_kib(m, "Swap:", 0);
    show_kib(m, "SwapPss:", 0);
    show_kib(m, "Locked:", sums->pss_locked >> PSS_SHIFT);
}

/* In the order of the flags' values, as on Linux. */
static void show_flags(struct seq_file *m, unsigned flags)
{
    static const struct {
        unsigned flag;
        const char *name;
    } names[] = {
        {VM_READ, "rd"},       {VM_WRITE, "wr"},      {VM_EXEC, "ex"},        {VM_SHARED, "sh"},
        {VM_MAYREAD, "mr"},    {VM_MAYWRITE, "mw"},   {VM_MAYEXEC, "me"},     {VM_MAYSHARE, "ms"},
        {VM_GROWSDOWN, "gd"},  {VM_LOCKED, "lo"},     {VM_SEQ_READ, "sr"},    {VM_RAND_READ, "rr"},
        {VM_DONTCOPY, "dc"},   {VM_DONTEXPAND, "de"}, {VM_LOCKONFAULT, "lf"}, {VM_NORESERVE, "nr"},
        {VM_WIPEONFORK, "wf"}, {VM_DONTDUMP, "dd"},
    };

    seq_printf(m, "VmFlags: ");
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (flags & names[i].flag)
            seq_printf(m, "%s ", names[i].name);
    seq_printf(m, "\n");
}

static void show_area_pages(struct seq_file *m, struct vm_area_struct *vma, char *path_buf)
{
    struct page_sums sums = {0};

    sum_area(&sums, vma);
    proc_show_area(m, vma, path_buf);
    show_kib(m, "Size:", vma_pages(vma) * PAGE_SIZE);
    show_kib(m, "KernelPageSize:", PAGE_SIZE);
    show_kib(m, "MMUPageSize:", PAGE_SIZE);
    show_sums(m, &sums, false);
    seq_printf(m, "THPeligible:    %8u\n", 0u);
    show_flags(m, vma->vm_flags);
}

int proc_show_smaps(struct seq_file *m, struct task_struct *t, uint64_t *place)
{
    return proc_show_areas(m, t, place, show_area_pages);
}

/* Adds the first area that ends above *at, and moves *at to its end; false: there is none. */
static bool sum_next_area(struct page_sums *sums, struct mm_struct *mm, vaddr_t *at, vaddr_t *start)
{
    down_read(&mm->mmap_lock);
    struct vm_area_struct *vma = find_vma(mm, *at);
    if (vma) {
        *start = min(*start, vma->vm_start);
        *at = vma->vm_end;
        sum_area(sums, vma);
    }
    up_read(&mm->mmap_lock);
    return vma;
}

int proc_show_smaps_rollup(struct seq_file *m, struct task_struct *t)
{
    struct mm_struct *mm = get_task_mm(t);
    struct page_sums sums = {0};
    vaddr_t start = ~0ul, end = 0;

    if (!mm)
        return -ESRCH;
    while (!fatal_signal_pending(current) && sum_next_area(&sums, mm, &end, &start))
        ;
    mmput(mm);
    proc_show_range(m, min(start, end), end, "[rollup]");
    show_sums(m, &sums, true);
    return 0;
}
