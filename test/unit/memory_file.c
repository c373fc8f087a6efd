/* SPDX-License-Identifier: MIT */
/*
 * Files that are only memory (no write_page), in the page cache, against a model: a number for each
 * page, and whether the page is there. Random writes, reads through the cache and around it, holes,
 * pages allocated ahead, reclaim; a limit that is reached all the time; memory that fails.
 */
#include "kernel/errno.h"
#include "kernel/string.h"
#include "mm/filemap.h"
#include "mm/mm.h"
#include "mm/shrinker.h"
#include "mm/slab.h"
#include "test/unit/unit.h"

#define PAGES 60
#define LIMIT 20
#define STEPS 20000
#define SIZE  ((loff_t)(PAGES * PAGE_SIZE))

static struct address_space m;
static uint64_t latest[PAGES];
static bool there[PAGES]; /* a page is; what is not reads as 0 */
static size_t counted;

static int zero_fill(struct address_space *mapping, struct page *page)
{
    CHECK(mapping == &m && page_test(page, PG_locked) && !page_test(page, PG_uptodate));
    memset(kmap_local(page), 0, PAGE_SIZE);
    return 0;
}

static int page_added(struct address_space *mapping)
{
    CHECK(mapping == &m);
    if (counted == LIMIT)
        return -ENOSPC;
    counted++;
    return 0;
}

static void page_removed(struct address_space *mapping)
{
    CHECK(mapping == &m && counted > 0);
    counted--;
}

static const struct address_space_operations memory_aops = {
    .read_page = zero_fill,
    .page_added = page_added,
    .page_removed = page_removed,
};

static void start(void)
{
    mapping_init(&m, NULL, &memory_aops);
}

static bool expected_error(int i, const void *page)
{
    if (!IS_ERR(page))
        return false;
    CHECK(PTR_ERR(page) == -ENOMEM || PTR_ERR(page) == -ENOSPC);
    CHECK(!there[i]);
    CHECK(PTR_ERR(page) != -ENOSPC || counted == LIMIT);
    return true;
}

static void write(int i)
{
    struct page *page = grab_page(&m, (uint64_t)i);

    if (expected_error(i, page))
        return;
    CHECK(fill_page(&m, page) == 0 && page_test(page, PG_swapbacked));
    uint64_t *number = kmap_local(page);
    CHECK(*number == latest[i]);
    *number = latest[i] = random_u64();
    there[i] = true;
    mark_page_dirty(page);
    unlock_put_page(page);
}

/* As a fault does. */
static void map(int i)
{
    struct page *page = read_mapping_page(&m, (uint64_t)i);

    if (expected_error(i, page))
        return;
    there[i] = true;
    CHECK(page_test(page, PG_uptodate) && *(uint64_t *)kmap_local(page) == latest[i]);
    put_page(page);
}

/* As read() does: makes no page. */
static void read(int i)
{
    uint64_t number = 1;
    size_t before = m.nr_pages;

    CHECK(mapping_read_kernel(&m, SIZE, &number, sizeof(number), i * (loff_t)PAGE_SIZE) ==
          sizeof(number));
    CHECK(number == latest[i] && m.nr_pages == before);
}

static void forget(int first, int last)
{
    for (int i = first; i <= last; i++) {
        there[i] = false;
        latest[i] = 0;
    }
}

static void punch(void)
{
    int first = (int)random_below(PAGES),
        last = first + (int)random_below((uint64_t)(PAGES - first));

    truncate_page_range(&m, (uint64_t)first, (uint64_t)last);
    forget(first, last);
}

static void cut(void)
{
    int first = (int)random_below(PAGES);

    truncate_pages(&m, (uint64_t)first);
    forget(first, PAGES - 1);
}

/* Pages are allocated ahead, as many as can be, and all taken back that nobody has filled. */
static void allocate_and_drop(void)
{
    int first = (int)random_below(PAGES),
        last = first + (int)random_below((uint64_t)(PAGES - first));

    for (int i = first; i <= last; i++) {
        struct page *page = grab_page(&m, (uint64_t)i);
        if (IS_ERR(page))
            break;
        CHECK(there[i] == page_test(page, PG_uptodate));
        unlock_put_page(page);
        read(i);
        if (one_in(8))
            map(i);
    }
    drop_unfilled_pages(&m, (uint64_t)first, (uint64_t)last);
}

static void clear_tail(void)
{
    int i = (int)random_below(PAGES);

    zero_page_tail(&m, i * (loff_t)PAGE_SIZE); /* nothing: no page has its end there */
    read(i);
    zero_page_tail(&m, i * (loff_t)PAGE_SIZE + 8);
    read(i);
    zero_page_tail(&m, i * (loff_t)PAGE_SIZE + 1);
    latest[i] &= 0xff;
    read(i);
}

static void check_counts(void)
{
    size_t pages = 0;

    for (int i = 0; i < PAGES; i++)
        pages += there[i];
    CHECK(m.nr_pages == pages && counted == pages && pages <= LIMIT);
    CHECK(filemap_pages() == pages && filemap_shmem_pages() == pages);
    CHECK(m.nr_dirty == 0 && filemap_dirty_pages() == 0);
}

TEST(memory_file_random)
{
    start();
    for (int step = 0; step < STEPS; step++) {
        int i = (int)random_below(PAGES);

        fail_alloc_every = one_in(10) ? (unsigned)random_below(4) : 0;
        switch (random_below(16)) {
        case 0:
            one_in(3) ? cut() : punch();
            break;
        case 1:
            allocate_and_drop();
            break;
        case 2:
            shrink_all(PAGES); /* gets nothing */
            CHECK(filemap_sync_all() == 0);
            break;
        case 3:
            clear_tail();
            break;
        case 4:
        case 5:
        case 6:
        case 7:
            write(i);
            break;
        case 8:
        case 9:
            map(i);
            break;
        default:
            read(i);
        }
        check_counts();
    }
    fail_alloc_every = 0;
    truncate_pages(&m, 0);
    CHECK(m.nr_pages == 0 && counted == 0 && filemap_shmem_pages() == 0 && !m.pages.node);
}

/* Who maps pages and who seals a file against that exclude each other. */
TEST(memory_file_seal)
{
    int none = 0;

    start();
    CHECK(mapping_map_writable(&m) == 0 && mapping_map_writable(&m) == 0);
    CHECK(atomic_load(&m.i_mmap_writable) == 2);
    mapping_unmap_writable(&m);
    mapping_unmap_writable(&m);
    CHECK(atomic_compare_exchange_strong(&m.i_mmap_writable, &none, -1));
    CHECK(mapping_map_writable(&m) == -EPERM && atomic_load(&m.i_mmap_writable) == -1);
}
