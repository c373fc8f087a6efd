/* SPDX-License-Identifier: MIT */
/*
 * The page allocator: random allocations of all orders, on all CPUs, against a model of who has
 * each page; what is free is counted, filled to the last page, and whole again at the end. Every
 * wrong free is caught.
 */
#include <arch/smp.h>
#include "arch/host/host.h"
#include "kernel/cpu.h"
#include "kernel/string.h"
#include "mm/memblock.h"
#include "mm/slab.h"
#include "mm/zone.h"
#include "test/unit/unit.h"

#define MAX_BLOCKS 16000
#define FIRST_PFN  (HOST_RAM1_START >> PAGE_SHIFT)
#define NR_PFNS    ((HOST_PHYS_END >> PAGE_SHIFT) - FIRST_PFN)

struct block {
    struct page *page;
    unsigned order;
};

static struct block blocks[MAX_BLOCKS];
static unsigned nr_blocks;
static bool used[NR_PFNS]; /* pages of blocks[] */

static size_t free_pages_now(void)
{
    struct page_counts counts;

    page_alloc_counts(&counts);
    return counts.free;
}

static void drain_all_cpus(void)
{
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
        host_run_on_cpu(cpu);
        drain_local_pages();
    }
    host_run_on_cpu(0);
}

/* Walks the lists: blocks are aligned, marked, in memory, and no two of them are buddies. */
static void check_zones(void)
{
    for (unsigned z = 0; z < NR_ZONES; z++) {
        const struct zone *zone = &zones[z];
        size_t pages = 0;
        for (unsigned order = 0; order <= MAX_ORDER; order++) {
            size_t n = 0;
            struct page *page;
            list_for_each_entry (page, &zone->free[order], lru) {
                pfn_t pfn = page_to_pfn(page), buddy = pfn ^ 1ul << order;
                CHECK(page_test(page, PG_buddy) && page->order == order && page->zone == z);
                CHECK(IS_ALIGNED(pfn, 1ul << order));
                CHECK((pfn < 4 * GiB / PAGE_SIZE) == (z == ZONE_DMA32));
                for (pfn_t p = pfn; p < pfn + (1ul << order); p++) {
                    CHECK(pfn_valid(p) && !used[p - FIRST_PFN]);
                    CHECK(atomic_load(&pfn_to_page(p)->refcount) == 0);
                }
                CHECK(order == MAX_ORDER || !pfn_valid(buddy) ||
                      !page_test(pfn_to_page(buddy), PG_buddy) ||
                      pfn_to_page(buddy)->order != order);
                n++;
            }
            CHECK(n == zone->nr_free[order]);
            pages += n << order;
        }
        CHECK(pages == zone->free_pages);
    }
}

static void mark(const struct block *b, bool now)
{
    for (pfn_t pfn = page_to_pfn(b->page); pfn < page_to_pfn(b->page) + (1ul << b->order); pfn++) {
        CHECK(pfn_valid(pfn) && used[pfn - FIRST_PFN] != now);
        used[pfn - FIRST_PFN] = now;
    }
}

static bool take(gfp_t gfp, unsigned order)
{
    struct block b = {alloc_pages(gfp, order), order};

    if (!b.page)
        return false;
    CHECK(IS_ALIGNED(page_to_pfn(b.page), 1ul << order));
    CHECK(atomic_load(&b.page->refcount) == 1 && atomic_load(&b.page->flags) == 0);
    CHECK(!(gfp & GFP_DMA32) || page_to_phys(b.page) < 4 * GiB);
    uint64_t *data = page_address(b.page);
    for (size_t i = 0; gfp & GFP_ZERO && i < (PAGE_SIZE << order) / 8; i++)
        CHECK(data[i] == 0);
    memset(data, 0xa5, PAGE_SIZE << order);
    mark(&b, true);
    CHECK(nr_blocks < MAX_BLOCKS);
    blocks[nr_blocks++] = b;
    return true;
}

static void give(unsigned i)
{
    struct block b = blocks[i];

    blocks[i] = blocks[--nr_blocks];
    mark(&b, false);
    if (b.order == 0 && one_in(2)) {
        get_page(b.page);
        put_page(b.page);
        put_page(b.page);
    } else {
        free_pages(b.page, b.order);
    }
    /* The lists of single pages stay short. */
    for (struct zone *zone = zones; zone < zones + NR_ZONES; zone++)
        CHECK(pcp_info(zone, this_cpu()->id).count <= 96);
}

static void give_all(void)
{
    while (nr_blocks)
        give(nr_blocks - 1);
    drain_all_cpus();
    check_zones();
}

static void random_ops(unsigned n)
{
    unsigned most = 0;
    static const gfp_t gfps[] = {GFP_KERNEL, GFP_USER, GFP_ATOMIC, GFP_KERNEL | GFP_DMA32};

    for (unsigned i = 0; i < n; i++) {
        host_run_on_cpu((unsigned)random_below(MAX_CPUS));
        bool filling = i / (n / 4) % 2 == 0;
        if (!nr_blocks || (filling ? !one_in(3) : one_in(3))) {
            unsigned order = one_in(3) ? (unsigned)random_below(MAX_ORDER + 1) : 0;
            take(gfps[random_below(4)] | (one_in(10) ? GFP_ZERO : 0), order);
        } else {
            give((unsigned)random_below(nr_blocks));
        }
        most = max(most, nr_blocks);
        if (i % 500 == 0)
            check_zones();
    }
    CHECK(most > 50);
}

TEST(page_alloc_random)
{
    size_t free[NR_ZONES][MAX_ORDER + 1];

    /* Reclaim under way would change what was free before. */
    kmem_cache_shrink_all();
    drain_all_cpus();
    check_zones();
    size_t before = free_pages_now();
    for (unsigned z = 0; z < NR_ZONES; z++)
        memcpy(free[z], zones[z].nr_free, sizeof(free[z]));
    random_ops(20000);
    give_all();
    CHECK(free_pages_now() == before);
    /* Everything has been joined again: the same number of blocks of each order as after boot. */
    for (unsigned z = 0; z < NR_ZONES; z++)
        CHECK(memcmp(free[z], zones[z].nr_free, sizeof(free[z])) == 0);
}

TEST(page_alloc_failing)
{
    size_t before = free_pages_now();

    fail_alloc_every = 3;
    random_ops(8000);
    fail_alloc_every = 0;
    give_all();
    CHECK(free_pages_now() == before);
}

/* Each kind of allocation stops where it should, and the last goes to the last page. */
TEST(page_alloc_watermarks)
{
    struct page_counts counts;

    page_alloc_counts(&counts);
    CHECK(counts.min_wmark > 0 && counts.low_wmark == 2 * counts.min_wmark);
    while (take(GFP_USER, 0))
        ;
    CHECK(free_pages_now() <= counts.low_wmark + 2 && free_pages_now() >= counts.low_wmark - 2);
    while (take(GFP_KERNEL, 0))
        ;
    CHECK(free_pages_now() <= counts.min_wmark + 2 && free_pages_now() >= counts.min_wmark - 2);
    /* A few pages at hand on this CPU's list change nothing: the machine is still that short. */
    for (int i = 0; i < 5; i++)
        give(nr_blocks - 1);
    CHECK(!take(GFP_USER, 0));
    while (take(GFP_ATOMIC, 0))
        ;
    CHECK(free_pages_now() == 0);
    CHECK(nr_blocks > 0 && !take(GFP_KERNEL, 0) && !take(GFP_ATOMIC, MAX_ORDER));
    give_all();
    CHECK(free_pages_now() == counts.free);
}

static unsigned shrinks;
static size_t shrink_blocks(size_t pages)
{
    size_t n = 0;

    shrinks++;
    CHECK(shrink_all(1) == 0); /* nobody reclaims within reclaim */
    for (; n < pages && nr_blocks; n++)
        give(nr_blocks - 1);
    return n;
}

/* A full machine goes on as long as a shrinker finds something. */
TEST(page_alloc_reclaim)
{
    static struct shrinker shrinker = {.name = "test", .shrink = shrink_blocks};
    size_t total = free_pages_now();

    register_shrinker(&shrinker);
    for (size_t i = 0; i < 3 * total; i++)
        CHECK(take(GFP_USER, 0));
    CHECK(shrinks > 0);
    CHECK(!take(GFP_ATOMIC, 0) || shrinks > 0);
    give_all();
    CHECK(free_pages_now() == total);
}

TEST(page_alloc_wrong_frees)
{
    struct page *page = alloc_pages(GFP_KERNEL, 0), *block = alloc_pages(GFP_KERNEL, 3);
    struct page *big = alloc_pages(GFP_KERNEL, 4);

    CHECK(page && block && big);
    CHECK_PANICS(free_pages(block, 2), "another order");
    block = alloc_pages(GFP_KERNEL, 3);
    CHECK_PANICS(free_pages(block + 1, 0), "inside a block");
    CHECK_PANICS(put_page(block + 3), "inside a block");

    free_pages(page, 0);
    CHECK_PANICS(free_pages(page, 0), "double free");
    CHECK_PANICS(put_page(page), "double free");
    free_pages(big, 4);
    drain_local_pages();
    CHECK_PANICS(free_pages(big, 4), "free"); /* it may have been joined with a lower buddy */

    CHECK_PANICS(free_pages(phys_to_page(0), 0), "no struct page");
    CHECK_PANICS(free_pages(phys_to_page(HOST_RAM1_START) - 1, 0), "no struct page");
    CHECK_PANICS(free_pages((struct page *)((char *)block + 8), 0), "no struct page");
    CHECK_PANICS(free_pages(phys_to_page(HOST_RAM1_START + 3 * MiB), 0), "reserved");

    page = alloc_page(GFP_KERNEL);
    get_page(page);
    CHECK_PANICS(free_pages(page, 0), "references");
    page = alloc_page(GFP_KERNEL);
    atomic_store(&page->mapcount, 1);
    CHECK_PANICS(put_page(page), "mapped");
    page = alloc_page(GFP_KERNEL);
    page_set(page, PG_locked);
    CHECK_PANICS(put_page(page), "in use");
}
