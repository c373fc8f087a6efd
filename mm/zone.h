/* SPDX-License-Identifier: MIT */
/*
 * Inside the page allocator: zones, the buddy system (buddy.c) and the per-CPU lists (pcp.c) that
 * page_alloc.c puts together. Nobody else includes this.
 *
 * A page on a buddy list has PG_buddy (heads of blocks only), one on a per-CPU list PG_pcp, one
 * that is given out neither; all of them have refcount 0 while free.
 */
#ifndef MM_ZONE_H
#define MM_ZONE_H

#include "kernel/spinlock.h"
#include "mm/page_alloc.h"

struct zone {
    const char *name;
    struct spinlock lock; /* RANK_ZONE; guards the lists and counts */
    struct list_head free[MAX_ORDER + 1];
    size_t nr_free[MAX_ORDER + 1]; /* blocks on each */
    size_t free_pages;             /* in all of them; others read it as a hint */
    size_t total_pages;            /* given to the zone at boot, as are the watermarks */
    size_t min_wmark, low_wmark;
};

extern struct zone zones[NR_ZONES];

static inline struct zone *page_zone(const struct page *page)
{
    return &zones[page->zone];
}

/* Takes a block of exactly 2^order pages out, splitting a larger one; NULL when there is none. */
struct page *buddy_alloc(struct zone *zone, unsigned order);
/* The same for up to n single pages, leaving `keep` free in the zone; they are added to `list`. */
unsigned buddy_alloc_bulk(struct zone *zone, unsigned n, size_t keep, struct list_head *list);

/* Takes a block back and joins it with its free buddies. Its flags are clear. */
void buddy_free(struct zone *zone, struct page *page, unsigned order);
void buddy_free_bulk(struct zone *zone, struct list_head *list);

/* Sets batch and limit from the amount of memory: before the first pcp_ call. */
void pcp_init(size_t total_pages);

/* One page for this CPU, leaving `keep` free in the zone and on its list; NULL: there is none. */
struct page *pcp_alloc(struct zone *zone, size_t keep);
void pcp_free(struct zone *zone, struct page *page);

/* Pages of the zone on all CPUs' lists (a hint: others' counts move). */
size_t pcp_count_all(const struct zone *zone);
/* For reports. */
struct pcp_info {
    unsigned count, limit, batch;
};
struct pcp_info pcp_info(const struct zone *zone, unsigned cpu);

#endif
