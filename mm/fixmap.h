/* SPDX-License-Identifier: MIT */
/*
 * The fixmap: slots at addresses known when the kernel is built, for what must be mapped before any
 * allocator works.
 *
 * The firmware slot is 4 MiB at FIXMAP_START: entry code shows firmware's description there with
 * large leaves, until the kernel's own table takes over. Behind it lie single pages.
 */
#ifndef MM_FIXMAP_H
#define MM_FIXMAP_H

#include "mm/layout.h"

enum fixmap_slot {
    FIX_EARLY_CONSOLE, /* the console's registers, when it needs any before ioremap() */
    NR_FIXMAP_SLOTS,
};

#define FIX_FIRMWARE      FIXMAP_START
#define FIX_FIRMWARE_SIZE (4 * MiB)
#define FIX_VA(slot)      (FIXMAP_START + FIX_FIRMWARE_SIZE + (slot)*PAGE_SIZE)

/* Maps one page of physical memory or registers in the kernel's table. Returns its address. */
void *fixmap_set(enum fixmap_slot slot, paddr_t pa, unsigned prot);

#endif
