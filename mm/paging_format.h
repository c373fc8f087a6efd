/* SPDX-License-Identifier: MIT */
/*
 * The format of page tables as data: for who takes entries apart without being compiled against
 * <arch/pte.h>, be it a program (/proc/kernel_format) or a debugger (kernel/xv39.gdb).
 */
#ifndef MM_PAGING_FORMAT_H
#define MM_PAGING_FORMAT_H

#include "mm/pgtable.h"

/* A named field of an entry: bits `low` to `high`. Lists end with one that has no name. */
struct pte_field {
    const char *name;
    int low, high;
};

struct paging_format {
    const char *name;
    int levels, va_bits, index_bits, page_shift;
    pte_t leaf_bits; /* in a present entry (bit 0) above level 0, any of these makes it a leaf */
    vaddr_t page_offset;     /* physical address 0 in the direct map */
    struct page *page_array; /* by page frame number */
    const struct pte_field *leaf_fields, *table_fields;
};

extern const struct paging_format paging_format;

#endif
