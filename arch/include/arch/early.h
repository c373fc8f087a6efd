/* SPDX-License-Identifier: MIT */
/*
 * The machine at its two ends: what firmware tells when the kernel starts, and power-off.
 */
#ifndef ARCH_EARLY_H
#define ARCH_EARLY_H

#include "kernel/types.h"

/*
 * Reads firmware's description of the machine: calls memblock_add() and memblock_reserve() for
 * every range, sets boot_command_line, counts CPUs (nr_cpus). First thing kernel_main() does; only
 * the image, the early part of the direct map and the fixmap are mapped.
 */
void arch_early_init(void);

/* Writes to the console before there is a driver, and from panic. No locks, no interrupts. */
void arch_early_putc(char c);

/*
 * The physical range that the tables made by the entry code already show in the direct map: early
 * allocations come from here.
 */
void arch_early_direct_map(paddr_t *start, paddr_t *end);

/* This CPU uses the table at `root` (the kernel's own) from now on. */
void arch_use_kernel_table(paddr_t root);

/*
 * After the allocators are up: interrupt controller, timer, and each device firmware describes,
 * handed to the drivers (ns16550_probe(), virtio_mmio_probe()).
 */
void arch_init(void);
/* The part of it that every further CPU does for itself. */
void arch_init_secondary(void);

/*
 * Ends the machine. With status 0 as a normal power-off; any other status (1-255) becomes QEMU's
 * exit status where the machine has a device for that.
 */
__attribute__((noreturn)) void arch_power_off(int status);
__attribute__((noreturn)) void arch_reboot(void);

#endif
