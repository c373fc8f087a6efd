/* SPDX-License-Identifier: MIT */
/*
 * The page cache: finding, adding, reading, locking and removing pages. See filemap.h.
 *
 * A new page enters the tree locked, so nobody sees it before it is on the LRU list and its finder
 * has decided what to do with it. Between finding a page and locking it, it may be removed: whoever
 * locks one looks at page->mapping afterwards and, if that is gone, starts over.
 */
#include "kernel/errno.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/filemap_impl.h"

/* Sleepers in lock_page(), by a hash of the page: struct page has no room for a queue. */
#define PAGE_WAITS 64
static struct wait_queue page_waits[PAGE_WAITS];

static atomic_size_t nr_cached, nr_shmem;

void filemap_init(void)
{
    for (unsigned i = 0; i < PAGE_WAITS; i++)
        wait_queue_init(&page_waits[i]);
    lru_init();
    writeback_init();
}

void mapping_init(struct address_space *m, void *host, const struct address_space_operations *ops)
{
    *m = (struct address_space){.host = host, .ops = ops};
    spin_lock_init(&m->lock, "mapping", RANK_MAPPING);
    list_init(&m->dirty_node);
    rmap_tree_init(&m->i_mmap);
}

int mapping_map_writable(struct address_space *m)
{
    int old = atomic_load(&m->i_mmap_writable);

    do {
        if (old < 0)
            return -EPERM;
    } while (!atomic_compare_exchange_weak(&m->i_mmap_writable, &old, old + 1));
    return 0;
}

void mapping_unmap_writable(struct address_space *m)
{
    atomic_fetch_sub(&m->i_mmap_writable, 1);
}

size_t filemap_pages(void)
{
    return atomic_load_explicit(&nr_cached, memory_order_relaxed);
}

size_t filemap_shmem_pages(void)
{
    return atomic_load_explicit(&nr_shmem, memory_order_relaxed);
}

/* --- page locks --- */

static struct wait_queue *page_wait(const struct page *page)
{
    return &page_waits[page_to_pfn(page) * 0x9e3779b97f4a7c15ull >> 58];
}
_Static_assert(PAGE_WAITS == 1 << (64 - 58), "page_wait() takes the hash's top bits");

bool trylock_page(struct page *page)
{
    return !page_test_and_set(page, PG_locked);
}

void unlock_tried_page(struct page *page)
{
    BUG_ON(!page_test(page, PG_locked));
    page_clear(page, PG_locked);
    wake_up_all(page_wait(page));
}

static void page_lock_acquired(const struct page *page)
{
    bool device = page->mapping && page->mapping->ops->is_device;

    lock_acquired(page, "page", device ? RANK_BLOCK_PAGE : RANK_PAGE, false);
}

void lock_page(struct page *page)
{
    lock_assert_may_sleep();
    if (!trylock_page(page))
        wait_event(page_wait(page), trylock_page(page));
    page_lock_acquired(page);
}

void unlock_page(struct page *page)
{
    lock_released(page);
    unlock_tried_page(page);
}

/* --- the tree --- */

struct page *find_get_page(struct address_space *m, uint64_t index)
{
    spin_lock(&m->lock);
    struct page *page = radix_lookup(&m->pages, index);
    if (page) {
        get_page(page);
        if (!page_test(page, PG_referenced))
            page_set(page, PG_referenced);
    }
    spin_unlock(&m->lock);
    return page;
}

void find_uptodate_pages(struct address_space *m, uint64_t first, size_t n, struct page **pages)
{
    spin_lock(&m->lock);
    for (size_t i = 0; i < n; i++) {
        struct page *page = radix_lookup(&m->pages, first + i);
        if (page && page_test(page, PG_uptodate)) {
            get_page(page);
            pages[i] = page;
        }
    }
    spin_unlock(&m->lock);
}

struct page *find_uptodate_page(struct address_space *m, uint64_t index)
{
    struct page *page = find_get_page(m, index);

    if (!page || page_test(page, PG_uptodate))
        return page;
    put_page(page);
    return NULL;
}

struct page *find_lock_page(struct address_space *m, uint64_t index)
{
    struct page *page;

    while ((page = find_get_page(m, index)) != NULL) {
        lock_page(page);
        if (page->mapping == m)
            break;
        unlock_put_page(page);
    }
    return page;
}

struct page *next_page(struct address_space *m, uint64_t *index, uint64_t last, bool marked)
{
    spin_lock(&m->lock);
    struct page *page = marked ? radix_next_marked(&m->pages, index) : radix_next(&m->pages, index);
    if (page && *index > last)
        page = NULL;
    if (page)
        get_page(page);
    spin_unlock(&m->lock);
    return page;
}

void filemap_residency(struct address_space *m, uint64_t first, size_t n, unsigned char *vec)
{
    struct page *page;

    memset(vec, 0, n);
    for (uint64_t index = first; (page = next_page(m, &index, first + n - 1, ALL_PAGES)); index++) {
        vec[index - first] = page_test(page, PG_uptodate);
        put_page(page);
    }
}

/* 0, -EEXIST when somebody else was faster, -ENOMEM, or what page_added() said. */
static int insert_page(struct address_space *m, struct page *page)
{
    struct radix_reserve reserve = {0};
    unsigned needed;
    int err = 0;

    spin_lock(&m->lock);
    while (!radix_lookup(&m->pages, page->index) &&
           reserve.count < (needed = radix_nodes_needed(&m->pages, page->index))) {
        spin_unlock(&m->lock);
        err = radix_reserve(&reserve, needed);
        if (err)
            goto out;
        spin_lock(&m->lock);
    }
    if (radix_lookup(&m->pages, page->index)) {
        err = -EEXIST;
    } else if (!m->ops->page_added || !(err = m->ops->page_added(m))) {
        radix_insert(&m->pages, page->index, page, &reserve);
        m->nr_pages++;
    }
    spin_unlock(&m->lock);
out:
    radix_unreserve(&reserve);
    return err;
}

/* A new page in the cache: locked, with a reference for the caller beside the cache's. */
static struct page *add_page(struct address_space *m, uint64_t index, gfp_t gfp)
{
    struct page *page = alloc_page(gfp | (m->ops->is_device ? GFP_KERNEL : GFP_USER));

    if (!page)
        return ERR_PTR(-ENOMEM);
    page->mapping = m;
    page->index = index;
    page_set(page, PG_cache | PG_locked | (m->ops->write_page ? 0 : PG_swapbacked));
    get_page(page);

    int err = insert_page(m, page);
    if (err) {
        page_clear(page, PG_cache | PG_locked | PG_swapbacked);
        put_page(page);
        put_page(page);
        return ERR_PTR(err);
    }
    atomic_fetch_add(&nr_cached, 1);
    if (page_test(page, PG_swapbacked))
        atomic_fetch_add(&nr_shmem, 1);
    else
        lru_add(page);
    page_lock_acquired(page);
    return page;
}

bool remove_page(struct address_space *m, struct page *page, bool only_unused)
{
    spin_lock(&m->lock);
    /* The cache's reference and the caller's. New ones come only from the tree, under its lock. */
    if (only_unused &&
        (atomic_load(&page->refcount) != 2 || page_test(page, PG_dirty | PG_swapbacked))) {
        spin_unlock(&m->lock);
        return false;
    }
    if (radix_unmark(&m->pages, page->index))
        account_unmarked(m);
    radix_delete(&m->pages, page->index);
    m->nr_pages--;
    if (m->ops->page_removed)
        m->ops->page_removed(m);
    /* PG_swapbacked stays: who still shows the page counts it by this flag. */
    page_clear(page, PG_cache | PG_dirty | PG_referenced | PG_error);
    WRITE_ONCE(page->mapping, NULL);
    spin_unlock(&m->lock);

    if (page_test(page, PG_swapbacked))
        atomic_fetch_sub(&nr_shmem, 1);
    else
        lru_del(page);
    atomic_fetch_sub(&nr_cached, 1);
    put_page(page);
    return true;
}

/* --- what users of the cache call --- */

static struct page *lock_or_add_page(struct address_space *m, uint64_t index, gfp_t gfp)
{
    for (;;) {
        struct page *page = find_lock_page(m, index);
        if (page)
            return page;
        page = add_page(m, index, gfp);
        if (!IS_ERR(page) || PTR_ERR(page) != -EEXIST)
            return page;
    }
}

struct page *grab_page(struct address_space *m, uint64_t index)
{
    return lock_or_add_page(m, index, GFP_ZERO);
}

int fill_page(struct address_space *m, struct page *page)
{
    if (page_test(page, PG_uptodate))
        return 0;
    int err = m->ops->read_page(m, page);
    if (!err)
        page_set(page, PG_uptodate);
    return err;
}

struct page *read_mapping_page(struct address_space *m, uint64_t index)
{
    struct page *page = find_uptodate_page(m, index);

    if (page)
        return page;
    page = lock_or_add_page(m, index, 0);
    if (IS_ERR(page))
        return page;
    int err = fill_page(m, page);
    unlock_page(page);
    if (err) {
        put_page(page);
        return ERR_PTR(err);
    }
    return page;
}
