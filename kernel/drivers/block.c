/* SPDX-License-Identifier: MIT */
/* Block devices and their page caches. See block.h; the device files are in block_dev.c. */
#include "kernel/drivers/block.h"
#include "kernel/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/string.h"
#include "mm/vmstat.h"

static struct list_head bdevs = LIST_HEAD_INIT(bdevs);
static struct spinlock bdev_lock = SPINLOCK_INIT("block devices", RANK_LEAF);

static uint64_t nr_blocks(const struct block_device *bdev)
{
    return ((uint64_t)bdev->size + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

int bdev_rw_page(struct block_device *bdev, uint64_t block, struct page *page, bool write)
{
    if (block >= nr_blocks(bdev)) {
        pr_err("%s: block %lu is beyond the end\n", bdev->name, (unsigned long)block);
        return -EIO;
    }
    if (write && bdev->read_only)
        return -EIO;
    size_t bytes = min((uint64_t)bdev->size - (block << PAGE_SHIFT), PAGE_SIZE);
    int err = bdev->ops->rw(bdev, block << (PAGE_SHIFT - SECTOR_SHIFT), page, bytes, write);
    count_vm_events(write ? PGPGOUT : PGPGIN, bytes / KiB);

    /* The last block of a disk whose size is no multiple of ours. */
    if (!err && !write && bytes < PAGE_SIZE) {
        char *data = kmap_local(page);
        memset(data + bytes, 0, PAGE_SIZE - bytes);
        kunmap_local(data);
    }
    return err;
}

static int bdev_read_page(struct address_space *m, struct page *page)
{
    return bdev_rw_page(m->host, page->index, page, false);
}

static int bdev_write_page(struct address_space *m, struct page *page)
{
    return bdev_rw_page(m->host, page->index, page, true);
}

static const struct address_space_operations bdev_aops = {
    .read_page = bdev_read_page,
    .write_page = bdev_write_page,
    .is_device = true,
};

struct page *bread(struct block_device *bdev, uint64_t block)
{
    if (block >= nr_blocks(bdev))
        return ERR_PTR(-EIO);
    return read_mapping_page(&bdev->bd_mapping, block);
}

struct page *bread_new(struct block_device *bdev, uint64_t block)
{
    if (block >= nr_blocks(bdev))
        return ERR_PTR(-EIO);
    struct page *page = grab_page(&bdev->bd_mapping, block);
    if (IS_ERR(page))
        return page;
    char *data = kmap_local(page);
    memset(data, 0, PAGE_SIZE);
    kunmap_local(data);
    page_set(page, PG_uptodate);
    mark_page_dirty(page);
    unlock_page(page);
    return page;
}

void bforget(struct block_device *bdev, uint64_t block)
{
    truncate_page(&bdev->bd_mapping, block);
}

int bdev_sync(struct block_device *bdev)
{
    int err = filemap_write_and_wait(&bdev->bd_mapping);

    if (bdev->ops->flush) {
        int flush_err = bdev->ops->flush(bdev);
        err = err ? err : flush_err;
    }
    return err;
}

int bdev_sync_all(void)
{
    struct block_device *bdev;
    int err = 0;

    /* Devices are added only while booting, and stay. */
    list_for_each_entry (bdev, &bdevs, node) {
        int e = bdev_sync(bdev);
        err = err ? err : e;
    }
    return err;
}

size_t bdev_cached_pages(void)
{
    const struct block_device *bdev;
    size_t sum = 0;

    list_for_each_entry (bdev, &bdevs, node)
        sum += READ_ONCE(bdev->bd_mapping.nr_pages);
    return sum;
}

void register_block_device(struct block_device *bdev)
{
    mapping_init(&bdev->bd_mapping, bdev, &bdev_aops);
    spin_lock(&bdev_lock);
    list_add_tail(&bdev->node, &bdevs);
    spin_unlock(&bdev_lock);
    pr_info("%s: %lu MiB%s\n", bdev->name, (unsigned long)bdev->size / MiB,
            bdev->read_only ? ", read only" : "");
}

struct block_device *find_block_device(dev_t dev)
{
    struct block_device *bdev, *found = NULL;

    spin_lock(&bdev_lock);
    list_for_each_entry (bdev, &bdevs, node) {
        if (bdev->dev == dev)
            found = bdev;
    }
    spin_unlock(&bdev_lock);
    return found;
}

int bdev_claim(struct block_device *bdev)
{
    int err = -EBUSY;

    spin_lock(&bdev_lock);
    if (!bdev->claimed && bdev->writers == 0) {
        bdev->claimed = true;
        err = 0;
    }
    spin_unlock(&bdev_lock);
    return err;
}

void bdev_release(struct block_device *bdev)
{
    spin_lock(&bdev_lock);
    bdev->claimed = false;
    spin_unlock(&bdev_lock);
}

int bdev_add_writer(struct block_device *bdev)
{
    int err = bdev->read_only ? -EROFS : 0;

    spin_lock(&bdev_lock);
    if (bdev->claimed)
        err = -EBUSY;
    if (!err)
        bdev->writers++;
    spin_unlock(&bdev_lock);
    return err;
}

void bdev_remove_writer(struct block_device *bdev)
{
    spin_lock(&bdev_lock);
    BUG_ON(bdev->writers == 0);
    bdev->writers--;
    spin_unlock(&bdev_lock);
}
