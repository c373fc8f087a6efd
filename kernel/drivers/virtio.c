/* SPDX-License-Identifier: MIT */
/* Starting a virtio device: which driver, and which features. See virtio.h. */
#include "kernel/drivers/virtio.h"
#include "kernel/errno.h"
#include "kernel/printk.h"

static void add_status(struct virtio_device *dev, uint8_t bits)
{
    dev->transport->set_status(dev, dev->transport->get_status(dev) | bits);
}

int virtio_negotiate(struct virtio_device *dev, uint64_t wanted)
{
    dev->transport->set_status(dev, 0);
    add_status(dev, VIRTIO_STATUS_ACKNOWLEDGE);
    add_status(dev, VIRTIO_STATUS_DRIVER);

    uint64_t offered = dev->transport->get_features(dev);
    if (!(offered & VIRTIO_F_VERSION_1))
        return -ENODEV;
    dev->features = offered & (wanted | VIRTIO_F_VERSION_1);
    dev->transport->set_features(dev, dev->features);

    add_status(dev, VIRTIO_STATUS_FEATURES_OK);
    if (!(dev->transport->get_status(dev) & VIRTIO_STATUS_FEATURES_OK))
        return -ENODEV;
    return 0;
}

void virtio_driver_ok(struct virtio_device *dev)
{
    add_status(dev, VIRTIO_STATUS_DRIVER_OK);
}

void virtio_fail(struct virtio_device *dev)
{
    add_status(dev, VIRTIO_STATUS_FAILED);
}

void virtio_attach(struct virtio_device *dev)
{
    int err;

    if (dev->type != VIRTIO_TYPE_BLOCK) {
        pr_info("virtio: no driver for a device of type %d\n", dev->type);
        return;
    }
    err = virtio_blk_attach(dev);
    if (err) {
        virtio_fail(dev);
        pr_err("virtio: a disk does not start (error %d)\n", -err);
    }
}
