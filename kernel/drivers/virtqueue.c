/* SPDX-License-Identifier: MIT */
/* The split virtqueue. See virtqueue.h. */
#include <arch/cpu.h>
#include "kernel/drivers/virtqueue.h"
#include "kernel/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "mm/page_alloc.h"

enum virtq_flags {
    VIRTQ_DESC_F_NEXT = 1,      /* the chain goes on */
    VIRTQ_DESC_F_WRITE = 2,     /* the device writes this one */
    VIRTQ_USED_F_NO_NOTIFY = 1, /* the device is at work anyway */
};

struct virtq_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags;
    uint16_t next;
};

struct virtq_avail {
    uint16_t flags;
    uint16_t idx; /* where the driver puts the next head; wraps at 65536 */
    uint16_t ring[];
};

struct virtq_used_elem {
    uint32_t id; /* head of the chain */
    uint32_t len;
};

struct virtq_used {
    uint16_t flags;
    uint16_t idx; /* where the device puts the next; wraps at 65536 */
    struct virtq_used_elem ring[];
};

/* Alignments of 16, 2 and 4 bytes are asked for (2.6). */
#define AVAIL_OFFSET(size) ((size) * sizeof(struct virtq_desc))
#define USED_OFFSET(size)                                                                          \
    ALIGN_UP(AVAIL_OFFSET(size) + sizeof(struct virtq_avail) + (size) * sizeof(uint16_t), 4)
_Static_assert(USED_OFFSET((size_t)VIRTQUEUE_MAX) + sizeof(struct virtq_used) +
                       VIRTQUEUE_MAX * sizeof(struct virtq_used_elem) <=
                   PAGE_SIZE,
               "a queue fits in a page");

int virtqueue_init(struct virtqueue *vq, struct virtio_device *dev, unsigned index)
{
    unsigned max = dev->transport->queue_max(dev, index);
    size_t size = VIRTQUEUE_MAX;
    char *mem;

    if (max == 0)
        return -ENOENT;
    while (size > max)
        size /= 2;
    mem = get_zeroed_page(GFP_KERNEL);
    if (!mem)
        return -ENOMEM;
    *vq = (struct virtqueue){
        .dev = dev,
        .index = index,
        .size = (unsigned)size,
        .desc = (void *)mem,
        .avail = (void *)(mem + AVAIL_OFFSET(size)),
        .used = (void *)(mem + USED_OFFSET(size)),
        .nr_free = (uint16_t)size,
    };
    for (size_t i = 0; i + 1 < size; i++)
        vq->desc[i].next = (uint16_t)(i + 1);
    dev->transport->enable_queue(dev, vq);
    return 0;
}

paddr_t virtqueue_desc_addr(const struct virtqueue *vq)
{
    return __pa(vq->desc);
}

paddr_t virtqueue_avail_addr(const struct virtqueue *vq)
{
    return __pa(vq->avail);
}

paddr_t virtqueue_used_addr(const struct virtqueue *vq)
{
    return __pa(vq->used);
}

/* Free descriptors are chained in the table already, so a chain is simply the first n of them. */
bool virtqueue_add(struct virtqueue *vq, const struct virtq_buffer *buffers, unsigned n,
                   void *token)
{
    uint16_t head = vq->free_head, at = head;

    BUG_ON(n == 0 || !token);
    if (n > vq->nr_free)
        return false;
    for (unsigned i = 0; i < n; i++) {
        struct virtq_desc *desc = &vq->desc[at];
        desc->addr = buffers[i].addr;
        desc->len = buffers[i].len;
        desc->flags = (buffers[i].device_writes ? VIRTQ_DESC_F_WRITE : 0) |
                      (i + 1 < n ? VIRTQ_DESC_F_NEXT : 0);
        at = desc->next;
    }
    vq->free_head = at;
    vq->nr_free -= n;
    vq->tokens[head] = token;

    uint16_t idx = vq->avail->idx;
    vq->avail->ring[idx % vq->size] = head;
    arch_wmb(); /* descriptors and entry before the index, 2.6.13.3.1 */
    WRITE_ONCE(vq->avail->idx, idx + 1);
    return true;
}

void virtqueue_kick(struct virtqueue *vq)
{
    arch_mb(); /* our index before we look at the device's flag, 2.6.13.4.1 */
    if (!(READ_ONCE(vq->used->flags) & VIRTQ_USED_F_NO_NOTIFY))
        vq->dev->transport->notify(vq->dev, vq->index);
}

void *virtqueue_get(struct virtqueue *vq)
{
    if (READ_ONCE(vq->used->idx) == vq->next_used)
        return NULL;
    arch_mb(); /* the index before the entry and what the buffers hold, 2.6.14 */

    uint32_t head = vq->used->ring[vq->next_used % vq->size].id;
    if (head >= vq->size || !vq->tokens[head]) {
        pr_err("virtio: the device returned descriptor %u, which it was not given\n", head);
        vq->next_used++;
        return NULL;
    }
    void *token = vq->tokens[head];
    vq->tokens[head] = NULL;
    vq->next_used++;

    uint16_t last = (uint16_t)head;
    unsigned n = 1;
    for (; vq->desc[last].flags & VIRTQ_DESC_F_NEXT; n++)
        last = vq->desc[last].next;
    vq->desc[last].next = vq->free_head;
    vq->free_head = (uint16_t)head;
    vq->nr_free += n;
    return token;
}
