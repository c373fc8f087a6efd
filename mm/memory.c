/* SPDX-License-Identifier: MIT */
/*
 * The pages of a process: filling them in, copying them on write, showing them to a child, taking
 * them away.
 *
 * Every present user entry holds one reference to its page and one count of mapcount, except that
 * of zero_page, which is not counted at all. An anonymous page (PG_anon) is writable through an
 * entry only while that entry is its sole user; a page of a file is never writable here: private
 * mappings copy it first. Each page here is mapped by a level 0 leaf.
 */
#include <arch/trap.h>
#include "kernel/errno.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"

atomic_long nr_anon_pages, nr_mapped_file_pages;
struct page *zero_page;

unsigned vm_prot(unsigned vm_flags)
{
    unsigned prot = P_USER;

    if (vm_flags & VM_ACCESS)
        prot |= P_READ;
    if (vm_flags & VM_WRITE)
        prot |= P_WRITE;
    if (vm_flags & VM_EXEC)
        prot |= P_EXEC;
    return prot;
}

/* The page behind a present or hidden entry; NULL for any other. */
static struct page *entry_page(pte_t pte)
{
    if (pte_kind(pte, 0) == PTE_LEAF)
        return phys_to_page(pte_paddr(pte, 0));
    return pte_is_hidden(pte) ? pfn_to_page(pte_hidden_pfn(pte)) : NULL;
}

/* --- counting --- */

/* An entry begins to show the page, taking over one reference. */
static void rmap_add(struct mm_struct *mm, struct page *page)
{
    if (page == zero_page)
        return;
    bool anon = page_test(page, PG_anon);
    atomic_fetch_add_explicit(anon ? &mm->rss_anon : &mm->rss_file, 1, memory_order_relaxed);
    if (atomic_fetch_add(&page->mapcount, 1) == 0)
        atomic_fetch_add_explicit(anon ? &nr_anon_pages : &nr_mapped_file_pages, 1,
                                  memory_order_relaxed);
}

/* It stops; its reference is the caller's to put. */
static void rmap_remove(struct mm_struct *mm, struct page *page)
{
    if (page == zero_page)
        return;
    bool anon = page_test(page, PG_anon);
    atomic_fetch_sub_explicit(anon ? &mm->rss_anon : &mm->rss_file, 1, memory_order_relaxed);
    if (atomic_fetch_sub(&page->mapcount, 1) == 1)
        atomic_fetch_sub_explicit(anon ? &nr_anon_pages : &nr_mapped_file_pages, 1,
                                  memory_order_relaxed);
}

static void put_user_page(struct page *page)
{
    if (page != zero_page)
        put_page(page);
}

static struct page *alloc_anon_page(gfp_t gfp)
{
    struct page *page = alloc_page(GFP_USER | gfp);

    if (page)
        page_set(page, PG_anon);
    return page;
}

/* --- taking away --- */

/* Pages whose entries are gone already, but which a CPU may still reach: freed after the flush. */
struct gather {
    struct mm_struct *mm;
    vaddr_t start, end; /* what the flush must cover */
    unsigned n;
    struct page *pages[64];
};

static void gather_flush(struct gather *g)
{
    if (g->n == 0)
        return;
    if (!g->mm->dying)
        tlb_flush_range(&g->mm->arch, g->start, g->end);
    for (unsigned i = 0; i < g->n; i++)
        put_user_page(g->pages[i]);
    g->n = 0;
}

static void gather_page(struct gather *g, vaddr_t va, struct page *page)
{
    if (g->n == 0)
        g->start = va;
    g->end = va + PAGE_SIZE;
    g->pages[g->n++] = page;
}

void zap_range(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
    struct gather g = {.mm = mm};
    struct pt_cursor c;

    pt_for_each_used(&c, &mm->pt, start, end)
    {
        struct page *page = entry_page(pt_set(&c, 0));
        rmap_remove(mm, page);
        gather_page(&g, c.va, page);
        if (g.n == ARRAY_SIZE(g.pages)) {
            gather_flush(&g);
            cond_resched();
        }
    }
    gather_flush(&g);
}

/* --- showing a child --- */

/* Write-protects the entry in the parent; the value that parent and child then have. */
static pte_t share_entry(struct pt_cursor *c)
{
    if (pte_kind(c->pte, 0) == PTE_LEAF && (pte_prot(c->pte, 0) & P_WRITE))
        pt_set(c, pte_leaf(pte_paddr(c->pte, 0), pte_prot(c->pte, 0) & ~(unsigned)P_WRITE, 0));
    return c->pte;
}

int copy_range(struct vm_area_struct *dst_vma, struct vm_area_struct *vma)
{
    struct mm_struct *dst = dst_vma->vm_mm, *src = vma->vm_mm;
    struct pt_cursor from, to;

    pt_for_each_used(&from, &src->pt, vma->vm_start, vma->vm_end)
    {
        struct page *page = entry_page(from.pte);
        /* A file's pages are in the cache: the child finds them there when it needs them. */
        if (vma->vm_file && !page_test(page, PG_anon))
            continue;
        int err = pt_seek_alloc(&to, &dst->pt, from.va, 0, GFP_USER);
        if (err)
            return err;
        if (page != zero_page)
            get_page(page);
        rmap_add(dst, page);
        pt_set(&to, share_entry(&from));
        cond_resched();
        if (fatal_signal_pending(current))
            return -EINTR;
    }
    return 0;
}

/* --- other protection --- */

/* The entry for a page under new protection: writing is granted by the next write fault. */
static pte_t reprotect(struct page *page, unsigned old, unsigned vm_flags)
{
    unsigned prot = vm_prot(vm_flags);

    if (!(prot & P_READ))
        return pte_hidden(page_to_pfn(page));
    if (!(old & P_WRITE))
        prot &= ~(unsigned)P_WRITE;
    return pte_leaf(page_to_phys(page), prot | P_ACCESSED | (old & P_DIRTY), 0);
}

void protect_range(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
    struct mm_struct *mm = vma->vm_mm;
    struct pt_cursor c;
    bool changed = false;

    pt_for_each_used(&c, &mm->pt, start, end)
    {
        unsigned old = pte_kind(c.pte, 0) == PTE_LEAF ? pte_prot(c.pte, 0) : 0;
        pt_set(&c, reprotect(entry_page(c.pte), old, vma->vm_flags));
        changed = true;
        cond_resched();
    }
    if (changed && (vma->vm_flags & VM_EXEC))
        tlb_sync_instructions();
    if (changed)
        tlb_flush_range(&mm->arch, start, end);
}

/* --- faults --- */

/*
 * Puts `page` (a reference to it) under the cursor unless the entry has changed meanwhile: then
 * another thread was faster, and the access is simply made again. True if it was put there.
 */
static bool install(struct mm_struct *mm, struct pt_cursor *c, struct page *page, unsigned prot)
{
    if (prot & P_EXEC)
        tlb_sync_instructions();
    spin_lock(&mm->page_table_lock);
    bool unchanged = atomic_load(c->entry) == c->pte;
    if (unchanged) {
        pt_set(c, pte_leaf(page_to_phys(page), prot, 0));
        rmap_add(mm, page);
    }
    spin_unlock(&mm->page_table_lock);
    if (!unchanged)
        put_user_page(page);
    return unchanged;
}

static int fault_anonymous(struct vm_area_struct *vma, struct pt_cursor *c, bool write)
{
    unsigned prot = vm_prot(vma->vm_flags) | P_ACCESSED;
    struct page *page = zero_page;

    if (write) {
        page = alloc_anon_page(GFP_ZERO);
        if (!page)
            return -ENOMEM;
        prot |= P_DIRTY;
    } else {
        prot &= ~(unsigned)P_WRITE;
    }
    install(vma->vm_mm, c, page, prot);
    return 0;
}

/* A fresh anonymous page with the bytes of `page`. */
static struct page *copy_page(struct page *page)
{
    struct page *copy = alloc_anon_page(0);

    if (copy) {
        char *dst = kmap_local(copy), *src = kmap_local(page);
        memcpy(dst, src, PAGE_SIZE);
        kunmap_local(src);
        kunmap_local(dst);
    }
    return copy;
}

static int fault_file(struct vm_area_struct *vma, struct pt_cursor *c, vaddr_t va, bool write)
{
    unsigned prot = vm_prot(vma->vm_flags) | P_ACCESSED;
    struct page *page = vma->vm_ops->fault(vma, va);

    if (IS_ERR(page))
        return (int)PTR_ERR(page);
    if (write) {
        struct page *copy = copy_page(page);
        put_page(page);
        if (!copy)
            return -ENOMEM;
        page = copy;
        prot |= P_DIRTY;
    } else {
        prot &= ~(unsigned)P_WRITE;
    }
    install(vma->vm_mm, c, page, prot);
    return 0;
}

/*
 * A write to a present page that is shown read-only. The sole user of an anonymous page gets it;
 * any other gets a copy, and the old page is let go once no CPU can write or read it through this
 * entry.
 */
static int fault_copy_on_write(struct vm_area_struct *vma, struct pt_cursor *c)
{
    struct mm_struct *mm = vma->vm_mm;
    unsigned prot = vm_prot(vma->vm_flags) | P_ACCESSED | P_DIRTY;
    struct page *old = entry_page(c->pte), *copy;

    spin_lock(&mm->page_table_lock);
    if (atomic_load(c->entry) != c->pte) {
        spin_unlock(&mm->page_table_lock);
        return 0;
    }
    if (page_test(old, PG_anon) && atomic_load(&old->refcount) == 1) {
        pt_set(c, pte_leaf(page_to_phys(old), prot, 0));
        spin_unlock(&mm->page_table_lock);
        tlb_flush_page_local(&mm->arch, c->va);
        return 0;
    }
    /* Held while it is copied: another thread may take this entry's reference away. */
    if (old != zero_page)
        get_page(old);
    spin_unlock(&mm->page_table_lock);

    copy = old == zero_page ? alloc_anon_page(GFP_ZERO) : copy_page(old);
    bool replaced = copy && install(mm, c, copy, prot);
    if (replaced) {
        tlb_flush_range(&mm->arch, c->va, c->va + PAGE_SIZE);
        rmap_remove(mm, old);
        put_user_page(old);
    }
    put_user_page(old);
    return copy ? 0 : -ENOMEM;
}

int fault_in_page(struct vm_area_struct *vma, vaddr_t va, unsigned fault_flags)
{
    struct mm_struct *mm = vma->vm_mm;
    bool write = fault_flags & FAULT_WRITE;
    struct pt_cursor c;

    va = ALIGN_DOWN(va, PAGE_SIZE);
    int err = pt_seek_alloc(&c, &mm->pt, va, 0, GFP_USER);
    if (err)
        return err;
    if (c.pte == 0)
        return vma->vm_ops ? fault_file(vma, &c, va, write) : fault_anonymous(vma, &c, write);
    if (write && !(pte_prot(c.pte, 0) & P_WRITE))
        return fault_copy_on_write(vma, &c);

    /* The entry allows it: a stale translation, or hardware that leaves the two marks to us. */
    unsigned prot = pte_prot(c.pte, 0) | P_ACCESSED | (write ? P_DIRTY : 0);
    spin_lock(&mm->page_table_lock);
    if (atomic_load(c.entry) == c.pte)
        pt_set(&c, pte_leaf(pte_paddr(c.pte, 0), prot, 0));
    spin_unlock(&mm->page_table_lock);
    tlb_flush_page_local(&mm->arch, va);
    return 0;
}
