/* SPDX-License-Identifier: MIT */
/*
 * Block special files: /dev/vda read and written as one long file, through the device's page cache.
 *
 * file->private is the device. The i_lock of the device's inode orders writers through that inode;
 * each page's lock orders them with all others. A device that a file system has claimed can be
 * read, but not opened for writing.
 */
#include "kernel/drivers/block.h"
#include "kernel/errno.h"
#include "mm/uaccess.h"

/* Linux's numbers (<linux/fs.h>). */
enum {
    BLKGETSIZE = 0x1260, /* sectors of 512 bytes, into a long */
    BLKFLSBUF = 0x1261,  /* write everything */
    BLKSSZGET = 0x1268,  /* sector size, into an int */
};
#define BLKGETSIZE64 0x80081272u /* bytes, into a uint64_t */

static bool opened_for_writing(const struct file *f)
{
    return (f->f_flags & O_ACCMODE) != O_RDONLY;
}

static int blkdev_open(struct inode *inode, struct file *f)
{
    struct block_device *bdev = find_block_device(inode->i_rdev);

    if (!bdev)
        return -ENXIO;
    int err = opened_for_writing(f) ? bdev_add_writer(bdev) : 0;
    if (!err)
        f->private = bdev;
    return err;
}

static void blkdev_release(struct file *f)
{
    struct block_device *bdev = f->private;

    if (!opened_for_writing(f))
        return;
    /* The last chance to have it on the disk before somebody mounts it. */
    bdev_sync(bdev);
    bdev_remove_writer(bdev);
}

static ssize_t blkdev_read(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    struct block_device *bdev = f->private;
    ssize_t ret = mapping_read_user(&bdev->bd_mapping, bdev->size, buf, n, *pos);

    if (ret > 0)
        *pos += ret;
    return ret;
}

static ssize_t blkdev_write(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    struct block_device *bdev = f->private;
    struct inode *inode = file_inode(f);
    ssize_t ret;

    if (*pos < 0)
        return -EINVAL;
    if (n == 0)
        return 0;
    if (*pos >= bdev->size)
        return -ENOSPC;
    n = min(n, (size_t)(bdev->size - *pos));
    mutex_lock(&inode->i_lock);
    ret = mapping_write_user(&bdev->bd_mapping, &bdev->size, buf, n, *pos, NULL);
    mutex_unlock(&inode->i_lock);
    if (ret > 0)
        *pos += ret;
    return ret;
}

static loff_t blkdev_llseek(struct file *f, loff_t offset, int whence)
{
    struct block_device *bdev = f->private;
    loff_t base = whence == SEEK_CUR ? f->f_pos : whence == SEEK_END ? bdev->size : 0;

    if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END)
        return -EINVAL;
    if (__builtin_add_overflow(base, offset, &offset) || offset < 0)
        return -EINVAL;
    f->f_pos = offset;
    return offset;
}

static long blkdev_ioctl(struct file *f, unsigned cmd, uaddr_t arg)
{
    struct block_device *bdev = f->private;
    uint64_t bytes = (uint64_t)bdev->size, sectors = bytes >> SECTOR_SHIFT;
    int sector_size = SECTOR_SIZE;

    switch (cmd) {
    case BLKGETSIZE64:
        return put_user(arg, bytes);
    case BLKGETSIZE:
        return put_user(arg, sectors);
    case BLKSSZGET:
        return put_user(arg, sector_size);
    case BLKFLSBUF:
        return bdev_sync(bdev);
    }
    return -ENOTTY;
}

static int blkdev_fsync(struct file *f, uint64_t first, uint64_t last)
{
    (void)first;
    (void)last;
    return bdev_sync(f->private);
}

const struct file_operations blkdev_fops = {
    .read = blkdev_read,
    .write = blkdev_write,
    .llseek = blkdev_llseek,
    .ioctl = blkdev_ioctl,
    .open = blkdev_open,
    .release = blkdev_release,
    .fsync = blkdev_fsync,
};
