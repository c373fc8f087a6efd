/* SPDX-License-Identifier: MIT */
/*
 * Memory before the page allocator: what firmware says is there, less what is taken.
 *
 * Two short sorted arrays of ranges, `memory` and `reserved`. Early allocations mark themselves
 * reserved; what is left in the end goes to the buddy allocator (page_alloc_init()), and from then
 * on the arrays only describe the machine (/proc/iomem). Boot CPU only, no locks. Addresses and
 * sizes are physical bytes; memblock_add() shrinks to whole pages and leaves out page 0, which
 * nobody is ever given; memblock_reserve() grows to whole pages.
 */
#ifndef MM_MEMBLOCK_H
#define MM_MEMBLOCK_H

#include "kernel/types.h"

struct memblock_region {
    paddr_t start, end; /* end is exclusive */
    const char *name;   /* "System RAM", "Kernel image", "Device tree", ... */
};

/* Overlapping and touching ranges (of one name, when reserved) merge. Panics when the array is
 * full. */
void memblock_add(paddr_t start, paddr_t size);
void memblock_reserve(paddr_t start, paddr_t size, const char *name);

/* Early allocations come from [start, end) only: the part of memory that is mapped so far. */
void memblock_set_window(paddr_t start, paddr_t end);

/*
 * `size` bytes, zeroed, aligned to `align` (a power of two, at least PAGE_SIZE is used). Panics
 * when there is none left: the machine is too small to start. Accessible at __va() of the result.
 */
paddr_t memblock_alloc(size_t size, size_t align, const char *name);

/* Region n of each kind, in ascending order, or NULL beyond the last. */
const struct memblock_region *memblock_memory(unsigned n);
const struct memblock_region *memblock_reserved(unsigned n);
paddr_t memblock_start(void); /* of the lowest memory */
paddr_t memblock_end(void);   /* one past the highest */

/* Calls fn for each free range of whole pages, ascending. */
void memblock_for_each_free(void (*fn)(paddr_t start, paddr_t end));

#endif
