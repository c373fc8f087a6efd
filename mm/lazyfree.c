/* SPDX-License-Identifier: MIT */
/*
 * Pages that reclaim may take without writing them anywhere: see mm/lazyfree.h.
 *
 * lazyfree_lock (leaf) guards the list, and PG_lazyfree, which says that a page is on it. A page on
 * it may be losing its last reference at any moment, so it gets a new one only if it has one still:
 * without, it is being freed, which ends with lazyfree_cancel().
 *
 * Reclaim against a store. Who stores finds the entry read-only and, under page_table_lock, that it
 * has the only reference; then the entry becomes writable and the page leaves the list. If reclaim
 * has a reference by then, the store copies the page instead. If it gets one only after that, it
 * finds under the same lock that the page has left the list, and leaves it alone.
 */
#include "mm/lazyfree.h"

#include "kernel/sched.h"
#include "mm/filemap_impl.h"
#include "mm/memory_impl.h"
#include "mm/shrinker.h"
#include "mm/vmstat.h"

static struct list_head lazyfree = LIST_HEAD_INIT(lazyfree);
static size_t nr_lazyfree;
static struct spinlock lazyfree_lock = SPINLOCK_INIT("lazyfree", RANK_LEAF);

static void lazyfree_add(struct page *page)
{
    spin_lock(&lazyfree_lock);
    if (!page_test_and_set(page, PG_lazyfree)) {
        list_add_tail(&page->lru, &lazyfree);
        nr_lazyfree++;
    }
    spin_unlock(&lazyfree_lock);
}

void lazyfree_cancel(struct page *page)
{
    if (likely(!page_test(page, PG_lazyfree)))
        return;
    spin_lock(&lazyfree_lock);
    if (page_test(page, PG_lazyfree)) {
        page_clear(page, PG_lazyfree);
        list_del(&page->lru);
        nr_lazyfree--;
    }
    spin_unlock(&lazyfree_lock);
}

/* Under page_table_lock. Whether the entry lost a right. */
static bool offer_page(struct pt_cursor *c)
{
    struct page *page = entry_page(c->pte);
    unsigned prot = entry_prot(c->pte);

    /* What a child shows as well is its to keep. */
    if (!page_test(page, PG_anon) || atomic_load(&page->mapcount) != 1)
        return false;
    lazyfree_add(page);
    count_vm_event(PGLAZYFREE);
    pt_set(c, make_entry(page, prot & ~(unsigned)(P_WRITE | P_DIRTY | P_ACCESSED)));
    return prot & P_WRITE;
}

void lazyfree_range(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
    vaddr_t va = start, stop;
    bool flush = false;
    struct pt_cursor c;

    for (; next_stretch(&c, &mm->pt, va, end, &stop); va = stop) {
        spin_lock(&mm->page_table_lock);
        for_each_used_entry(&c, stop)
        {
            flush |= offer_page(&c);
        }
        spin_unlock(&mm->page_table_lock);
        cond_resched();
    }
    /* Only then a store is sure to be noticed; one that was made meanwhile may be lost. */
    if (flush)
        tlb_flush_range(&mm->arch, start, end);
}

/* --- reclaim --- */

static bool get_page_unless_zero(struct page *page)
{
    int refs = atomic_load(&page->refcount);

    while (refs > 0)
        if (atomic_compare_exchange_weak(&page->refcount, &refs, refs + 1))
            return true;
    return false;
}

/* The front page, with a reference more, moved to the back; NULL: it is being freed, or is none. */
static struct page *lazyfree_rotate(void)
{
    struct page *page = NULL;

    spin_lock(&lazyfree_lock);
    if (!list_empty(&lazyfree)) {
        page = list_first_entry(&lazyfree, struct page, lru);
        list_move_tail(&page->lru, &lazyfree);
        if (!get_page_unless_zero(page))
            page = NULL;
    }
    spin_unlock(&lazyfree_lock);
    return page;
}

static size_t shrink_lazyfree(size_t pages)
{
    size_t freed = 0;

    for (size_t left = READ_ONCE(nr_lazyfree); left && freed < pages; left--) {
        struct page *page = lazyfree_rotate();
        if (!page)
            continue;
        if (trylock_page(page)) {
            freed += try_to_unmap(page);
            unlock_tried_page(page);
        }
        put_page(page);
        cond_resched();
    }
    count_vm_events(PGLAZYFREED, freed);
    return freed;
}

static struct shrinker lazyfree_shrinker = {.name = "lazyfree", .shrink = shrink_lazyfree};

void lazyfree_init(void)
{
    register_shrinker(&lazyfree_shrinker);
}
