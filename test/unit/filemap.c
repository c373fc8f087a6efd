/* SPDX-License-Identifier: MIT */
/*
 * The page cache against a model. Two files of a few pages each (far apart, so that their trees are
 * high) live on a "disk" that holds one number for each page. Random writes, reads, syncs,
 * truncations, reclaim, and failures of reading and writing; after each step the cache shows what
 * the model says, a synced page is on the disk, and nothing changed is ever lost but what failed
 * with -EIO.
 */
#include "kernel/errno.h"
#include "mm/filemap.h"
#include "mm/shrinker.h"
#include "mm/slab.h"
#include "test/unit/machine.h"
#include "test/unit/unit.h"

#define FILES 2
#define PAGES 40
#define STEPS 20000
#define SIZE  (INT64_MAX & ~(loff_t)(PAGE_SIZE - 1))

struct fake_file {
    struct address_space m;
    uint64_t index[PAGES];
    uint64_t disk[PAGES], latest[PAGES]; /* what is stored, and what a reader has to see */
    bool dirty[PAGES];
    bool lost; /* an -EIO that fsync() has not told yet */
};

static struct fake_file files[FILES];
static int fail_read, fail_write; /* the next one's error, or 0 */
static unsigned reads, writes;

static int slot_of(struct fake_file *f, uint64_t index)
{
    for (int i = 0; i < PAGES; i++)
        if (f->index[i] == index)
            return i;
    CHECK(!"a page that nobody asked for");
    return 0;
}

static uint64_t *number_in(struct page *page)
{
    return kmap_local(page);
}

static int fake_read(struct address_space *m, struct page *page)
{
    struct fake_file *f = m->host;
    int err = fail_read;

    CHECK(page_test(page, PG_locked) && !page_test(page, PG_uptodate));
    fail_read = 0;
    reads++;
    *number_in(page) = err ? 0xbad : f->disk[slot_of(f, page->index)];
    return err;
}

static int fake_write(struct address_space *m, struct page *page)
{
    struct fake_file *f = m->host;
    int i = slot_of(f, page->index), err = fail_write;

    CHECK(page_test(page, PG_locked) && page_test(page, PG_uptodate));
    CHECK(!page_test(page, PG_dirty) && f->dirty[i]);
    fail_write = 0;
    writes++;
    if (!err)
        f->disk[i] = *number_in(page);
    if (err != -ENOMEM)
        f->dirty[i] = false;
    f->lost |= err == -EIO;
    return err;
}

static const struct address_space_operations fake_aops = {
    .read_page = fake_read,
    .write_page = fake_write,
};

static void start(void)
{
    for (int n = 0; n < FILES; n++) {
        struct fake_file *f = &files[n];
        mapping_init(&f->m, f, &fake_aops);
        for (int i = 0; i < PAGES; i++) {
            f->index[i] = i < PAGES / 2 ? (uint64_t)i : random_below(SIZE / PAGE_SIZE);
            f->disk[i] = f->latest[i] = random_u64();
        }
    }
}

static void check_read(struct fake_file *f, int i)
{
    int err = fail_read = one_in(50) ? -EIO : 0;
    struct page *page = read_mapping_page(&f->m, f->index[i]);

    if (IS_ERR(page)) {
        CHECK(err && PTR_ERR(page) == err);
        return;
    }
    CHECK(page_test(page, PG_uptodate) && !page_test(page, PG_locked));
    CHECK(*number_in(page) == f->latest[i]);
    put_page(page);
    fail_read = 0;
}

static void check_read_kernel(struct fake_file *f, int i)
{
    loff_t pos = (loff_t)(f->index[i] << PAGE_SHIFT);
    uint64_t number = 0;

    CHECK(mapping_read_kernel(&f->m, SIZE, &number, sizeof(number), pos) == sizeof(number));
    CHECK(number == f->latest[i]);
    CHECK(mapping_read_kernel(&f->m, pos + 3, &number, sizeof(number), pos) == 3);
    CHECK(mapping_read_kernel(&f->m, pos, &number, sizeof(number), pos) == 0);
}

static void write(struct fake_file *f, int i)
{
    struct page *page = grab_page(&f->m, f->index[i]);

    CHECK(!IS_ERR(page) && page_test(page, PG_locked));
    CHECK(!page_test(page, PG_uptodate) || *number_in(page) == f->latest[i]);
    *number_in(page) = f->latest[i] = random_u64();
    page_set(page, PG_uptodate);
    mark_page_dirty(page);
    unlock_put_page(page);
    f->dirty[i] = true;
}

/* Everything is on the disk, or an error says that it is not. */
static void sync(struct fake_file *f)
{
    fail_write = one_in(10) ? -EIO : one_in(10) ? -ENOMEM : 0;
    int err = filemap_write_and_wait(&f->m);

    CHECK(f->lost ? err != 0 : err == 0 || err == -ENOMEM);
    f->lost = false;
    for (int i = 0; i < PAGES; i++)
        if (f->disk[i] != f->latest[i] && !f->dirty[i])
            f->latest[i] = f->disk[i]; /* lost: what the cache still shows goes below */
    if (err && err != -ENOMEM)
        CHECK(invalidate_pages(&f->m) == (f->m.nr_dirty == 0));
    else if (!err)
        CHECK(f->m.nr_dirty == 0);
    fail_write = 0;
}

static void truncate(struct fake_file *f)
{
    uint64_t first = one_in(4) ? 0 : f->index[random_below(PAGES)];

    truncate_pages(&f->m, first);
    for (int i = 0; i < PAGES; i++) {
        if (f->index[i] < first)
            continue;
        CHECK(!find_get_page(&f->m, f->index[i]));
        f->dirty[i] = false;
        f->latest[i] = f->disk[i];
    }
    if (first == 0)
        CHECK(f->m.nr_pages == 0 && f->m.nr_dirty == 0 && !f->m.pages.node);
}

/* What is held, dirty or locked stays, whoever wants memory. */
static void reclaim(struct fake_file *f)
{
    int i = (int)random_below(PAGES);
    struct page *page = read_mapping_page(&f->m, f->index[i]);

    CHECK(!IS_ERR(page));
    shrink_all(one_in(2) ? 1 : 10 * PAGES);
    CHECK(find_get_page(&f->m, f->index[i]) == page);
    put_page(page);
    put_page(page);
}

static void check_counts(void)
{
    size_t pages = 0, dirty = 0;

    for (int n = 0; n < FILES; n++) {
        size_t here = 0;
        for (int i = 0; i < PAGES; i++)
            here += files[n].dirty[i];
        CHECK(files[n].m.nr_dirty == here);
        CHECK(list_empty(&files[n].m.dirty_node) == (here == 0));
        pages += files[n].m.nr_pages;
        dirty += here;
    }
    CHECK(filemap_pages() == pages && filemap_dirty_pages() == dirty);
}

static void sync_all(void)
{
    CHECK(filemap_sync_all() == 0);
    CHECK(filemap_dirty_pages() == 0);
    for (int n = 0; n < FILES; n++)
        for (int i = 0; i < PAGES; i++)
            CHECK(files[n].disk[i] == files[n].latest[i]);
}

TEST(filemap_random)
{
    start();
    for (int step = 0; step < STEPS; step++) {
        struct fake_file *f = &files[random_below(FILES)];
        int i = (int)random_below(PAGES);

        switch (random_below(16)) {
        case 0:
            sync(f);
            break;
        case 1:
            one_in(4) ? sync_all() : truncate(f);
            break;
        case 2:
            reclaim(f);
            break;
        case 3:
            CHECK(invalidate_pages(&f->m) == (f->m.nr_dirty == 0));
            break;
        case 4:
        case 5:
        case 6:
        case 7:
            write(f, i);
            break;
        case 8:
            check_read_kernel(f, i);
            break;
        default:
            check_read(f, i);
        }
        check_counts();
    }
}

/* The second chance: of two clean pages, reclaim takes the one that was not looked at again. */
TEST(filemap_second_chance)
{
    start();
    struct fake_file *f = &files[0];

    for (int i = 0; i < 2; i++)
        put_page(read_mapping_page(&f->m, f->index[i]));
    put_page(read_mapping_page(&f->m, f->index[0]));
    shrink_all(1);
    unsigned before = reads;
    put_page(read_mapping_page(&f->m, f->index[0]));
    CHECK(reads == before);
    put_page(read_mapping_page(&f->m, f->index[1]));
    CHECK(reads == before + 1);
    /* The second chance is not for ever. */
    shrink_all(2);
    CHECK(filemap_pages() == 0);
}

/* What sync() or the flusher could not write, the next fsync() of that file tells, once. */
TEST(filemap_error_is_kept)
{
    start();
    write(&files[0], 0);
    write(&files[1], 0);
    fail_write = -EIO;
    CHECK(filemap_sync_all() == -EIO);
    CHECK(filemap_dirty_pages() == 0 && writes == 2);
    CHECK(filemap_write_and_wait(&files[0].m) + filemap_write_and_wait(&files[1].m) == -EIO);
    CHECK(filemap_write_and_wait(&files[0].m) == 0 && filemap_write_and_wait(&files[1].m) == 0);
}

/* A page is read once, and a page that is clean is never written. */
TEST(filemap_no_needless_io)
{
    start();
    struct fake_file *f = &files[0];

    for (int round = 0; round < 3; round++)
        for (int i = 0; i < PAGES / 2; i++)
            put_page(read_mapping_page(&f->m, f->index[i]));
    CHECK(reads == PAGES / 2);
    CHECK(filemap_write_and_wait(&f->m) == 0 && writes == 0);
    write(f, 3);
    write(f, 3);
    CHECK(filemap_write_and_wait(&f->m) == 0 && writes == 1);
    CHECK(filemap_sync_all() == 0 && writes == 1);
}

/* A range's pages are written and no other; and what is where is told without reading any. */
TEST(filemap_ranges)
{
    unsigned char vec[PAGES / 2];

    start();
    struct fake_file *f = &files[0];
    for (int i = 2; i < PAGES / 2; i += 2)
        write(f, i);
    CHECK(filemap_write_range(&f->m, 5, 10) == 0 && writes == 3);
    CHECK(filemap_write_range(&f->m, 5, 10) == 0 && writes == 3);
    for (int i = 0; i < PAGES / 2; i++)
        CHECK((f->disk[i] == f->latest[i]) == (i % 2 || i == 0 || (i >= 5 && i <= 10)));
    CHECK(filemap_write_range(&f->m, PAGES / 2, UINT64_MAX) == 0 && writes == 3);

    filemap_residency(&f->m, 1, PAGES / 2 - 1, vec);
    for (int i = 1; i < PAGES / 2; i++)
        CHECK(vec[i - 1] == (i % 2 == 0));
    vec[5] = 7;
    filemap_residency(&f->m, 0, 5, vec);
    CHECK(vec[2] == 1 && vec[3] == 0 && vec[5] == 7 && reads == 0);
    CHECK(filemap_write_range(&f->m, 0, UINT64_MAX) == 0 && f->m.nr_dirty == 0);
}

static size_t free_pages_when_idle(void)
{
    for (int n = 0; n < FILES; n++)
        CHECK(invalidate_pages(&files[n].m) && !files[n].m.pages.node);
    return free_when_idle();
}

/* Without memory, for the page or for the tree, adding a page fails and leaves nothing behind. */
TEST(filemap_failing)
{
    start();
    struct fake_file *f = &files[0];
    size_t failed = 0, added = 0, before = free_pages_when_idle();

    for (int step = 0; step < 2000; step++) {
        int i = (int)random_below(PAGES);

        fail_alloc_every = 1 + (unsigned)random_below(4);
        struct page *page = read_mapping_page(&f->m, f->index[i]);
        fail_alloc_every = 0;
        if (IS_ERR(page)) {
            CHECK(PTR_ERR(page) == -ENOMEM && !find_get_page(&f->m, f->index[i]));
            failed++;
        } else {
            CHECK(*number_in(page) == f->latest[i]);
            put_page(page);
            added++;
        }
        check_counts();
        if (one_in(20))
            CHECK(free_pages_when_idle() == before);
    }
    CHECK(failed > 0 && added > 0);
}
