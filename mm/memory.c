/* SPDX-License-Identifier: MIT */
/*
 * The page that a fault asks for: filled in, found in the page cache, or copied.
 *
 * Everything that takes time (finding a page, reading, copying it) is done without
 * page_table_lock. It is then held to look whether the entry is still what it was, and to store the
 * new one; if it is not, another thread was faster, and the access is simply made again.
 *
 * An anonymous page (PG_anon) is writable through an entry only while that entry is its sole user.
 * A file's page is writable only through a shared mapping: a private one copies it. If the file is
 * on a disk, it never is before page_mkwrite() and mark_page_dirty().
 *
 * A file may be cut at any time. What is cut leaves the cache first, and then the page tables
 * (unmap_mapping_range()), under each one's page_table_lock. So what a fault has found is put in
 * only if it is still the file's, looked at under that lock: either the cut comes behind and takes
 * it away again, or it came before and is seen.
 */
#include <arch/trap.h>
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/string.h"
#include "mm/lazyfree.h"
#include "mm/memory_impl.h"

/* Cached pages this near to a fault on a file are shown as well: a window aligned to its size. */
#define FAULT_AROUND 16

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

/* --- counting --- */

static long *rss_of(struct rss_change *rss, const struct page *page)
{
    if (page_test(page, PG_anon))
        return &rss->anon;
    return page_test(page, PG_swapbacked) ? &rss->shmem : &rss->file;
}

void rmap_add(struct rss_change *rss, struct vm_area_struct *vma, vaddr_t va, struct page *page)
{
    if (page == zero_page)
        return;
    bool anon = page_test(page, PG_anon);
    /* Where it is looked for from now on: see mm/rmap.h. Nobody else has seen the page yet. */
    if (anon && !page->anon_vma) {
        DEBUG_ON(!vma->anon_vma);
        page->anon_vma = vma->anon_vma;
        page->index = vma_pgoff(vma, va);
    }
    ++*rss_of(rss, page);
    if (atomic_fetch_add(&page->mapcount, 1) == 0)
        ++*(anon ? &rss->anon_pages : &rss->mapped_pages);
}

void rmap_remove(struct rss_change *rss, struct page *page)
{
    if (page == zero_page)
        return;
    --*rss_of(rss, page);
    if (atomic_fetch_sub(&page->mapcount, 1) == 1)
        --*(page_test(page, PG_anon) ? &rss->anon_pages : &rss->mapped_pages);
}

static void add(atomic_long *counter, long n)
{
    if (n)
        atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

void rss_apply(struct mm_struct *mm, const struct rss_change *rss)
{
    add(&mm->rss_anon, rss->anon);
    add(&mm->rss_file, rss->file);
    add(&mm->rss_shmem, rss->shmem);
    add(&nr_anon_pages, rss->anon_pages);
    add(&nr_mapped_file_pages, rss->mapped_pages);
}

/* --- pages of the process's own --- */

static struct page *alloc_anon_page(gfp_t gfp)
{
    struct page *page = alloc_page(GFP_USER | gfp);

    if (page)
        page_set(page, PG_anon);
    return page;
}

/* A fresh anonymous page with the bytes of `page`. */
static struct page *copy_page(struct page *page)
{
    struct page *copy = alloc_anon_page(page == zero_page ? GFP_ZERO : 0);

    if (copy && page != zero_page) {
        char *dst = kmap_local(copy), *src = kmap_local(page);
        memcpy(dst, src, PAGE_SIZE);
        kunmap_local(src);
        kunmap_local(dst);
    }
    return copy;
}

/* --- storing an entry --- */

/*
 * Puts `page` (a reference to it) under the cursor unless the entry has changed meanwhile, or
 * `found`, a file's page that this one is or was made from (or NULL), is no longer that. True if it
 * was put there.
 */
static bool install(struct vm_area_struct *vma, struct pt_cursor *c, struct page *page,
                    unsigned prot, const struct page *found)
{
    struct mm_struct *mm = vma->vm_mm;
    struct rss_change rss = {0};

    if (prot & P_EXEC)
        tlb_sync_instructions();
    spin_lock(&mm->page_table_lock);
    bool ok = atomic_load(c->entry) == c->pte && (!found || page_is_current(vma, found));
    if (ok) {
        rmap_add(&rss, vma, c->va, page);
        pt_set(c, pte_leaf(page_to_phys(page), prot, 0));
    }
    spin_unlock(&mm->page_table_lock);
    rss_apply(mm, &rss);
    if (!ok)
        put_user_page(page);
    return ok;
}

static int fault_anonymous(struct vm_area_struct *vma, struct pt_cursor *c, bool write)
{
    unsigned prot = vm_prot(vma->vm_flags) | P_ACCESSED;
    struct page *page = zero_page;

    if (write) {
        anon_vma_prepare(vma);
        page = alloc_anon_page(GFP_ZERO);
        if (!page)
            return -ENOMEM;
        prot |= P_DIRTY;
    } else {
        prot &= ~(unsigned)P_WRITE;
    }
    install(vma, c, page, prot, NULL);
    return 0;
}

/* --- files --- */

/* A store to a private mapping of what is not there yet. */
static int fault_file_copy(struct vm_area_struct *vma, struct pt_cursor *c)
{
    struct page *page = vma->vm_ops->fault(vma, c->va);

    if (IS_ERR(page))
        return (int)PTR_ERR(page);
    anon_vma_prepare(vma);
    struct page *copy = copy_page(page);
    if (copy)
        install(vma, c, copy, vm_prot(vma->vm_flags) | P_ACCESSED | P_DIRTY, page);
    put_page(page);
    return copy ? 0 : -ENOMEM;
}

/* The locked page's entry under the cursor becomes writable, if it is still the one that it was. */
static void make_writable(struct vm_area_struct *vma, struct pt_cursor *c, struct page *page)
{
    unsigned prot = vm_prot(vma->vm_flags) | P_ACCESSED | P_DIRTY;
    struct mm_struct *mm = vma->vm_mm;

    if (c->pte == 0) {
        get_page(page);
        install(vma, c, page, prot, NULL);
        return;
    }
    spin_lock(&mm->page_table_lock);
    if (atomic_load(c->entry) == c->pte)
        pt_set(c, pte_leaf(page_to_phys(page), prot, 0));
    spin_unlock(&mm->page_table_lock);
    tlb_flush_page_local(&mm->arch, c->va);
}

/*
 * A store through a shared mapping to `page`, a reference to which is consumed. It stays locked
 * until the entry is writable: so whoever writes it back finds the entry, and takes the right away
 * again before he takes the bytes.
 */
static int fault_shared_store(struct vm_area_struct *vma, struct pt_cursor *c, struct page *page)
{
    struct address_space *mapping = &file_inode(vma->vm_file)->i_data;
    int err = 0;

    lock_page(page);
    /* A page that was cut off meanwhile is about to leave the table: the next try sees that. */
    bool current_page = page_is_current(vma, page);
    if (current_page && mapping->ops->page_mkwrite)
        err = mapping->ops->page_mkwrite(mapping, page);
    if (current_page && !err) {
        mark_page_dirty(page);
        make_writable(vma, c, page);
    }
    unlock_put_page(page);
    balance_dirty_pages(mapping);
    return err;
}

/*
 * Files on a disk are told of stores, to write them back; those that are memory alone need not be.
 */
static bool stores_are_tracked(const struct vm_area_struct *vma)
{
    return !vma->vm_file || file_inode(vma->vm_file)->i_data.ops->write_page;
}

/*
 * A load from a file that is mapped, or a fetch: its page, and those around it that are in the
 * cache already, so that they cost no fault of their own.
 */
static int fault_file_read(struct vm_area_struct *vma, struct pt_cursor *c)
{
    struct mm_struct *mm = vma->vm_mm;
    unsigned prot = vm_prot(vma->vm_flags) | P_ACCESSED;
    vaddr_t window = ALIGN_DOWN(c->va, FAULT_AROUND * PAGE_SIZE);
    vaddr_t start = max(window, vma->vm_start);
    size_t n = (min(window + FAULT_AROUND * PAGE_SIZE, vma->vm_end) - start) >> PAGE_SHIFT;
    size_t at = (c->va - start) >> PAGE_SHIFT;
    struct page *pages[FAULT_AROUND] = {NULL};
    struct rss_change rss = {0};
    int err = 0;

    if (!(vma->vm_flags & VM_SHARED) || stores_are_tracked(vma))
        prot &= ~(unsigned)P_WRITE;
    if (vma->vm_ops->cached)
        vma->vm_ops->cached(vma, start, n, pages);
    if (!pages[at]) {
        struct page *page = vma->vm_ops->fault(vma, c->va);
        if (IS_ERR(page))
            err = (int)PTR_ERR(page);
        else
            pages[at] = page;
    }
    if (!err && (prot & P_EXEC))
        tlb_sync_instructions();
    /* A table translates whole windows: all these entries lie side by side. */
    struct pt_cursor to = {.pt = c->pt, .va = start, .entry = c->entry - at};
    spin_lock(&mm->page_table_lock);
    for (size_t i = 0; i < n && !err; i++, to.entry++, to.va += PAGE_SIZE) {
        if (!pages[i] || atomic_load(to.entry) || !page_is_current(vma, pages[i]))
            continue;
        rmap_add(&rss, vma, to.va, pages[i]);
        pt_set(&to, pte_leaf(page_to_phys(pages[i]), prot, 0));
        pages[i] = NULL;
    }
    spin_unlock(&mm->page_table_lock);
    rss_apply(mm, &rss);
    for (size_t i = 0; i < n; i++)
        if (pages[i])
            put_page(pages[i]);
    return err;
}

static int fault_file(struct vm_area_struct *vma, struct pt_cursor *c, bool write)
{
    if (!write)
        return fault_file_read(vma, c);
    if (!(vma->vm_flags & VM_SHARED))
        return fault_file_copy(vma, c);
    struct page *page = vma->vm_ops->fault(vma, c->va);
    return IS_ERR(page) ? (int)PTR_ERR(page) : fault_shared_store(vma, c, page);
}

/* --- a write to a present page that is shown read-only --- */

enum reuse {
    CHANGED, /* the entry is another by now */
    REUSED,  /* the page is anonymous and nobody else's: the entry is writable now */
    HELD     /* neither; a reference was taken */
};

static enum reuse reuse_or_hold(struct vm_area_struct *vma, struct pt_cursor *c, struct page *page)
{
    struct mm_struct *mm = vma->vm_mm;
    enum reuse result = CHANGED;

    spin_lock(&mm->page_table_lock);
    if (atomic_load(c->entry) != c->pte) {
        /* nothing */
    } else if (page_test(page, PG_anon) && atomic_load(&page->refcount) == 1) {
        unsigned prot = vm_prot(vma->vm_flags) | P_ACCESSED | P_DIRTY;
        pt_set(c, pte_leaf(page_to_phys(page), prot, 0));
        lazyfree_cancel(page);
        result = REUSED;
    } else {
        /* While it is copied or locked, another thread may take this entry's reference away. */
        if (page != zero_page)
            get_page(page);
        result = HELD;
    }
    spin_unlock(&mm->page_table_lock);
    if (result == REUSED)
        tlb_flush_page_local(&mm->arch, c->va);
    return result;
}

/*
 * `copy` (a reference to it) takes the place of `old` under the cursor, unless the entry has
 * changed meanwhile. Every CPU forgets the old page before any can see the new one: else a thread
 * would go on reading the one while another stores to the other. In between the entry is hidden and
 * not absent, for who looks without a lock for pages to take away must not miss it.
 */
static void replace(struct vm_area_struct *vma, struct pt_cursor *c, struct page *old,
                    struct page *copy)
{
    unsigned prot = vm_prot(vma->vm_flags) | P_ACCESSED | P_DIRTY;
    struct mm_struct *mm = vma->vm_mm;
    struct rss_change rss = {0};

    if (prot & P_EXEC)
        tlb_sync_instructions();
    spin_lock(&mm->page_table_lock);
    bool ok = atomic_load(c->entry) == c->pte;
    if (ok) {
        pt_set(c, make_entry(old, entry_prot(c->pte) & (P_ACCESSED | P_DIRTY)));
        tlb_flush_range(&mm->arch, c->va, c->va + PAGE_SIZE);
        rmap_add(&rss, vma, c->va, copy);
        pt_set(c, pte_leaf(page_to_phys(copy), prot, 0));
        rmap_remove(&rss, old);
    }
    spin_unlock(&mm->page_table_lock);
    rss_apply(mm, &rss);
    put_user_page(ok ? old : copy);
}

/*
 * The sole user of an anonymous page gets it; any other gets a copy, and the old page is let go
 * once no CPU can read it through this entry.
 */
static int fault_copy_on_write(struct vm_area_struct *vma, struct pt_cursor *c)
{
    struct page *old = entry_page(c->pte), *copy;

    if (reuse_or_hold(vma, c, old) != HELD)
        return 0;
    if (vma->vm_flags & VM_SHARED)
        return fault_shared_store(vma, c, old);
    anon_vma_prepare(vma);
    copy = copy_page(old);
    if (copy)
        replace(vma, c, old, copy);
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
        return vma->vm_ops ? fault_file(vma, &c, write) : fault_anonymous(vma, &c, write);
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
