/* SPDX-License-Identifier: MIT */
/* Dropping pages from the cache because their file was cut, is gone, or leaves memory. See
 * filemap.h. */
#include "kernel/sched.h"
#include "mm/filemap_impl.h"

/* Consumes the caller's reference. */
static void truncate_found_page(struct address_space *m, struct page *page)
{
    lock_page(page);
    if (page->mapping == m)
        remove_page(m, page, false);
    unlock_page(page);
    put_page(page);
}

/* The first page at or after *index and not after `last`, with a reference more, or NULL. */
static struct page *next_page_until(struct address_space *m, uint64_t *index, uint64_t last)
{
    struct page *page = *index <= last ? next_page(m, index, false) : NULL;

    if (page && *index > last) {
        put_page(page);
        page = NULL;
    }
    return page;
}

static void drop_pages(struct address_space *m, uint64_t first, uint64_t last)
{
    struct page *page;

    for (uint64_t index = first; (page = next_page_until(m, &index, last)) != NULL; index++) {
        truncate_found_page(m, page);
        cond_resched();
    }
}

void truncate_page_range(struct address_space *m, uint64_t first, uint64_t last)
{
    drop_pages(m, first, last);
    unmap_mapping_range(m, first, last, false);
}

void drop_unfilled_pages(struct address_space *m, uint64_t first, uint64_t last)
{
    struct page *page;

    for (uint64_t index = first; (page = next_page_until(m, &index, last)) != NULL; index++) {
        lock_page(page);
        if (page->mapping == m && !page_test(page, PG_uptodate))
            remove_page(m, page, false);
        unlock_page(page);
        put_page(page);
        cond_resched();
    }
}

void truncate_pages(struct address_space *m, uint64_t first)
{
    drop_pages(m, first, UINT64_MAX);
    unmap_mapping_range(m, first, UINT64_MAX, true);
    if (first == 0)
        wait_not_syncing(m);
}

void truncate_page(struct address_space *m, uint64_t index)
{
    struct page *page = find_get_page(m, index);

    if (page)
        truncate_found_page(m, page);
}

bool invalidate_pages(struct address_space *m)
{
    struct page *page;

    for (uint64_t index = 0; (page = next_page(m, &index, false)) != NULL; index++) {
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
