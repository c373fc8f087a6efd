/* SPDX-License-Identifier: MIT */
/* Operations on open regular files that any file system with a page cache can use. See vfs.h. */
#include "kernel/drivers/block.h"
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/sched.h"

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

static int beyond_limit(void)
{
    send_signal(current, SIGXFSZ, from_process());
    return -EFBIG;
}

int file_size_allowed(const struct inode *inode, loff_t size)
{
    bool allowed = size <= inode->i_size || (uint64_t)size <= current->rlim[RLIMIT_FSIZE].cur;

    return allowed ? 0 : beyond_limit();
}

/* As much as RLIMIT_FSIZE allows of n bytes at pos, or -EFBIG. */
static ssize_t write_within_limit(struct inode *inode, uaddr_t buf, size_t n, loff_t pos,
                                  int (*prepare)(struct inode *inode, loff_t pos, size_t n))
{
    uint64_t limit = min(current->rlim[RLIMIT_FSIZE].cur, (uint64_t)INT64_MAX);

    if (n && (uint64_t)pos >= limit)
        return pos == INT64_MAX ? -EFBIG : beyond_limit();
    n = min(n, limit - (uint64_t)pos);
    return mapping_write_user(&inode->i_data, &inode->i_size, buf, n, pos, prepare);
}

ssize_t generic_write_locked(struct file *f, uaddr_t buf, size_t n, loff_t *pos,
                             int (*prepare)(struct inode *inode, loff_t pos, size_t n))
{
    struct inode *inode = file_inode(f);
    ssize_t ret;

    if (f->f_flags & O_APPEND)
        *pos = inode->i_size;
    ret = *pos < 0 ? -EINVAL : write_within_limit(inode, buf, n, *pos, prepare);
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
