/* SPDX-License-Identifier: MIT */
/*
 * The page allocator's outside: which zone, how far down it may be emptied, what happens when
 * memory is short, and the checks on what comes back. See page_alloc.h; buddy.c and pcp.c do the
 * keeping.
 */
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/lazyfree.h"
#include "mm/memblock.h"
#include "mm/vmstat.h"
#include "mm/zone.h"

/* Watermark min is at most this: large machines need no larger reserve. */
#define MAX_MIN_WMARK (4 * MiB / PAGE_SIZE)

/* How many pages reclaim is asked for at once: enough for the next few allocations too. */
#define RECLAIM_BATCH 32
#define RECLAIM_TRIES 8

unsigned fail_alloc_every;

bool alloc_must_fail(void)
{
    static atomic_uint allocations;

    return unlikely(fail_alloc_every) &&
           (atomic_fetch_add(&allocations, 1) + 1) % fail_alloc_every == 0;
}

static void free_boot_range(paddr_t start, paddr_t end)
{
    pfn_t pfn = start >> PAGE_SHIFT, last = end >> PAGE_SHIFT;

    while (pfn < last) {
        unsigned order = 0;
        while (order < MAX_ORDER && IS_ALIGNED(pfn, 2ul << order) && pfn + (2ul << order) <= last)
            order++;
        /* Blocks are aligned, so none reaches over the 4 GiB between the zones. */
        uint8_t zone = pfn < 4 * GiB / PAGE_SIZE ? ZONE_DMA32 : ZONE_NORMAL;
        struct page *page = pfn_to_page(pfn);
        for (pfn_t end_pfn = pfn + (1ul << order); pfn < end_pfn; pfn++) {
            pfn_to_page(pfn)->zone = zone;
            atomic_store_explicit(&pfn_to_page(pfn)->flags, 0, memory_order_relaxed);
        }
        zones[zone].total_pages += 1ul << order;
        buddy_free(&zones[zone], page, order);
    }
}

void page_alloc_init(void)
{
    size_t total = 0;

    for (struct zone *zone = zones; zone < zones + NR_ZONES; zone++) {
        for (unsigned order = 0; order <= MAX_ORDER; order++)
            list_init(&zone->free[order]);
    }
    memblock_for_each_free(free_boot_range);
    for (struct zone *zone = zones; zone < zones + NR_ZONES; zone++)
        total += zone->total_pages;
    for (struct zone *zone = zones; zone < zones + NR_ZONES; zone++) {
        /* One reserve for the machine, shared among the zones by their size. */
        size_t reserve = min(total / 256, (size_t)MAX_MIN_WMARK);
        zone->min_wmark = total ? reserve * zone->total_pages / total : 0;
        zone->low_wmark = 2 * zone->min_wmark;
    }
    pcp_init(total);
}

enum wmark {
    WMARK_NONE,
    WMARK_MIN,
    WMARK_LOW
};

static struct page *alloc_from(struct zone *zone, unsigned order, enum wmark wmark)
{
    size_t keep = wmark == WMARK_LOW ? zone->low_wmark : wmark == WMARK_MIN ? zone->min_wmark : 0;

    if (order == 0)
        return pcp_alloc(zone, keep);
    return READ_ONCE(zone->free_pages) >= keep + (1ul << order) ? buddy_alloc(zone, order) : NULL;
}

/* High memory first: low memory is wanted by those who can use nothing else. */
static struct page *alloc_from_zones(gfp_t gfp, unsigned order, enum wmark wmark)
{
    int highest = gfp & GFP_DMA32 ? ZONE_DMA32 : NR_ZONES - 1;

    for (int z = highest; z >= 0; z--) {
        struct page *page = alloc_from(&zones[z], order, wmark);
        if (page)
            return page;
    }
    return NULL;
}

/* Memory is below the low watermark, or too broken up for the order. */
static struct page *alloc_slowly(gfp_t gfp, unsigned order)
{
    const struct task_struct *task = current;
    struct page *page;

    if (gfp & GFP_ATOMIC || (task && (task->in_reclaim || task->oom_victim)))
        return alloc_from_zones(gfp, order, WMARK_NONE);
    for (int i = 0; i < RECLAIM_TRIES; i++) {
        size_t freed = shrink_all(max(1ul << order, (size_t)RECLAIM_BATCH));
        /* What was freed lies on this CPU's list, where it neither counts nor joins. */
        drain_local_pages();
        page = alloc_from_zones(gfp, order, WMARK_LOW);
        if (page)
            return page;
        if (!freed)
            break;
    }
    return gfp & GFP_USER ? NULL : alloc_from_zones(gfp, order, WMARK_MIN);
}

struct page *alloc_pages_for(gfp_t gfp, unsigned order, const void *owner)
{
    BUG_ON(order > MAX_ORDER);
    if (!(gfp & GFP_ATOMIC))
        lock_assert_may_sleep();
    if (alloc_must_fail())
        return NULL;

    struct page *page = alloc_from_zones(gfp, order, WMARK_LOW);
    if (!page)
        page = alloc_slowly(gfp, order);
    if (!page)
        return NULL;
    count_vm_events(PGALLOC_DMA32 + page->zone, 1ul << order);
    page->order = (uint8_t)order;
    page->private = 0;
    page->index = 0;
    page->owner = owner;
    atomic_store_explicit(&page->refcount, 1, memory_order_relaxed);
    if (gfp & GFP_ZERO)
        memset(page_address(page), 0, PAGE_SIZE << order);
    return page;
}

struct page *alloc_pages(gfp_t gfp, unsigned order)
{
    return alloc_pages_for(gfp, order, __builtin_return_address(0));
}

static __noreturn __noinline void bad_page(const struct page *page, const char *why)
{
    if ((uintptr_t)page % sizeof(*page) || !pfn_valid(page_to_pfn(page)))
        panic("page allocator: %s: no struct page is at %p", why, (const void *)page);

    size_t offset = 0;
    const char *name = ksym_lookup((vaddr_t)page->owner, &offset);
    panic("page allocator: %s: pfn %#lx, flags %#x, order %u, refcount %d, mapcount %d, "
          "last allocated by %s+%#zx (%p)",
          why, (unsigned long)page_to_pfn(page), atomic_load(&page->flags), page->order,
          atomic_load(&page->refcount), atomic_load(&page->mapcount), name ? name : "unknown code",
          offset, page->owner);
}

/* Takes back a block whose last reference is gone. */
static void free_block(struct page *page, unsigned order)
{
    if (page_test(page, PG_slab | PG_large | PG_cache | PG_locked))
        bad_page(page, "freed while in use");
    if (atomic_load_explicit(&page->mapcount, memory_order_relaxed))
        bad_page(page, "freed while mapped in a process");
    lazyfree_cancel(page);
    if (page->order != order)
        bad_page(page, "freed with another order than it was allocated with");
#if DEBUG
    memset(page_address(page), 0x6b, PAGE_SIZE << order);
#endif
    atomic_store_explicit(&page->flags, 0, memory_order_relaxed);
    count_vm_events(PGFREE, 1ul << order);
    if (order == 0)
        pcp_free(page_zone(page), page);
    else
        buddy_free(page_zone(page), page, order);
}

/* Stops at a page that nobody can be holding a reference to. */
static void check_held(const struct page *page)
{
    if (unlikely((uintptr_t)page % sizeof(*page) || !pfn_valid(page_to_pfn(page))))
        bad_page(page, "wild free");
    if (unlikely(page_test(page, PG_buddy | PG_pcp)))
        bad_page(page, "double free");
    if (unlikely(page_test(page, PG_reserved)))
        bad_page(page, "free of reserved memory");
    if (unlikely(atomic_load_explicit(&page->refcount, memory_order_relaxed) <= 0))
        bad_page(page, "free of a page inside a block");
}

void free_pages(struct page *page, unsigned order)
{
    check_held(page);
    if (atomic_fetch_sub(&page->refcount, 1) != 1)
        bad_page(page, "freed while others hold references");
    free_block(page, order);
}

void put_page(struct page *page)
{
    check_held(page);
    if (atomic_fetch_sub(&page->refcount, 1) == 1)
        free_block(page, 0);
}

void *get_zeroed_page(gfp_t gfp)
{
    struct page *page = alloc_pages_for(gfp | GFP_ZERO, 0, __builtin_return_address(0));

    return page ? page_address(page) : NULL;
}

bool user_pages_left(void)
{
    for (const struct zone *zone = zones; zone < zones + NR_ZONES; zone++)
        if (READ_ONCE(zone->free_pages) > zone->low_wmark + RECLAIM_BATCH)
            return true;
    return false;
}

void page_alloc_counts(struct page_counts *out)
{
    *out = (struct page_counts){0};
    for (const struct zone *zone = zones; zone < zones + NR_ZONES; zone++) {
        out->total += zone->total_pages;
        out->free += READ_ONCE(zone->free_pages) + pcp_count_all(zone);
        out->min_wmark += zone->min_wmark;
        out->low_wmark += zone->low_wmark;
    }
}
