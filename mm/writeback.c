/* SPDX-License-Identifier: MIT */
/*
 * Dirty pages of the page cache, and writing them. See filemap.h.
 *
 * A page's life here: mark_page_dirty() sets PG_dirty and marks it in the tree. A writer locks it,
 * clears PG_dirty, takes the right to store from all who map it, hands it to write_page(), and only
 * then takes the mark away, unless PG_dirty was set again meanwhile. Changes come before
 * mark_page_dirty() and the flag is cleared before the bytes are taken, so no change is lost:
 * either this write has it or the flag is set again.
 *
 * dirty_lock (leaf, inside mapping->lock) guards the list of dirty mappings and `syncing`.
 * sync_lock lets one task at a time write them all: the second waits for the first, then looks for
 * what is new. A mapping is kept from going away under filemap_sync_all() by truncate_pages(),
 * which waits until it is not the one in `syncing`, after having made it leave the list.
 */
#include "kernel/errno.h"
#include "kernel/fs/flusher.h"
#include "kernel/sched.h"
#include "mm/filemap_impl.h"
#include "mm/vmstat.h"

static struct list_head dirty_mappings = LIST_HEAD_INIT(dirty_mappings);
static struct spinlock dirty_lock = SPINLOCK_INIT("dirty mappings", RANK_LEAF);
static struct mutex sync_lock = MUTEX_INIT(sync_lock, "sync", RANK_WRITEBACK);
static struct address_space *syncing;
static struct wait_queue syncing_wait = WAIT_QUEUE_INIT(syncing_wait);

static atomic_size_t nr_dirty;
/* Above this many dirty pages, who makes more writes some first: reclaim needs clean ones. */
static size_t dirty_limit;

void writeback_init(void)
{
    struct page_counts counts;

    page_alloc_counts(&counts);
    dirty_limit = counts.total / 8;
}

size_t filemap_dirty_pages(void)
{
    return atomic_load_explicit(&nr_dirty, memory_order_relaxed);
}

void account_marked(struct address_space *m)
{
    atomic_fetch_add(&nr_dirty, 1);
    if (m->nr_dirty++ > 0)
        return;
    spin_lock(&dirty_lock);
    list_add_tail(&m->dirty_node, &dirty_mappings);
    spin_unlock(&dirty_lock);
}

void account_unmarked(struct address_space *m)
{
    atomic_fetch_sub(&nr_dirty, 1);
    if (--m->nr_dirty > 0)
        return;
    spin_lock(&dirty_lock);
    list_del(&m->dirty_node);
    spin_unlock(&dirty_lock);
}

/* m->lock held; the page is in its tree. */
static void set_dirty(struct address_space *m, struct page *page)
{
    page_set(page, PG_dirty);
    if (!radix_mark(&m->pages, page->index)) {
        account_marked(m);
        count_vm_event(NR_DIRTIED);
    }
}

void mark_page_dirty(struct page *page)
{
    /* Our stores to the page before our look at the flag; see the top of the file. */
    atomic_thread_fence(memory_order_seq_cst);
    if (page_test(page, PG_dirty))
        return;
    if (page_test(page, PG_swapbacked)) {
        page_set(page, PG_dirty); /* for who looks; it is never written */
        return;
    }
    struct address_space *m = READ_ONCE(page->mapping);
    if (!m)
        return;
    spin_lock(&m->lock);
    if (READ_ONCE(page->mapping) == m)
        set_dirty(m, page);
    spin_unlock(&m->lock);
    flusher_wake();
}

void cancel_page_dirty(struct address_space *m, struct page *page)
{
    spin_lock(&m->lock);
    page_clear(page, PG_dirty);
    if (radix_unmark(&m->pages, page->index))
        account_unmarked(m);
    spin_unlock(&m->lock);
}

/* The locked page of m, if it is dirty. */
static int write_locked_page(struct address_space *m, struct page *page)
{
    if (!page_test(page, PG_dirty))
        return 0;
    page_clear(page, PG_dirty);
    page_mkclean(page);
    int err = m->ops->write_page(m, page);
    count_vm_event(NR_WRITTEN);

    spin_lock(&m->lock);
    if (err == -ENOMEM) {
        set_dirty(m, page);
    } else if (err) {
        page_set(page, PG_error);
        m->error = err;
    }
    if (!page_test(page, PG_dirty) && radix_unmark(&m->pages, page->index))
        account_unmarked(m);
    spin_unlock(&m->lock);
    return err;
}

/*
 * One pass over the marked pages of [first, last], waiting for those that others are writing. First
 * error.
 */
static int write_pages(struct address_space *m, uint64_t first, uint64_t last)
{
    struct page *page;
    int err = 0;

    for (uint64_t index = first; (page = next_page(m, &index, last, MARKED_PAGES)); index++) {
        int e = 0;
        lock_page(page);
        if (page->mapping == m)
            e = write_locked_page(m, page);
        unlock_put_page(page);
        err = err ? err : e;
        cond_resched();
    }
    return err;
}

int filemap_write_range(struct address_space *m, uint64_t first, uint64_t last)
{
    int err = write_pages(m, first, last);

    spin_lock(&m->lock);
    err = err ? err : m->error;
    m->error = 0;
    spin_unlock(&m->lock);
    return err;
}

int filemap_write_and_wait(struct address_space *m)
{
    return filemap_write_range(m, 0, UINT64_MAX);
}

void balance_dirty_pages(struct address_space *m)
{
    if (likely(filemap_dirty_pages() <= dirty_limit))
        return;
    flusher_hurry();
    write_pages(m, 0, UINT64_MAX);
}

int filemap_sync_all(void)
{
    struct list_head batch = LIST_HEAD_INIT(batch);
    int err = 0;

    mutex_lock(&sync_lock);
    spin_lock(&dirty_lock);
    list_splice_tail(&dirty_mappings, &batch);
    while (!list_empty(&batch)) {
        syncing = list_first_entry(&batch, struct address_space, dirty_node);
        list_move_tail(&syncing->dirty_node, &dirty_mappings);
        spin_unlock(&dirty_lock);

        /* m->error stays for the fsync() of whoever wrote. */
        int e = write_pages(syncing, 0, UINT64_MAX);
        err = err ? err : e;

        spin_lock(&dirty_lock);
        syncing = NULL;
        spin_unlock(&dirty_lock);
        wake_up_all(&syncing_wait);
        spin_lock(&dirty_lock);
    }
    spin_unlock(&dirty_lock);
    mutex_unlock(&sync_lock);
    return err;
}

bool mapping_is_syncing(struct address_space *m)
{
    spin_lock(&dirty_lock);
    bool result = syncing == m;
    spin_unlock(&dirty_lock);
    return result;
}

void wait_not_syncing(struct address_space *m)
{
    wait_event(&syncing_wait, !mapping_is_syncing(m));
}
