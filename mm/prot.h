/* SPDX-License-Identifier: MIT */
/*
 * What a mapping allows and carries, in the kernel's own words: the language between mm/ and the
 * page-table codecs (<arch/pte.h>).
 *
 * P_WRITE and P_EXEC are always given together with P_READ: not every format can say less.
 */
#ifndef MM_PROT_H
#define MM_PROT_H

enum {
    P_READ = 1 << 0,
    P_WRITE = 1 << 1,
    P_EXEC = 1 << 2,
    P_USER = 1 << 3,
    P_GLOBAL = 1 << 4,   /* the same in every address space */
    P_DEVICE = 1 << 5,   /* uncached, in order */
    P_ACCESSED = 1 << 6, /* set by hardware or by the fault path */
    P_DIRTY = 1 << 7,    /* the same */
    P_SOFT = 1 << 8,     /* free for mm/: hardware ignores it */
};

#define P_RWX (P_READ | P_WRITE | P_EXEC)
/* Kernel leaves have accessed and dirty set from the start, so that no hardware ever faults on
 * them. */
#define P_KERNEL    (P_READ | P_GLOBAL | P_ACCESSED | P_DIRTY)
#define P_KERNEL_RW (P_KERNEL | P_WRITE)
#define P_KERNEL_RX (P_KERNEL | P_EXEC)

#endif
