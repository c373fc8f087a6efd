/* SPDX-License-Identifier: MIT */
/*
 * Interrupts of devices. Sources are small numbers, as firmware's description of the device gives
 * them; handlers run with interrupts off, on any CPU, and neither sleep nor allocate.
 */
#ifndef ARCH_IRQ_H
#define ARCH_IRQ_H

#include "kernel/types.h"

/* Routes source `irq` to `handler(data)` and unmasks it. 0 or -EINVAL, -EBUSY. */
int arch_irq_request(unsigned irq, void (*handler)(void *data), void *data, const char *name);

#endif
