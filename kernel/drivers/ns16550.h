/* SPDX-License-Identifier: MIT */
/* The NS16550 UART, as every PC and QEMU's `virt` machines have it. */
#ifndef DRIVERS_NS16550_H
#define DRIVERS_NS16550_H

#include "kernel/types.h"

/*
 * How its eight registers, numbered from 0, are reached: in memory or otherwise. The functions are
 * called with interrupts on or off, also from a panic, and take no lock.
 */
struct ns16550_regs {
    uint8_t (*read)(const struct ns16550_regs *regs, unsigned reg);
    void (*write)(const struct ns16550_regs *regs, unsigned reg, uint8_t value);
    uintptr_t base; /* these two are theirs */
    unsigned shift;
};
#define NS16550_NR_REGS 8

/*
 * Called for each UART that firmware describes; `regs` is copied. `clock` in Hz, 0 when unknown
 * (the line speed then stays as firmware set it). Boot CPU, allocators up; the first one becomes
 * the console and the log's way out. Returns the terminal's name, or NULL for one that cannot be
 * set up, after a line in the log. May sleep.
 */
const char *ns16550_probe(const struct ns16550_regs *regs, unsigned irq, unsigned clock);

/* The same for registers at physical `base`, spaced 1 << reg_shift bytes: maps and reports them. */
void ns16550_probe_mmio(paddr_t base, size_t size, unsigned irq, unsigned reg_shift,
                        unsigned clock);

#endif
