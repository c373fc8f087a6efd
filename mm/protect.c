/* SPDX-License-Identifier: MIT */
/*
 * Other protection for pages that are there, and other places for them.
 *
 * Rights that are added need no flush: who believes the old entry takes a fault too many. Rights
 * that are taken away need one for the whole range; an entry that showed a file's page writable is
 * flushed at once (memory_impl.h), and so is one that moves: at the new place its page may be taken
 * away by reclaim, which flushes that place only.
 */
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "mm/memory_impl.h"

/* The entry for a page under new protection: writing is granted by the next write fault. */
static pte_t reprotect(struct page *page, unsigned old, unsigned vm_flags)
{
    unsigned prot = vm_prot(vm_flags);

    if (!(old & P_WRITE))
        prot &= ~(unsigned)P_WRITE;
    return make_entry(page, prot | (old & (P_ACCESSED | P_DIRTY)));
}

/* Whether rights were taken away that are still to be flushed. */
static bool protect_stretch(struct vm_area_struct *vma, struct pt_cursor *c, vaddr_t stop)
{
    struct mm_struct *mm = vma->vm_mm;
    bool narrowed = false, flush_now = false;
    vaddr_t start = c->va;

    spin_lock(&mm->page_table_lock);
    for_each_used_entry(c, stop)
    {
        struct page *page = entry_page(c->pte);
        unsigned old = entry_prot(c->pte);
        pte_t new = reprotect(page, old, vma->vm_flags);
        if (new == c->pte)
            continue;
        pt_set(c, new);
        unsigned lost = old & ~entry_prot(new);
        narrowed |= lost & (P_READ | P_WRITE | P_EXEC);
        flush_now |= (lost & P_WRITE) && !page_test(page, PG_anon);
    }
    if (flush_now)
        tlb_flush_range(&mm->arch, start, stop);
    spin_unlock(&mm->page_table_lock);
    return narrowed && !flush_now;
}

void protect_range(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
    struct mm_struct *mm = vma->vm_mm;
    vaddr_t va = start, stop;
    bool flush = false, any = false;
    struct pt_cursor c;

    for (; next_stretch(&c, &mm->pt, va, end, &stop); va = stop) {
        flush |= protect_stretch(vma, &c, stop);
        any = true;
        cond_resched();
    }
    if (any && (vma->vm_flags & VM_EXEC))
        tlb_sync_instructions();
    if (flush)
        tlb_flush_range(&mm->arch, start, end);
}

/* All tables that the entries of [old, old + size) need at `new`. */
static int make_tables(struct mm_struct *mm, vaddr_t old, vaddr_t new, size_t size)
{
    vaddr_t va = old, stop;
    struct pt_cursor from, to;

    for (; next_stretch(&from, &mm->pt, va, old + size, &stop); va = stop) {
        /* What one table had may need two. */
        int err = pt_seek_alloc(&to, &mm->pt, from.va - old + new, 0, GFP_USER);
        if (!err)
            err = pt_seek_alloc(&to, &mm->pt, stop - PAGE_SIZE - old + new, 0, GFP_USER);
        if (err)
            return err;
        cond_resched();
    }
    return 0;
}

static void move_stretch(struct mm_struct *mm, struct pt_cursor *from, vaddr_t stop, int64_t by)
{
    vaddr_t start = from->va;
    struct pt_cursor to;

    spin_lock(&mm->page_table_lock);
    for_each_used_entry(from, stop)
    {
        pte_t pte = pt_set(from, 0);
        pt_seek(&to, &mm->pt, from->va + (vaddr_t)by);
        pt_set(&to, pte);
    }
    tlb_flush_range(&mm->arch, start, stop);
    spin_unlock(&mm->page_table_lock);
}

int move_range(struct vm_area_struct *from, vaddr_t old, struct vm_area_struct *to, vaddr_t new,
               size_t size)
{
    struct mm_struct *mm = from->vm_mm;
    vaddr_t va = old, stop;
    struct pt_cursor c;
    int err = make_tables(mm, old, new, size);

    if (err)
        return err;
    if (from->anon_vma)
        anon_vma_prepare(to);
    /* A walk from a page sees both areas, and would miss an entry that goes from one to the other
     * in between. */
    rmap_lock(from);
    for (; next_stretch(&c, &mm->pt, va, old + size, &stop); va = stop) {
        move_stretch(mm, &c, stop, (int64_t)(new - old));
        cond_resched();
    }
    rmap_unlock(from);
    return 0;
}
