/* SPDX-License-Identifier: MIT */
/*
 * Block devices: disks, seen as an array of 4 KiB blocks, each block one page of the page cache.
 *
 * A file system keeps its own data (super block, bitmaps, inode tables, directories' and indirect
 * blocks) in the device's cache, bd_mapping, through bread(), and moves file data with
 * bdev_rw_page() straight between the disk and the pages of the file's own cache. A block is in one
 * of the two at a time: bforget() when a block of the first kind is freed, so that its stale
 * contents are never written over what the block holds next, and bread_new() when one comes into
 * being.
 *
 * Devices are registered at boot and stay. bdev_lock (leaf) guards the list and the claims.
 */
#ifndef KERNEL_DRIVERS_BLOCK_H
#define KERNEL_DRIVERS_BLOCK_H

#include "kernel/fs/vfs.h"
#include "mm/filemap.h"

#define SECTOR_SHIFT 9
#define SECTOR_SIZE  (1u << SECTOR_SHIFT)

struct block_device;

struct block_device_operations {
    /*
     * Moves `bytes` (a multiple of SECTOR_SIZE, at most a page) between the page's start and the
     * disk from `sector` on, and waits: 0 or -EIO. Sleeps. Allocates nothing, for memory may be
     * short.
     */
    int (*rw)(struct block_device *bdev, uint64_t sector, struct page *page, size_t bytes,
              bool write);
    /* What was written before is on the medium when this returns: 0 or -EIO. NULL: no need. */
    int (*flush)(struct block_device *bdev);
};

struct block_device {
    char name[8]; /* "vda" */
    dev_t dev;
    loff_t size; /* in bytes */
    bool read_only;
    bool claimed;     /* by a mounted file system */
    unsigned writers; /* open device files that may write */
    const struct block_device_operations *ops;
    void *private;                   /* the driver's */
    struct address_space bd_mapping; /* page n is block n */
    struct list_head node;
};

/* Name, dev, size, read_only, ops and private are filled in. */
void register_block_device(struct block_device *bdev);
/* NULL when there is no such device. */
struct block_device *find_block_device(dev_t dev);

/*
 * A file system takes the device for itself, or gives it back: while it is claimed, the device file
 * cannot be opened for writing. -EBUSY when it is claimed or open for writing already.
 */
int bdev_claim(struct block_device *bdev);
void bdev_release(struct block_device *bdev);

/*
 * The block's page, uptodate and with a reference more: put_page() it. After changing its bytes
 * mark_page_dirty(). ERR_PTR(-EIO) (also for a block beyond the end), ERR_PTR(-ENOMEM). May sleep.
 */
struct page *bread(struct block_device *bdev, uint64_t block);
/* The same for a block whose contents do not matter: all zero, and dirty. Nothing is read. */
struct page *bread_new(struct block_device *bdev, uint64_t block);
/* The block was freed: its cached page goes, unwritten, even if it is dirtied again. May sleep. */
void bforget(struct block_device *bdev, uint64_t block);

/* One block between the disk and a page, past the device's cache. 0 or -EIO. Sleeps. */
int bdev_rw_page(struct block_device *bdev, uint64_t block, struct page *page, bool write);

/* Writes the device's dirty blocks, then makes the disk keep all it was given. */
int bdev_sync(struct block_device *bdev);
/* That for every device. First error. */
int bdev_sync_all(void);

/* Pages in the devices' own caches, all together. */
size_t bdev_cached_pages(void);

/* A device file that may write is opened (-EBUSY: claimed; -EROFS), and closed. */
int bdev_add_writer(struct block_device *bdev);
void bdev_remove_writer(struct block_device *bdev);

/* For inodes of type S_IFBLK: the device itself, through bd_mapping. open() finds it by i_rdev. */
extern const struct file_operations blkdev_fops;

#endif
