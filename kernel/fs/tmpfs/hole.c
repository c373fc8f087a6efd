/* SPDX-License-Identifier: MIT */
/*
 * fallocate() for tmpfs: pages allocated ahead of their use, and given back from the middle.
 *
 * What is allocated ahead stays not uptodate until all of the range is there: so a failure knows
 * which pages to take back. Meanwhile they read as the zeroes that they are.
 */
#include "kernel/fs/tmpfs/tmpfs.h"
#include "kernel/sched.h"

/* --- giving back --- */

/* Bytes [start, end) of one page, if it is there. */
static void zero_within_page(struct address_space *m, uint64_t start, uint64_t end)
{
    struct page *page = start < end ? find_lock_page(m, start >> PAGE_SHIFT) : NULL;

    if (!page)
        return;
    if (page_test(page, PG_uptodate)) {
        char *bytes = kmap_local(page);
        memset(bytes + (start & (PAGE_SIZE - 1)), 0, end - start);
        kunmap_local(bytes);
        mark_page_dirty(page);
    }
    unlock_put_page(page);
}

/* i_lock held. */
static int punch_hole(struct inode *inode, uint64_t start, uint64_t end)
{
    uint64_t first = ALIGN_UP(start, PAGE_SIZE), last = ALIGN_DOWN(end, PAGE_SIZE);
    int err = tmpfs_may_punch(inode);

    if (err)
        return err;
    zero_within_page(&inode->i_data, start, min(first, end));
    if (last >= first)
        zero_within_page(&inode->i_data, last, end);
    if (last > first)
        truncate_page_range(&inode->i_data, first >> PAGE_SHIFT, (last >> PAGE_SHIFT) - 1);
    tmpfs_touch(inode);
    return 0;
}

/* --- allocating --- */

static int add_pages(struct address_space *m, uint64_t first, uint64_t last)
{
    for (uint64_t index = first; index <= last; index++) {
        struct page *page = grab_page(m, index);

        if (IS_ERR(page))
            return (int)PTR_ERR(page);
        unlock_put_page(page);
        cond_resched();
        if (fatal_signal_pending(current))
            return -EINTR;
    }
    return 0;
}

/* Makes what was added the file's. */
static void keep_pages(struct address_space *m, uint64_t first, uint64_t last)
{
    for (uint64_t index = first; index <= last; index++) {
        struct page *page = find_lock_page(m, index);

        if (page) {
            fill_page(m, page);
            unlock_put_page(page);
        }
        cond_resched();
    }
}

/* i_lock held. */
static int allocate(struct inode *inode, unsigned mode, uint64_t start, uint64_t end)
{
    uint64_t first = start >> PAGE_SHIFT, last = (end - 1) >> PAGE_SHIFT;
    size_t limit = tmpfs_volume(inode->i_sb)->max_pages;
    bool grows = (loff_t)end > inode->i_size;
    int err = grows ? tmpfs_may_resize(inode, (loff_t)end) : 0;

    if (err)
        return err;
    if (last - first >= (limit ? limit : tmpfs_all_max_pages()))
        return -ENOSPC;
    err = add_pages(&inode->i_data, first, last);
    if (err) {
        drop_unfilled_pages(&inode->i_data, first, last);
        return err;
    }
    keep_pages(&inode->i_data, first, last);
    if (grows && !(mode & FALLOC_FL_KEEP_SIZE)) {
        zero_page_tail(&inode->i_data, inode->i_size);
        WRITE_ONCE(inode->i_size, (loff_t)end);
    }
    inode->i_ctime = current_time();
    return 0;
}

int tmpfs_fallocate(struct file *f, unsigned mode, loff_t start, loff_t len)
{
    struct inode *inode = f->f_inode;
    uint64_t end = (uint64_t)(start + len);
    int err;

    if (mode & ~(unsigned)(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
        return -EOPNOTSUPP;
    mutex_lock(&inode->i_lock);
    if (mode & FALLOC_FL_PUNCH_HOLE)
        err = punch_hole(inode, (uint64_t)start, end);
    else
        err = allocate(inode, mode, (uint64_t)start, end);
    mutex_unlock(&inode->i_lock);
    return err;
}
