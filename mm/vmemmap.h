/* SPDX-License-Identifier: MIT */
/*
 * vmemmap: the array of struct page, one for each page frame, in a window of its own.
 *
 * The window spans every page frame that the direct map could show; only the parts of it that
 * describe memory are backed, with memory taken from memblock. pfn_valid() (mm/page.h) says which
 * those are; it looks only at a small table made at boot, so it may be called from anywhere.
 */
#ifndef MM_VMEMMAP_H
#define MM_VMEMMAP_H

/* Backs the array for memblock's memory, in the kernel's table. Boot CPU, once. */
void vmemmap_map(void);

/*
 * The kernel's table is in use: initializes the array, every page PG_reserved; the page allocator
 * takes what is free. Boot CPU, once.
 */
void vmemmap_init(void);

#endif
