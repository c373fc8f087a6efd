/* SPDX-License-Identifier: MIT */
/*
 * fallocate(): blocks for the holes of a part of a file, which read as zeroes before and after. The
 * format has no mark for a block that was never written, so the zeroes are written; and none for
 * blocks behind a file's end, so there are none.
 */
#include "kernel/fs/ext2/ext2.h"
#include "kernel/sched.h"

/*
 * A block of zeroes for the file's block `index`, unless it has one, which is asked again under the
 * page's lock: a store through a mapping gives it one as well.
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
        err = ext2_map_block(inode, index, &block);
    if (!err && !page_test(page, PG_uptodate)) {
        void *base = kmap_local(page);
        memset(base, 0, EXT2_BLOCK_SIZE);
        kunmap_local(base);
        page_set(page, PG_uptodate);
    }
    if (!err)
        mark_page_dirty(page);
    unlock_page(page);
    put_page(page);
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

int ext2_fallocate(struct file *f, unsigned mode, loff_t start, loff_t len)
{
    struct inode *inode = f->f_inode;
    int err;

    if (mode & ~(unsigned)FALLOC_FL_KEEP_SIZE)
        return -EOPNOTSUPP;
    if (len > EXT2_MAX_SIZE - start)
        return -EFBIG;
    mutex_lock(&inode->i_lock);
    err = allocate(inode, mode, start, start + len);
    mutex_unlock(&inode->i_lock);
    return err;
}
