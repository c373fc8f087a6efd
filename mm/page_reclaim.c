/* SPDX-License-Identifier: MIT */
/*
 * Giving the page cache's memory back when it is short: a second chance for each page.
 *
 * All cached pages are on one list, the longest unlooked-at first. Reclaim takes them from the
 * front: one that was used since it was last looked at (PG_referenced, or the accessed mark of an
 * entry) goes to the back and loses the marks; one that is clean and can be taken from all who map
 * it leaves the cache; others go to the back. Dirty pages are the flusher's to write: a reclaimer
 * may hold any lock that write_page() needs, so it does not write, it asks the flusher and gives it
 * a little time. The last mapped pages stay: see is_last_cache().
 *
 * lru_lock (RANK_MAPPING, taken alone) guards the list. The cache's reference outlives a page's
 * place on the list, so a page found there can be given one more.
 */
#include "kernel/fs/flusher.h"
#include "kernel/sched.h"
#include "mm/filemap_impl.h"
#include "mm/mm.h"
#include "mm/shrinker.h"
#include "mm/vmstat.h"

static struct list_head lru = LIST_HEAD_INIT(lru);
static size_t lru_length;
static struct spinlock lru_lock = SPINLOCK_INIT("page LRU", RANK_MAPPING);

/* How often a reclaimer that found nothing clean waits for the flusher, before it gives up. */
#define FLUSHER_WAITS 10

void lru_add(struct page *page)
{
    spin_lock(&lru_lock);
    list_add_tail(&page->lru, &lru);
    lru_length++;
    spin_unlock(&lru_lock);
}

void lru_del(struct page *page)
{
    spin_lock(&lru_lock);
    list_del(&page->lru);
    lru_length--;
    spin_unlock(&lru_lock);
}

/* The front page, with a reference more, moved to the back. NULL: there is none. */
static struct page *lru_rotate(void)
{
    struct page *page = NULL;

    spin_lock(&lru_lock);
    if (!list_empty(&lru)) {
        page = list_first_entry(&lru, struct page, lru);
        get_page(page);
        list_move_tail(&page->lru, &lru);
    }
    spin_unlock(&lru_lock);
    return page;
}

/* The locked page was used, by a system call or through a mapping, since this was last asked. */
static bool was_used(struct page *page)
{
    bool used = page_test(page, PG_referenced);

    if (used)
        page_clear(page, PG_referenced);
    return page_referenced(page) || used;
}

/*
 * Nearly all memory is the processes' own, and what little is cached is what their programs run on.
 * Taking it is progress for one allocation and none for anybody: it is back with the next
 * instruction, and while all wait for the disk memory never seems to be out.
 */
static bool is_last_cache(void)
{
    return READ_ONCE(lru_length) < (size_t)atomic_load(&nr_anon_pages) / 64;
}

/* Consumes the caller's reference. True: the page left the cache. */
static bool try_evict(struct page *page)
{
    bool evicted = false;

    if (trylock_page(page)) {
        bool keep = atomic_load(&page->mapcount) && is_last_cache();
        if (page->mapping && !keep && !was_used(page) && !page_test(page, PG_dirty) &&
            try_to_unmap(page))
            evicted = remove_page(page->mapping, page, true);
        unlock_tried_page(page);
    }
    put_page(page);
    return evicted;
}

void filemap_deactivate(struct address_space *m, uint64_t first, uint64_t last, bool evict)
{
    struct page *page;

    for (uint64_t index = first; (page = next_page(m, &index, last, ALL_PAGES)); index++) {
        if (trylock_page(page)) {
            if (page->mapping)
                was_used(page);
            unlock_tried_page(page);
        }
        /* What another process shows as well is that one's to give up. */
        if (evict && atomic_load(&page->mapcount) <= 1)
            try_evict(page);
        else
            put_page(page);
        cond_resched();
    }
}

static size_t scan_lru(size_t pages)
{
    struct page *page;
    size_t freed = 0;

    /* Twice around: the first time may do no more than take everybody's second chance away. */
    for (size_t left = 2 * READ_ONCE(lru_length); left && freed < pages; left--) {
        page = lru_rotate();
        if (!page)
            break;
        count_vm_event(PGSCAN);
        freed += try_evict(page);
        cond_resched();
    }
    count_vm_events(PGSTEAL, freed);
    return freed;
}

static size_t shrink_page_cache(size_t pages)
{
    size_t freed = scan_lru(pages);

    for (int i = 0; !freed && i < FLUSHER_WAITS && filemap_dirty_pages(); i++) {
        if (!flusher_help())
            break;
        freed = scan_lru(pages);
    }
    return freed;
}

static struct shrinker page_cache_shrinker = {.name = "page cache", .shrink = shrink_page_cache};

void lru_init(void)
{
    register_shrinker(&page_cache_shrinker);
}
