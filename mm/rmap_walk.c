/* SPDX-License-Identifier: MIT */
/*
 * From a page, or a range of a file, to the entries that show it: what truncate, write-back and
 * reclaim do with them. See mm/rmap.h.
 *
 * Whoever comes this way holds the tree's lock and no mmap_lock. While it is held, areas in the
 * tree keep their borders, their mm, and the tables that translate them.
 */
#include "kernel/fs/vfs.h"
#include "kernel/sched.h"
#include "mm/filemap.h"
#include "mm/memory_impl.h"

/*
 * Stands on the entry of the area that shows the page, if it does. page_table_lock held, and
 * page->index among those of the area.
 */
static bool seek_page(struct vm_area_struct *vma, const struct page *page, struct pt_cursor *c)
{
    vaddr_t va = vma->vm_start + ((page->index - vma->vm_pgoff) << PAGE_SHIFT);

    pt_seek(c, &vma->vm_mm->pt, va);
    return c->level == 0 && entry_page(c->pte) == page;
}

void unmap_mapping_range(struct address_space *mapping, uint64_t first, uint64_t last, bool copies)
{
    struct vm_area_struct *vma;
    struct rmap_iter it;

    mutex_lock(&mapping->i_mmap.lock);
    for (vma = rmap_first(&mapping->i_mmap, &it, first, last); vma; vma = rmap_next(&it)) {
        uint64_t pgoff = vma->vm_pgoff, pages = vma_pages(vma);
        uint64_t from = first > pgoff ? first - pgoff : 0;
        uint64_t to = last - pgoff < pages ? last - pgoff + 1 : pages;

        /*
         * zap_range() looks for entries before it locks. A fault that has found a page before it
         * left the cache may be about to put it in: it is waited for, and later ones see that the
         * page has gone.
         */
        spin_lock(&vma->vm_mm->page_table_lock);
        spin_unlock(&vma->vm_mm->page_table_lock);
        (copies ? zap_range : zap_file_pages)(vma->vm_mm, vma->vm_start + (from << PAGE_SHIFT),
                                              vma->vm_start + (to << PAGE_SHIFT));
        cond_resched();
    }
    mutex_unlock(&mapping->i_mmap.lock);
}

/* --- write-back --- */

static bool clean_entry(struct vm_area_struct *vma, const struct page *page)
{
    struct mm_struct *mm = vma->vm_mm;
    bool cleaned = false;
    struct pt_cursor c;

    spin_lock(&mm->page_table_lock);
    if (seek_page(vma, page, &c) && (entry_prot(c.pte) & P_WRITE)) {
        unsigned prot = entry_prot(c.pte) & ~(unsigned)(P_WRITE | P_DIRTY);
        pt_set(&c, pte_leaf(page_to_phys(page), prot, 0));
        tlb_flush_range(&mm->arch, c.va, c.va + PAGE_SIZE);
        cleaned = true;
    }
    spin_unlock(&mm->page_table_lock);
    return cleaned;
}

bool page_mkclean(struct page *page)
{
    struct rmap_tree *tree = &page->mapping->i_mmap;
    struct vm_area_struct *vma;
    struct rmap_iter it;
    bool cleaned = false;

    /* No entry becomes writable while we have the page locked. */
    if (atomic_load(&page->mapcount) == 0)
        return false;
    mutex_lock(&tree->lock);
    for (vma = rmap_first(tree, &it, page->index, page->index); vma; vma = rmap_next(&it)) {
        if (vma->vm_flags & VM_SHARED)
            cleaned |= clean_entry(vma, page);
        cond_resched();
    }
    mutex_unlock(&tree->lock);
    return cleaned;
}

/* --- reclaim --- */

/* The tree of who may show the page, locked, or NULL. *av: what keeps the tree, or NULL. */
static struct rmap_tree *trylock_tree(struct page *page, struct anon_vma **av)
{
    struct rmap_tree *tree;

    *av = page_get_anon_vma(page);
    if (*av)
        tree = &(*av)->tree;
    else if (page_test(page, PG_cache))
        tree = &page->mapping->i_mmap;
    else
        return NULL;
    if (mutex_trylock(&tree->lock))
        return tree;
    anon_vma_put(*av);
    return NULL;
}

static void unlock_tree(struct rmap_tree *tree, struct anon_vma *av)
{
    mutex_unlock_tried(&tree->lock);
    anon_vma_put(av);
}

static bool test_and_clear_accessed(struct vm_area_struct *vma, const struct page *page)
{
    struct mm_struct *mm = vma->vm_mm;
    struct pt_cursor c;

    spin_lock(&mm->page_table_lock);
    bool accessed = seek_page(vma, page, &c) && (entry_prot(c.pte) & P_ACCESSED);
    if (accessed) {
        pt_set(&c, make_entry(page, entry_prot(c.pte) & ~(unsigned)P_ACCESSED));
    }
    spin_unlock(&mm->page_table_lock);
    return accessed;
}

bool page_referenced(struct page *page)
{
    struct vm_area_struct *vma;
    struct anon_vma *av;
    struct rmap_iter it;
    bool referenced = false;

    if (atomic_load(&page->mapcount) == 0)
        return false;
    struct rmap_tree *tree = trylock_tree(page, &av);
    if (!tree)
        return true;
    for (vma = rmap_first(tree, &it, page->index, page->index); vma; vma = rmap_next(&it))
        referenced |= test_and_clear_accessed(vma, page);
    unlock_tree(tree, av);
    return referenced;
}

/*
 * Would the page's bytes be lost with its entry? Those of an anonymous page, unless they are
 * offered still (MADV_FREE). Who stored to it since has taken it off that list, under
 * page_table_lock; that the entry may not be written to says nothing, the right may have been taken
 * away again.
 */
static bool would_be_lost(const struct page *page)
{
    return page_test(page, PG_anon) && !page_test(page, PG_lazyfree);
}

/* False: the entry is there and has to stay, for the area is locked, or the page would be lost. */
static bool unmap_one(struct vm_area_struct *vma, struct page *page)
{
    struct mm_struct *mm = vma->vm_mm;
    struct rss_change rss = {0};
    struct pt_cursor c;
    bool stays = false;

    spin_lock(&mm->page_table_lock);
    bool shown = seek_page(vma, page, &c);
    if (shown) {
        stays = (vma->vm_flags & VM_LOCKED) || would_be_lost(page);
        if (!stays) {
            pt_set(&c, 0);
            tlb_flush_range(&mm->arch, c.va, c.va + PAGE_SIZE);
            rmap_remove(&rss, page);
            put_page(page); /* the caller has one more */
        }
    }
    spin_unlock(&mm->page_table_lock);
    rss_apply(mm, &rss);
    return !stays;
}

bool try_to_unmap(struct page *page)
{
    struct vm_area_struct *vma;
    struct anon_vma *av;
    struct rmap_iter it;

    if (atomic_load(&page->mapcount) == 0)
        return true;
    struct rmap_tree *tree = trylock_tree(page, &av);
    if (!tree)
        return false;
    for (vma = rmap_first(tree, &it, page->index, page->index); vma; vma = rmap_next(&it))
        if (!unmap_one(vma, page))
            break;
    unlock_tree(tree, av);
    return atomic_load(&page->mapcount) == 0;
}
