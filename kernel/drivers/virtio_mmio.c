/* SPDX-License-Identifier: MIT */
/*
 * The memory-mapped transport of virtio, version 2 of its register layout (4.2.2). Version 1,
 * "legacy", is another protocol and not spoken: QEMU is told force-legacy=false.
 *
 * The interrupt is the device's alone; its handler acknowledges it before the driver looks at the
 * queues, so that whatever comes after that look interrupts again.
 */
#include <arch/cpu.h>
#include <arch/irq.h>
#include "kernel/drivers/iomem.h"
#include "kernel/drivers/virtio_mmio.h"
#include "kernel/drivers/virtqueue.h"
#include "kernel/printk.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

/* Offsets of registers, 4.2.2, table 4.1. All but the configuration are 32 bits wide. */
enum mmio_reg {
    REG_MAGIC = 0x000,
    REG_VERSION = 0x004,
    REG_DEVICE_ID = 0x008,
    REG_DEVICE_FEATURES = 0x010,
    REG_DEVICE_FEATURES_SEL = 0x014,
    REG_DRIVER_FEATURES = 0x020,
    REG_DRIVER_FEATURES_SEL = 0x024,
    REG_QUEUE_SEL = 0x030,
    REG_QUEUE_NUM_MAX = 0x034,
    REG_QUEUE_NUM = 0x038,
    REG_QUEUE_READY = 0x044,
    REG_QUEUE_NOTIFY = 0x050,
    REG_INTERRUPT_STATUS = 0x060,
    REG_INTERRUPT_ACK = 0x064,
    REG_STATUS = 0x070,
    REG_QUEUE_DESC_LOW = 0x080,
    REG_QUEUE_DRIVER_LOW = 0x090,
    REG_QUEUE_DEVICE_LOW = 0x0a0,
    REG_CONFIG_GENERATION = 0x0fc,
    REG_CONFIG = 0x100,
};

#define MMIO_MAGIC     0x74726976 /* "virt" */
#define MMIO_VERSION   2
#define INTERRUPT_USED 1 /* a queue has used buffers; 2 would be a change of configuration */

struct virtio_mmio {
    struct virtio_device dev;
    char *regs;
};

static uint32_t read_reg(struct virtio_device *dev, enum mmio_reg reg)
{
    return arch_mmio_read32(container_of(dev, struct virtio_mmio, dev)->regs + reg);
}

static void write_reg(struct virtio_device *dev, enum mmio_reg reg, uint32_t value)
{
    arch_mmio_write32(container_of(dev, struct virtio_mmio, dev)->regs + reg, value);
}

static uint8_t mmio_get_status(struct virtio_device *dev)
{
    return (uint8_t)read_reg(dev, REG_STATUS);
}

static void mmio_set_status(struct virtio_device *dev, uint8_t status)
{
    write_reg(dev, REG_STATUS, status);
    while (status == 0 && read_reg(dev, REG_STATUS) != 0)
        arch_relax();
}

static uint64_t mmio_get_features(struct virtio_device *dev)
{
    write_reg(dev, REG_DEVICE_FEATURES_SEL, 1);
    uint64_t high = read_reg(dev, REG_DEVICE_FEATURES);
    write_reg(dev, REG_DEVICE_FEATURES_SEL, 0);
    return high << 32 | read_reg(dev, REG_DEVICE_FEATURES);
}

static void mmio_set_features(struct virtio_device *dev, uint64_t features)
{
    write_reg(dev, REG_DRIVER_FEATURES_SEL, 1);
    write_reg(dev, REG_DRIVER_FEATURES, (uint32_t)(features >> 32));
    write_reg(dev, REG_DRIVER_FEATURES_SEL, 0);
    write_reg(dev, REG_DRIVER_FEATURES, (uint32_t)features);
}

/* Wider fields than a byte may change between two reads; the generation tells, 4.2.2.1. */
static void mmio_read_config(struct virtio_device *dev, unsigned offset, void *buf, unsigned n)
{
    const char *config = container_of(dev, struct virtio_mmio, dev)->regs + REG_CONFIG + offset;
    uint32_t generation;

    do {
        generation = read_reg(dev, REG_CONFIG_GENERATION);
        for (unsigned i = 0; i < n; i++)
            ((uint8_t *)buf)[i] = arch_mmio_read8(config + i);
    } while (read_reg(dev, REG_CONFIG_GENERATION) != generation);
}

static unsigned mmio_queue_max(struct virtio_device *dev, unsigned index)
{
    write_reg(dev, REG_QUEUE_SEL, index);
    return read_reg(dev, REG_QUEUE_NUM_MAX);
}

static void write_address(struct virtio_device *dev, enum mmio_reg low, paddr_t addr)
{
    write_reg(dev, low, (uint32_t)addr);
    write_reg(dev, low + 4, (uint32_t)(addr >> 32));
}

/* 4.2.3.2 */
static void mmio_enable_queue(struct virtio_device *dev, const struct virtqueue *vq)
{
    write_reg(dev, REG_QUEUE_SEL, vq->index);
    write_reg(dev, REG_QUEUE_NUM, vq->size);
    write_address(dev, REG_QUEUE_DESC_LOW, virtqueue_desc_addr(vq));
    write_address(dev, REG_QUEUE_DRIVER_LOW, virtqueue_avail_addr(vq));
    write_address(dev, REG_QUEUE_DEVICE_LOW, virtqueue_used_addr(vq));
    write_reg(dev, REG_QUEUE_READY, 1);
}

static void mmio_notify(struct virtio_device *dev, unsigned index)
{
    write_reg(dev, REG_QUEUE_NOTIFY, index);
}

static const struct virtio_transport mmio_transport = {
    .get_status = mmio_get_status,
    .set_status = mmio_set_status,
    .get_features = mmio_get_features,
    .set_features = mmio_set_features,
    .read_config = mmio_read_config,
    .queue_max = mmio_queue_max,
    .enable_queue = mmio_enable_queue,
    .notify = mmio_notify,
};

/* 4.2.3.4 */
static void mmio_interrupt(void *data)
{
    struct virtio_device *dev = data;
    uint32_t status = read_reg(dev, REG_INTERRUPT_STATUS);

    write_reg(dev, REG_INTERRUPT_ACK, status);
    if (status & INTERRUPT_USED && dev->queue_interrupt)
        dev->queue_interrupt(dev);
}

/* 4.2.3.1.1. A device of type 0 is an empty slot. */
static enum virtio_type identify(struct virtio_device *dev, paddr_t base)
{
    if (read_reg(dev, REG_MAGIC) != MMIO_MAGIC)
        return VIRTIO_TYPE_NONE;
    enum virtio_type type = read_reg(dev, REG_DEVICE_ID);
    uint32_t version = read_reg(dev, REG_VERSION);
    if (type != VIRTIO_TYPE_NONE && version != MMIO_VERSION) {
        pr_err("virtio-mmio at %#lx: version %u of the transport, only %u is supported\n",
               (unsigned long)base, version, MMIO_VERSION);
        return VIRTIO_TYPE_NONE;
    }
    return type;
}

void virtio_mmio_probe(paddr_t base, size_t size, unsigned irq)
{
    struct virtio_mmio *mmio = kzalloc(sizeof(*mmio), GFP_KERNEL);

    if (!mmio)
        return;
    mmio->dev.transport = &mmio_transport;
    mmio->regs = ioremap(base, size);
    if (!mmio->regs) {
        kfree(mmio);
        return;
    }
    iomem_register(base, size, "virtio-mmio");
    mmio->dev.type = identify(&mmio->dev, base);
    if (mmio->dev.type == VIRTIO_TYPE_NONE ||
        arch_irq_request(irq, mmio_interrupt, &mmio->dev, "virtio-mmio") != 0) {
        iounmap(mmio->regs);
        kfree(mmio);
        return;
    }
    virtio_attach(&mmio->dev);
}
