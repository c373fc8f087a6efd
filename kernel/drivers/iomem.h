/* SPDX-License-Identifier: MIT */
/*
 * The physical address space as /proc/iomem shows it: devices' registers, which drivers report
 * here, and memory, which memblock knows.
 */
#ifndef DRIVERS_IOMEM_H
#define DRIVERS_IOMEM_H

#include "kernel/types.h"

struct seq_file;

/*
 * Notes that [base, base + size) are the registers of `name` (kept by reference). While the machine
 * is being set up, on the boot CPU; a range more than the table holds is not shown.
 */
void iomem_register(paddr_t base, size_t size, const char *name);

/* /proc/iomem in Linux's format: "start-end : name", end inclusive, parts indented. May sleep. */
void show_iomem(struct seq_file *m);

#endif
