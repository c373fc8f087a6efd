/* SPDX-License-Identifier: MIT */
/*
 * fork: the parent's own pages are shown in the child too, write-protected in both; the first store
 * of either one copies. No page is touched, and only what a fault could not find again is shown:
 * pages of files come from the cache, and an area without an anon_vma has no others.
 */
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "mm/memory_impl.h"

/* Write-protects the entry in the parent; the value that parent and child then have. */
static pte_t share_entry(struct pt_cursor *c, bool *protected)
{
    if (entry_prot(c->pte) & P_WRITE) {
        pt_set(c, pte_leaf(pte_paddr(c->pte, 0), pte_prot(c->pte, 0) & ~(unsigned)P_WRITE, 0));
        *protected = true;
    }
    return c->pte;
}

/*
 * From the parent's entry where `from` stands up to `stop`; `to` is the child's entry for the
 * first. The child's lock is taken inside the parent's: nobody else has both, for nobody forks into
 * a parent.
 */
static void copy_stretch(struct mm_struct *src, struct pt_cursor *from, vaddr_t stop,
                         struct mm_struct *dst, const struct pt_cursor *to, bool *protected)
{
    struct rss_change rss = {0};
    const _Atomic pte_t *first = from->entry;

    spin_lock(&src->page_table_lock);
    spin_lock_nested(&dst->page_table_lock);
    for_each_used_entry(from, stop)
    {
        struct page *page = entry_page(from->pte);
        if (!page_test(page, PG_anon))
            continue;
        get_page(page);
        /* Mapped it is already, by the parent. */
        atomic_fetch_add(&page->mapcount, 1);
        rss.anon++;
        atomic_store(to->entry + (from->entry - first), share_entry(from, protected));
    }
    spin_unlock(&dst->page_table_lock);
    spin_unlock(&src->page_table_lock);
    rss_apply(dst, &rss);
}

int copy_range(struct vm_area_struct *dst_vma, struct vm_area_struct *vma, bool *protected)
{
    struct mm_struct *dst = dst_vma->vm_mm, *src = vma->vm_mm;
    vaddr_t va = vma->vm_start, stop;
    struct pt_cursor from, to;

    if (!vma->anon_vma)
        return 0;
    anon_vma_prepare(dst_vma);
    for (; next_stretch(&from, &src->pt, va, vma->vm_end, &stop); va = stop) {
        int err = pt_seek_alloc(&to, &dst->pt, from.va, 0, GFP_USER);
        if (err)
            return err;
        copy_stretch(src, &from, stop, dst, &to, protected);
        cond_resched();
        if (fatal_signal_pending(current))
            return -EINTR;
    }
    return 0;
}
