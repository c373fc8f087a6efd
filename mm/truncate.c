/* SPDX-License-Identifier: MIT */
/* Pages leave the cache because their file was cut, is gone, or leaves memory. See filemap.h. */
#include "kernel/sched.h"
#include "mm/filemap_impl.h"

/* All pages from `first` to `last`, or those of them that were never filled. */
static void drop_pages(struct address_space *m, uint64_t first, uint64_t last, bool unfilled)
{
    struct page *page;

    for (uint64_t index = first; (page = next_page(m, &index, last, ALL_PAGES)); index++) {
        lock_page(page);
        if (page->mapping == m && !(unfilled && page_test(page, PG_uptodate)))
            remove_page(m, page, false);
        unlock_put_page(page);
        cond_resched();
    }
}

void truncate_page_range(struct address_space *m, uint64_t first, uint64_t last)
{
    drop_pages(m, first, last, false);
    unmap_mapping_range(m, first, last, false);
}

void drop_unfilled_pages(struct address_space *m, uint64_t first, uint64_t last)
{
    drop_pages(m, first, last, true);
}

void truncate_pages(struct address_space *m, uint64_t first)
{
    drop_pages(m, first, UINT64_MAX, false);
    unmap_mapping_range(m, first, UINT64_MAX, true);
    if (first == 0)
        wait_not_syncing(m);
}

void truncate_page(struct address_space *m, uint64_t index)
{
    struct page *page = find_lock_page(m, index);

    if (!page)
        return;
    remove_page(m, page, false);
    unlock_put_page(page);
}

bool invalidate_pages(struct address_space *m)
{
    struct page *page;

    for (uint64_t index = 0; (page = next_page(m, &index, UINT64_MAX, ALL_PAGES)); index++) {
        if (trylock_page(page)) {
            if (page->mapping == m)
                remove_page(m, page, true);
            unlock_tried_page(page);
        }
        put_page(page);
    }
    /* Taking the lock also waits until who removed the last page has let go of it. */
    spin_lock(&m->lock);
    bool empty = m->nr_pages == 0;
    spin_unlock(&m->lock);
    return empty && !mapping_is_syncing(m);
}
