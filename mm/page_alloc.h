/* SPDX-License-Identifier: MIT */
/*
 * The page allocator: a buddy system of blocks of 2^order pages in zones, and in front of it a list
 * of single pages for each CPU.
 *
 * Invariants: a free block of order k starts at a pfn that is a multiple of 2^k, lies in one zone
 * and has PG_buddy and its order in its first struct page; no two free buddies of one order exist
 * (they would have been joined). A page on a per-CPU list has PG_pcp. Freed pages are checked: a
 * second free, a free of the middle of a block and of what was never memory each end in a panic
 * that names the page and who allocated it.
 *
 * Watermarks: each zone has two, min (1/256 of it, at most 4 MiB) and low (twice that). An
 * allocation that would leave less than low free runs the shrinkers first. If that does not help,
 * GFP_USER ends there (and the caller has a process killed); GFP_KERNEL goes on down to min; to the
 * last page go GFP_ATOMIC, what shrinkers themselves allocate, and a process that is being killed
 * for its memory.
 *
 * Locks: zone->lock (RANK_ZONE) guards a zone's lists and counts. The per-CPU lists need none: they
 * are touched by their own CPU only, never from interrupt handlers, and the kernel is not
 * preempted.
 */
#ifndef MM_PAGE_ALLOC_H
#define MM_PAGE_ALLOC_H

#include "mm/page.h"
#include "mm/shrinker.h"

#define MAX_ORDER 10 /* the largest block: 4 MiB */

enum zone_type {
    ZONE_DMA32, /* below 4 GiB: reachable for devices with 32-bit addresses */
    ZONE_NORMAL,
    NR_ZONES,
};

typedef unsigned gfp_t;
enum gfp {
    GFP_KERNEL = 0,      /* for the kernel; may sleep */
    GFP_ATOMIC = 1 << 0, /* under a spinlock: must not sleep */
    GFP_ZERO = 1 << 1,   /* zeroed */
    GFP_DMA32 = 1 << 2,  /* from ZONE_DMA32 */
    GFP_USER = 1 << 3,   /* a user program's page: leaves the kernel a reserve; may sleep */
};

/* Hands all free memory over from memblock. The vmemmap is there. Boot CPU, once. */
void page_alloc_init(void);

/*
 * 2^order pages, contiguous and aligned to their size, first page's refcount 1, or NULL when there
 * are none. `order` <= MAX_ORDER. May sleep unless GFP_ATOMIC. Free with free_pages() or
 * put_page().
 */
struct page *alloc_pages(gfp_t gfp, unsigned order);
/* The same, with `owner` (a code address) named in reports instead of the caller. */
struct page *alloc_pages_for(gfp_t gfp, unsigned order, const void *owner);
static inline struct page *alloc_page(gfp_t gfp)
{
    return alloc_pages(gfp, 0);
}
/*
 * Frees what alloc_pages() gave, with the same order. The caller's is the only reference. All flags
 * are cleared; a page that is mapped, locked or in a cache ends in a panic.
 */
void free_pages(struct page *page, unsigned order);

static inline void get_page(struct page *page)
{
    atomic_fetch_add(&page->refcount, 1);
}
/* Frees the (order-0) page when this was the last reference. */
void put_page(struct page *page);

/* One page, zeroed, by direct-map address. NULL: no memory. */
void *get_zeroed_page(gfp_t gfp);

/* Gives this CPU's list back to the zones. */
void drain_local_pages(void);

struct page_counts {
    size_t total;     /* pages ever given to the allocator */
    size_t free;      /* on buddy and per-CPU lists */
    size_t min_wmark; /* see above */
    size_t low_wmark;
};
void page_alloc_counts(struct page_counts *out); /* all zones together */
/* Could a program have some pages now? They may be gone a moment later. */
bool user_pages_left(void);

struct seq_file;
/* /proc/buddyinfo in Linux's format: free blocks of each order, a line for each zone. */
void show_buddyinfo(struct seq_file *m);

/* Testing: every nth allocation of pages or slab objects fails (0: none). */
extern unsigned fail_alloc_every;
/* Counts an allocation; true when it is to fail. */
bool alloc_must_fail(void);

#endif
