/* SPDX-License-Identifier: MIT */
/*
 * The buddy system: free memory of a zone in blocks of 2^order pages, aligned to their size.
 *
 * Two blocks of one order are buddies when they make up one block of the next order: their page
 * frame numbers differ in bit `order` alone. A block is split in halves until it has the size asked
 * for; a freed block is joined with its buddy as long as that is free in one piece. zone->lock
 * guards all.
 */
#include "kernel/fs/seq_file.h"
#include "mm/zone.h"

struct zone zones[NR_ZONES] = {
    [ZONE_DMA32] = {.name = "DMA32", .lock = SPINLOCK_INIT("zone DMA32", RANK_ZONE)},
    [ZONE_NORMAL] = {.name = "Normal", .lock = SPINLOCK_INIT("zone Normal", RANK_ZONE)},
};

static void add_block(struct zone *zone, struct page *page, unsigned order)
{
    page->order = (uint8_t)order;
    page_set(page, PG_buddy);
    list_add(&page->lru, &zone->free[order]);
    zone->nr_free[order]++;
}

static void remove_block(struct zone *zone, struct page *page, unsigned order)
{
    list_del(&page->lru);
    page_clear(page, PG_buddy);
    zone->nr_free[order]--;
}

static struct page *take(struct zone *zone, unsigned order)
{
    unsigned k = order;

    while (list_empty(&zone->free[k])) {
        if (++k > MAX_ORDER)
            return NULL;
    }
    struct page *page = list_first_entry(&zone->free[k], struct page, lru);
    remove_block(zone, page, k);
    while (k > order) {
        k--;
        add_block(zone, page + (1ul << k), k);
    }
    zone->free_pages -= 1ul << order;
    return page;
}

static void give(struct zone *zone, struct page *page, unsigned order)
{
    pfn_t pfn = page_to_pfn(page);

    zone->free_pages += 1ul << order;
    for (; order < MAX_ORDER; order++) {
        pfn_t buddy_pfn = pfn ^ 1ul << order;
        if (!pfn_valid(buddy_pfn))
            break;
        struct page *buddy = pfn_to_page(buddy_pfn);
        /* A larger block never begins at our buddy: it would hold us too. A smaller one may. */
        if (!page_test(buddy, PG_buddy) || buddy->order != order)
            break;
        remove_block(zone, buddy, order);
        pfn &= buddy_pfn;
    }
    add_block(zone, pfn_to_page(pfn), order);
}

struct page *buddy_alloc(struct zone *zone, unsigned order)
{
    spin_lock(&zone->lock);
    struct page *page = take(zone, order);
    spin_unlock(&zone->lock);
    return page;
}

unsigned buddy_alloc_bulk(struct zone *zone, unsigned n, size_t keep, struct list_head *list)
{
    unsigned got = 0;

    spin_lock(&zone->lock);
    for (; got < n && zone->free_pages > keep; got++)
        list_add_tail(&take(zone, 0)->lru, list);
    spin_unlock(&zone->lock);
    return got;
}

void buddy_free(struct zone *zone, struct page *page, unsigned order)
{
    spin_lock(&zone->lock);
    give(zone, page, order);
    spin_unlock(&zone->lock);
}

void buddy_free_bulk(struct zone *zone, struct list_head *list)
{
    struct page *page, *next;

    spin_lock(&zone->lock);
    list_for_each_entry_safe (page, next, list, lru) {
        list_del(&page->lru);
        give(zone, page, 0);
    }
    spin_unlock(&zone->lock);
}

void show_buddyinfo(struct seq_file *m)
{
    for (struct zone *zone = zones; zone < zones + NR_ZONES; zone++) {
        if (!zone->total_pages)
            continue;
        seq_printf(m, "Node 0, zone %8s ", zone->name);
        for (unsigned order = 0; order <= MAX_ORDER; order++)
            seq_printf(m, "%6zu ", READ_ONCE(zone->nr_free[order]));
        seq_printf(m, "\n");
    }
}
