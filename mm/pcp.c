/* SPDX-License-Identifier: MIT */
/*
 * Per-CPU lists of single pages in front of the buddy system: most allocations are of one page, and
 * take no lock here. The page freed last is given first, while the cache still holds it.
 *
 * Only its own CPU touches a list, and never in an interrupt handler. When one runs empty, a batch
 * comes from the zone; when it holds `limit` pages, a batch goes back, the pages freed longest ago.
 */
#include "kernel/cpu.h"
#include "mm/zone.h"

struct pcp {
    unsigned count;
    struct list_head list; /* freed last is first */
} __aligned(64);

static struct pcp lists[MAX_CPUS][NR_ZONES];
static unsigned batch, limit;

#define MAX_BATCH 32

static struct pcp *pcp_of(const struct zone *zone)
{
    return &lists[this_cpu()->id][zone - zones];
}

void pcp_init(size_t total_pages)
{
    /* On small machines the lists of all CPUs together may not hold much of the memory. */
    batch = (unsigned)max(min(total_pages / 1024, (size_t)MAX_BATCH), (size_t)1);
    limit = 3 * batch;
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
        for (unsigned z = 0; z < NR_ZONES; z++)
            list_init(&lists[cpu][z].list);
    }
}

struct page *pcp_alloc(struct zone *zone, size_t keep)
{
    struct pcp *pcp = pcp_of(zone);
    struct page *page;

    if (READ_ONCE(zone->free_pages) + pcp->count <= keep)
        return NULL;
    if (!pcp->count) {
        pcp->count = buddy_alloc_bulk(zone, batch, keep, &pcp->list);
        if (!pcp->count)
            return NULL;
        list_for_each_entry (page, &pcp->list, lru)
            page_set(page, PG_pcp);
    }
    page = list_first_entry(&pcp->list, struct page, lru);
    list_del(&page->lru);
    pcp->count--;
    page_clear(page, PG_pcp);
    return page;
}

/* Gives the `n` pages that were freed longest ago back to the zone. */
static void drain(struct zone *zone, struct pcp *pcp, unsigned n)
{
    struct list_head pages = LIST_HEAD_INIT(pages);

    for (; n; n--, pcp->count--) {
        struct page *page = list_last_entry(&pcp->list, struct page, lru);
        page_clear(page, PG_pcp);
        list_del(&page->lru);
        list_add_tail(&page->lru, &pages);
    }
    buddy_free_bulk(zone, &pages);
}

void pcp_free(struct zone *zone, struct page *page)
{
    struct pcp *pcp = pcp_of(zone);

    page_set(page, PG_pcp);
    list_add(&page->lru, &pcp->list);
    if (++pcp->count >= limit)
        drain(zone, pcp, batch);
}

void drain_local_pages(void)
{
    for (struct zone *zone = zones; zone < zones + NR_ZONES; zone++)
        drain(zone, pcp_of(zone), pcp_of(zone)->count);
}

size_t pcp_count_all(const struct zone *zone)
{
    size_t sum = 0;

    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
        sum += READ_ONCE(lists[cpu][zone - zones].count);
    return sum;
}

struct pcp_info pcp_info(const struct zone *zone, unsigned cpu)
{
    return (struct pcp_info){READ_ONCE(lists[cpu][zone - zones].count), limit, batch};
}
