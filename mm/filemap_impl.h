/* SPDX-License-Identifier: MIT */
/*
 * What the files of the page cache share with each other and nobody else; see mm/filemap.h.
 *
 * Locks inside: mapping->lock, then dirty_lock (writeback.c, leaf). lru_lock (page_reclaim.c) is
 * taken alone. A page is on the LRU list from before it is first unlocked until it is removed from
 * the cache.
 */
#ifndef MM_FILEMAP_IMPL_H
#define MM_FILEMAP_IMPL_H

#include "mm/filemap.h"

/*
 * Takes the page, locked by the caller, who has a reference, out of the cache: dirty or not, or
 * only if it is clean and nobody else has one. False: it stays. Does not sleep.
 */
bool remove_page(struct address_space *m, struct page *page, bool only_unused);

/*
 * The lock for who cannot wait: reclaim runs under any lock, so these stand outside of the order of
 * locks, and go together.
 */
bool trylock_page(struct page *page);
void unlock_tried_page(struct page *page);

/* For next_page(): any page, or those that are marked. */
enum {
    ALL_PAGES,
    MARKED_PAGES
};
/* The first page from *index to `last`, with a reference more, and *index its number; or NULL. */
struct page *next_page(struct address_space *m, uint64_t *index, uint64_t last, bool marked);

/* page_reclaim.c */
void lru_init(void);
void lru_add(struct page *page);
void lru_del(struct page *page);

/* writeback.c. m->lock held: one page more, or less, is marked in m's tree. */
void account_marked(struct address_space *m);
void account_unmarked(struct address_space *m);
void writeback_init(void);
/* filemap_sync_all() is at work on it. */
bool mapping_is_syncing(struct address_space *m);
void wait_not_syncing(struct address_space *m);

#endif
