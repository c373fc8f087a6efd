/* SPDX-License-Identifier: MIT */
/*
 * Virtio devices, apart from how they are attached. Section numbers here and in the files around
 * are those of the Virtual I/O Device specification, version 1.1. Everything is little-endian, as
 * are all our machines.
 *
 * The transport (virtio_mmio.c) finds a device, fills in a struct virtio_device and calls
 * virtio_attach(), which gives it to the driver for its kind. The driver negotiates features, sets
 * up its queues, and says virtio_driver_ok(). Devices are found while booting, and stay.
 */
#ifndef DRIVERS_VIRTIO_H
#define DRIVERS_VIRTIO_H

#include "kernel/types.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "virtio's rings are little-endian");

/* Device status bits, 2.1. */
enum virtio_status {
    VIRTIO_STATUS_ACKNOWLEDGE = 1,
    VIRTIO_STATUS_DRIVER = 2,
    VIRTIO_STATUS_DRIVER_OK = 4,
    VIRTIO_STATUS_FEATURES_OK = 8,
    VIRTIO_STATUS_FAILED = 128,
};

/* Device types, 5. */
enum virtio_type {
    VIRTIO_TYPE_NONE = 0,
    VIRTIO_TYPE_BLOCK = 2
};

/* Feature bits that concern every kind of device, 6. */
#define VIRTIO_F_VERSION_1 (1ull << 32)

struct virtio_device;
struct virtqueue;

/* What a transport can do, 4. The driver's own calls come one at a time, but for notify(). */
struct virtio_transport {
    uint8_t (*get_status)(struct virtio_device *dev);
    void (*set_status)(struct virtio_device *dev, uint8_t status); /* 0: reset, and waits for it */
    uint64_t (*get_features)(struct virtio_device *dev);
    void (*set_features)(struct virtio_device *dev, uint64_t features);
    /* Reads `n` bytes of the device's configuration at `offset`, all from one moment, 2.4.1. */
    void (*read_config)(struct virtio_device *dev, unsigned offset, void *buf, unsigned n);
    /* The most entries queue `index` may have; 0: there is no such queue. */
    unsigned (*queue_max)(struct virtio_device *dev, unsigned index);
    /* Tells the device where the queue's three parts are and lets it use them. */
    void (*enable_queue)(struct virtio_device *dev, const struct virtqueue *vq);
    /* There are new buffers in the queue, 2.6.13.4. Does not sleep. */
    void (*notify)(struct virtio_device *dev, unsigned index);
};

struct virtio_device {
    enum virtio_type type;
    const struct virtio_transport *transport;
    uint64_t features; /* as negotiated */
    /* A queue has used buffers. In the interrupt handler: interrupts off, no sleeping. */
    void (*queue_interrupt)(struct virtio_device *dev);
    void *driver; /* the driver's */
};

/* A device was found, and reset. It is ignored when there is no driver for it. May sleep. */
void virtio_attach(struct virtio_device *dev);

/*
 * 3.1.1, steps 1 to 6: acknowledges the device and agrees on those of the `wanted` features that it
 * offers. 0 and dev->features, or -ENODEV when it is not a device of version 1 or refuses.
 */
int virtio_negotiate(struct virtio_device *dev, uint64_t wanted);
/* Step 8: the device is live. */
void virtio_driver_ok(struct virtio_device *dev);
/* The driver gives up on the device. */
void virtio_fail(struct virtio_device *dev);

/* virtio_blk.c: 0 or -errno. */
int virtio_blk_attach(struct virtio_device *dev);

#endif
