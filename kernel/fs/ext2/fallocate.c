/* SPDX-License-Identifier: MIT */
/*
 * fallocate(): blocks for the holes of a part of a file, which read as zeroes before and after, and
 * holes where there were blocks. The format has no mark for a block that was never written, so the
 * zeroes are written; and none for blocks behind a file's end, so there are none.
 */
#include "kernel/fs/ext2/ext2.h"
#include "kernel/sched.h"
#include "mm/rmap.h"

/* The locked page's block, of zeroes, which the file has not got. */
static int fill_hole(struct inode *inode, struct page *page)
{
    uint32_t block;
    int err = ext2_map_block(inode, page->index, &block);

    if (err)
        return err;
    if (!page_test(page, PG_uptodate)) {
        void *base = kmap_local(page);
        memset(base, 0, EXT2_BLOCK_SIZE);
        kunmap_local(base);
        page_set(page, PG_uptodate);
    }
    mark_page_dirty(page);
    return 0;
}

/*
 * A block of zeroes for the file's block `index`, unless it has one, which is asked again under the
 * page's lock: a store through a mapping gives it one as well, and its bytes may be on the disk
 * alone by then.
 */
static int allocate_block(struct inode *inode, uint64_t index)
{
    uint32_t block;
    int err = ext2_bmap(inode, index, &block);

    if (err || block)
        return err;
    struct page *page = grab_page(&inode->i_data, index);
    if (IS_ERR(page))
        return (int)PTR_ERR(page);
    err = ext2_bmap(inode, index, &block);
    if (!err && !block)
        err = fill_hole(inode, page);
    unlock_put_page(page);
    return err;
}

static int allocate_range(struct inode *inode, loff_t start, loff_t end)
{
    uint64_t first = (uint64_t)start >> EXT2_BLOCK_SHIFT;
    uint64_t last = (uint64_t)(end - 1) >> EXT2_BLOCK_SHIFT;
    uint64_t own = inode->i_blocks / EXT2_SECTORS_PER_BLOCK;

    /* What cannot end well does not begin. */
    if (last - first >= READ_ONCE(ext2_volume(inode->i_sb)->free_blocks) + own)
        return -ENOSPC;
    for (uint64_t index = first; index <= last; index++) {
        int err = allocate_block(inode, index);

        if (err)
            return err;
        balance_dirty_pages(&inode->i_data);
        cond_resched();
        if (fatal_signal_pending(current))
            return -EINTR;
    }
    return 0;
}

/* i_lock held. */
static int allocate(struct inode *inode, unsigned mode, loff_t start, loff_t end)
{
    bool keep_size = mode & FALLOC_FL_KEEP_SIZE;
    int err;

    if (keep_size && end > (loff_t)ALIGN_UP((uint64_t)inode->i_size, EXT2_BLOCK_SIZE))
        return -EOPNOTSUPP;
    err = allocate_range(inode, start, end);
    inode->i_ctime = current_time();
    mark_inode_dirty(inode);
    if (err)
        ext2_trim(inode);
    else if (!keep_size && end > inode->i_size)
        err = ext2_truncate(inode, end);
    return err;
}

/* --- holes --- */

/* The page of block `index`, which the file has, locked and with its bytes. ERR_PTR. */
static struct page *lock_block_page(struct inode *inode, uint64_t index)
{
    struct page *page = grab_page(&inode->i_data, index);
    int err = IS_ERR(page) ? 0 : fill_page(&inode->i_data, page);

    if (!err)
        return page;
    unlock_put_page(page);
    return ERR_PTR(err);
}

/*
 * Zeroes bytes [from, to) of the file's block `index`; the whole block is given back. Its page
 * stays, for whoever has it mapped: their next store finds it without a block and clean.
 */
static int punch_block(struct inode *inode, uint64_t index, size_t from, size_t to)
{
    struct page *page;
    uint32_t block;
    int err = ext2_bmap(inode, index, &block);

    if (err || !block || from == to)
        return err;
    page = lock_block_page(inode, index);
    if (IS_ERR(page))
        return (int)PTR_ERR(page);
    uint8_t *base = kmap_local(page);
    if (to - from < EXT2_BLOCK_SIZE) {
        memset(base + from, 0, to - from);
        mark_page_dirty(page);
    } else {
        page_mkclean(page);
        memset(base, 0, EXT2_BLOCK_SIZE);
        cancel_page_dirty(&inode->i_data, page);
        err = ext2_unmap_block(inode, index);
    }
    kunmap_local(base);
    unlock_put_page(page);
    return err;
}

/* i_lock held. Nothing is behind the file's end. */
static int punch_hole(struct inode *inode, loff_t start, loff_t end)
{
    loff_t stop = min(end, (loff_t)ALIGN_UP((uint64_t)inode->i_size, EXT2_BLOCK_SIZE));
    int err = 0;

    for (loff_t pos = start; !err && pos < stop;) {
        size_t from = (size_t)(pos % EXT2_BLOCK_SIZE);
        size_t to = (size_t)min(stop - pos + (loff_t)from, (loff_t)EXT2_BLOCK_SIZE);

        err = punch_block(inode, (uint64_t)pos >> EXT2_BLOCK_SHIFT, from, to);
        pos += (loff_t)(to - from);
        cond_resched();
        if (!err && pos < stop && fatal_signal_pending(current))
            err = -EINTR;
    }
    ext2_touch(inode);
    return err;
}

int ext2_fallocate(struct file *f, unsigned mode, loff_t start, loff_t len)
{
    struct inode *inode = f->f_inode;
    int err;

    if (mode & ~(unsigned)(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
        return -EOPNOTSUPP;
    if (len > EXT2_MAX_SIZE - start)
        return -EFBIG;
    mutex_lock(&inode->i_lock);
    if (mode & FALLOC_FL_PUNCH_HOLE)
        err = punch_hole(inode, start, start + len);
    else
        err = allocate(inode, mode, start, start + len);
    mutex_unlock(&inode->i_lock);
    return err;
}
