/* SPDX-License-Identifier: MIT */
/*
 * The split virtqueue (2.6): how driver and device hand each other buffers in memory.
 *
 *   descriptor table  (2.6.5) address, length and flags of a buffer each; chained by `next`
 *   available ring    (2.6.6) heads of chains that the driver gave to the device
 *   used ring         (2.6.8) heads of chains that the device is done with
 *
 * All three lie in one page. Free descriptors are chained through `next` as well. The caller's lock
 * guards a queue; nothing here sleeps or, but for the making, allocates.
 */
#ifndef DRIVERS_VIRTQUEUE_H
#define DRIVERS_VIRTQUEUE_H

#include "kernel/drivers/virtio.h"

/* The largest queue whose parts fit in a page; a power of two, as 2.6 demands. */
#define VIRTQUEUE_MAX 128

struct virtq_desc;
struct virtq_avail;
struct virtq_used;

struct virtqueue {
    struct virtio_device *dev;
    unsigned index, size;
    struct virtq_desc *desc;
    struct virtq_avail *avail;
    struct virtq_used *used;
    uint16_t free_head, nr_free;
    uint16_t next_used;          /* of the used ring: what we look at next; wraps at 65536 */
    void *tokens[VIRTQUEUE_MAX]; /* by head of chain: the caller's, while the device has it */
};

/* A piece of physically contiguous memory that the device reads, or writes. */
struct virtq_buffer {
    paddr_t addr;
    uint32_t len;
    bool device_writes;
};

/*
 * Makes queue `index` of the device and enables it: 0, -ENOENT (the device has no such queue) or
 * -ENOMEM. *vq is the caller's memory.
 */
int virtqueue_init(struct virtqueue *vq, struct virtio_device *dev, unsigned index);

/*
 * Makes n buffers (> 0; those that the device reads first) available to the device as one chain. It
 * may not look before virtqueue_kick(). `token` (not NULL) comes back from virtqueue_get(). False:
 * not enough descriptors are free.
 */
bool virtqueue_add(struct virtqueue *vq, const struct virtq_buffer *buffers, unsigned n,
                   void *token);
/* Tells the device, if it wants to be told, that there is something to do. */
void virtqueue_kick(struct virtqueue *vq);
/* The token of a chain that the device is done with, or NULL when there is none. */
void *virtqueue_get(struct virtqueue *vq);

/* Where the device finds the parts. */
paddr_t virtqueue_desc_addr(const struct virtqueue *vq);
paddr_t virtqueue_avail_addr(const struct virtqueue *vq);
paddr_t virtqueue_used_addr(const struct virtqueue *vq);

#endif
