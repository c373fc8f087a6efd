/* SPDX-License-Identifier: MIT */
/* Devices on virtio's memory-mapped transport (Virtual I/O Device specification 1.1, 4.2). */
#ifndef DRIVERS_VIRTIO_MMIO_H
#define DRIVERS_VIRTIO_MMIO_H

#include "kernel/types.h"

/* Called for each slot that firmware describes, occupied or not. Boot CPU, allocators up. */
void virtio_mmio_probe(paddr_t base, size_t size, unsigned irq);

#endif
