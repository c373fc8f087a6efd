/* SPDX-License-Identifier: MIT */
/* Operations on open regular files that any file system with a page cache can use. See vfs.h. */
#include "kernel/drivers/block.h"
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"

#define DAY_SECONDS (24 * 60 * 60)

/* Takes no i_lock: a reader may see part of a concurrent write, as it may of a shared mapping. */
ssize_t generic_file_read(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    struct inode *inode = file_inode(f);
    ssize_t ret = mapping_read_user(&inode->i_data, READ_ONCE(inode->i_size), buf, n, *pos);

    if (ret > 0)
        *pos += ret;
    return ret;
}

ssize_t generic_write_locked(struct file *f, uaddr_t buf, size_t n, loff_t *pos,
                             int (*prepare)(struct inode *inode, loff_t pos, size_t n))
{
    struct inode *inode = file_inode(f);
    ssize_t ret;

    if (f->f_flags & O_APPEND)
        *pos = inode->i_size;
    if (*pos < 0) {
        ret = -EINVAL;
    } else if (n && *pos == INT64_MAX) {
        ret = -EFBIG;
    } else {
        n = min(n, (size_t)(INT64_MAX - *pos));
        ret = mapping_write_user(&inode->i_data, &inode->i_size, buf, n, *pos, prepare);
    }
    if (ret > 0) {
        *pos += ret;
        inode->i_mtime = inode->i_ctime = current_time();
        mark_inode_dirty(inode);
    }
    return ret;
}

ssize_t generic_file_write(struct file *f, uaddr_t buf, size_t n, loff_t *pos,
                           int (*prepare)(struct inode *inode, loff_t pos, size_t n))
{
    struct inode *inode = file_inode(f);
    ssize_t ret;

    mutex_lock(&inode->i_lock);
    ret = generic_write_locked(f, buf, n, pos, prepare);
    mutex_unlock(&inode->i_lock);
    return ret;
}

int generic_file_fsync(struct file *f, uint64_t first, uint64_t last)
{
    struct inode *inode = file_inode(f);
    int data_err = filemap_write_range(&inode->i_data, first, last);
    int err = sync_inode(inode);

    if (inode->i_sb->bdev) {
        int bdev_err = bdev_sync(inode->i_sb->bdev);
        err = err ? err : bdev_err;
    }
    return data_err ? data_err : err;
}

int noop_fsync(struct file *f, uint64_t first, uint64_t last)
{
    (void)f, (void)first, (void)last;
    return 0;
}

void file_accessed(struct file *f)
{
    struct inode *inode = file_inode(f);
    struct timespec now;

    if (inode->i_sb->read_only)
        return;
    now = current_time();
    if (inode->i_atime.tv_sec <= inode->i_mtime.tv_sec ||
        now.tv_sec - inode->i_atime.tv_sec >= DAY_SECONDS) {
        inode->i_atime = now;
        mark_inode_dirty(inode);
    }
}
