/* SPDX-License-Identifier: MIT */
/*
 * Virtio disks (5.2): each request is one chain of three buffers, the header, the data and a status
 * byte, and as many may be in flight as the queue has room for.
 *
 * Whoever makes a request takes a struct blk_request from the disk's free ones, which were all made
 * at the start, so that I/O allocates nothing: it also has to work when memory is being reclaimed.
 * It then sleeps until the interrupt handler says that the request is done.
 *
 * disk->lock (RANK_DRIVER, interrupts off) guards the queue and the free requests. A request in
 * flight is the device's until the handler has set `done`; waking its owner is the handler's last
 * use of it and happens under the lock, so the owner, who needs the lock to free it, cannot be too
 * early.
 */
#include "kernel/drivers/block.h"
#include "kernel/drivers/virtqueue.h"
#include "kernel/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/slab.h"

/* Feature bits, 5.2.3. */
#define VIRTIO_BLK_F_RO            (1ull << 5)
#define VIRTIO_BLK_F_FLUSH         (1ull << 9)

#define VIRTIO_BLK_CONFIG_CAPACITY 0 /* 5.2.4: uint64_t, in sectors of 512 bytes */

/* Request types and results, 5.2.6. */
enum {
    VIRTIO_BLK_T_IN = 0,
    VIRTIO_BLK_T_OUT = 1,
    VIRTIO_BLK_T_FLUSH = 4
};
enum {
    VIRTIO_BLK_S_OK = 0,
    VIRTIO_BLK_S_IOERR = 1,
    VIRTIO_BLK_S_UNSUPP = 2
};

#define VBLK_MAJOR          254
#define VBLK_MINORS         16 /* numbers each disk has: itself and, one day, its partitions */
#define MAX_DISKS           26
#define BUFFERS_PER_REQUEST 3

struct blk_header {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
};

struct blk_request {
    struct blk_header header; /* the device reads it */
    uint8_t status;           /* the device writes it */
    atomic_bool done;
    struct wait_queue wait;
    struct list_head node; /* on the list of free ones */
};

struct virtio_disk {
    struct block_device bdev;
    struct virtio_device *dev;
    struct spinlock lock;
    struct virtqueue vq;
    struct list_head free;
    struct wait_queue free_wait;
    struct blk_request *requests; /* kmalloc'ed, so contiguous for the device too */
};

static unsigned nr_disks;

static void disk_interrupt(struct virtio_device *dev)
{
    struct virtio_disk *disk = dev->driver;
    irqflags_t flags = spin_lock_irqsave(&disk->lock);
    struct blk_request *req;

    while ((req = virtqueue_get(&disk->vq)) != NULL) {
        atomic_store(&req->done, true);
        wake_up_all(&req->wait);
    }
    spin_unlock_irqrestore(&disk->lock, flags);
}

static struct blk_request *get_request(struct virtio_disk *disk)
{
    struct blk_request *req = NULL;
    irqflags_t flags = spin_lock_irqsave(&disk->lock);

    if (!list_empty(&disk->free)) {
        req = list_first_entry(&disk->free, struct blk_request, node);
        list_del(&req->node);
    }
    spin_unlock_irqrestore(&disk->lock, flags);
    return req;
}

static void put_request(struct virtio_disk *disk, struct blk_request *req)
{
    irqflags_t flags = spin_lock_irqsave(&disk->lock);

    list_add(&req->node, &disk->free);
    spin_unlock_irqrestore(&disk->lock, flags);
    wake_up_one(&disk->free_wait);
}

/* `data` NULL: a request without any. There are never more requests than fit in the queue. */
static void submit(struct virtio_disk *disk, struct blk_request *req,
                   const struct virtq_buffer *data)
{
    struct virtq_buffer chain[BUFFERS_PER_REQUEST];
    unsigned n = 0;

    chain[n++] = (struct virtq_buffer){__pa(&req->header), sizeof(req->header), false};
    if (data)
        chain[n++] = *data;
    chain[n++] = (struct virtq_buffer){__pa(&req->status), sizeof(req->status), true};

    irqflags_t flags = spin_lock_irqsave(&disk->lock);
    bool added = virtqueue_add(&disk->vq, chain, n, req);
    BUG_ON(!added);
    virtqueue_kick(&disk->vq);
    spin_unlock_irqrestore(&disk->lock, flags);
}

static int do_request(struct virtio_disk *disk, uint32_t type, uint64_t sector,
                      const struct virtq_buffer *data)
{
    struct blk_request *req = get_request(disk);

    if (!req)
        wait_event(&disk->free_wait, (req = get_request(disk)) != NULL);
    req->header = (struct blk_header){.type = type, .sector = sector};
    req->status = VIRTIO_BLK_S_IOERR;
    atomic_store(&req->done, false);
    submit(disk, req, data);
    wait_event(&req->wait, atomic_load(&req->done));

    uint8_t status = READ_ONCE(req->status);
    put_request(disk, req);
    return status == VIRTIO_BLK_S_OK ? 0 : -EIO;
}

static int disk_rw(struct block_device *bdev, uint64_t sector, struct page *page, size_t bytes,
                   bool write)
{
    struct virtq_buffer data = {page_to_phys(page), (uint32_t)bytes, !write};
    int err = do_request(bdev->private, write ? VIRTIO_BLK_T_OUT : VIRTIO_BLK_T_IN, sector, &data);

    if (err)
        pr_err("%s: %s error at sector %lu\n", bdev->name, write ? "write" : "read",
               (unsigned long)sector);
    return err;
}

/* 5.2.6.2: without the feature, a write is on the medium when it is done. */
static int disk_flush(struct block_device *bdev)
{
    struct virtio_disk *disk = bdev->private;

    if (bdev->read_only || !(disk->dev->features & VIRTIO_BLK_F_FLUSH))
        return 0;
    int err = do_request(disk, VIRTIO_BLK_T_FLUSH, 0, NULL);
    if (err)
        pr_err("%s: flush error\n", bdev->name);
    return err;
}

static const struct block_device_operations disk_ops = {.rw = disk_rw, .flush = disk_flush};

static int make_requests(struct virtio_disk *disk)
{
    unsigned n = disk->vq.size / BUFFERS_PER_REQUEST;

    if (n == 0)
        return -EINVAL;
    disk->requests = kzalloc(n * sizeof(*disk->requests), GFP_KERNEL);
    if (!disk->requests)
        return -ENOMEM;
    for (unsigned i = 0; i < n; i++) {
        wait_queue_init(&disk->requests[i].wait);
        list_add_tail(&disk->requests[i].node, &disk->free);
    }
    return 0;
}

static int start_disk(struct virtio_disk *disk)
{
    struct virtio_device *dev = disk->dev;
    int err = virtio_negotiate(dev, VIRTIO_BLK_F_RO | VIRTIO_BLK_F_FLUSH);

    if (err)
        return err;
    err = virtqueue_init(&disk->vq, dev, 0);
    if (err)
        return err;
    err = make_requests(disk);
    if (err)
        return err;
    dev->driver = disk;
    dev->queue_interrupt = disk_interrupt;
    virtio_driver_ok(dev);
    return 0;
}

static void announce_disk(struct virtio_disk *disk)
{
    uint64_t sectors;

    disk->dev->transport->read_config(disk->dev, VIRTIO_BLK_CONFIG_CAPACITY, &sectors,
                                      sizeof(sectors));
    disk->bdev.dev = MKDEV(VBLK_MAJOR, nr_disks * VBLK_MINORS);
    snprintf(disk->bdev.name, sizeof(disk->bdev.name), "vd%c", 'a' + nr_disks);
    nr_disks++;
    disk->bdev.size = (loff_t)(min(sectors, (uint64_t)INT64_MAX >> SECTOR_SHIFT) << SECTOR_SHIFT);
    disk->bdev.read_only = disk->dev->features & VIRTIO_BLK_F_RO;
    disk->bdev.ops = &disk_ops;
    disk->bdev.private = disk;
    register_block_device(&disk->bdev);
}

int virtio_blk_attach(struct virtio_device *dev)
{
    if (nr_disks == MAX_DISKS)
        return -EBUSY;
    struct virtio_disk *disk = kzalloc(sizeof(*disk), GFP_KERNEL);
    if (!disk)
        return -ENOMEM;
    disk->dev = dev;
    spin_lock_init(&disk->lock, "virtio disk", RANK_DRIVER);
    list_init(&disk->free);
    wait_queue_init(&disk->free_wait);

    /* What a failed start leaves stays allocated: the device may know of it. */
    int err = start_disk(disk);
    if (!err)
        announce_disk(disk);
    return err;
}
