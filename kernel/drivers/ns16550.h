/* SPDX-License-Identifier: MIT */
/* The NS16550 UART, as every PC and QEMU's `virt` machines have it. */
#ifndef DRIVERS_NS16550_H
#define DRIVERS_NS16550_H

#include "kernel/types.h"

/*
 * Called for each UART that firmware describes: registers at physical `base`, spaced 1 << reg_shift
 * bytes; `clock` in Hz, 0 when unknown (the line speed then stays as firmware set it). Boot CPU,
 * allocators up; the first one becomes the console and the log's way out. One that cannot be set up
 * is named in the log and left alone. May sleep.
 */
void ns16550_probe(paddr_t base, size_t size, unsigned irq, unsigned reg_shift, unsigned clock);

#endif
