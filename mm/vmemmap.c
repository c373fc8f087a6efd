/* SPDX-License-Identifier: MIT */
/* The array of struct page. See vmemmap.h. */
#include "kernel/panic.h"
#include "mm/memblock.h"
#include "mm/pgtable.h"
#include "mm/vmemmap.h"

#define MAX_PFN_RANGES 64 /* as many as memblock has memory regions */

static struct pfn_range {
    pfn_t start, end;
} ranges[MAX_PFN_RANGES];
static unsigned nr_ranges;

bool pfn_valid(pfn_t pfn)
{
    for (unsigned i = 0; i < nr_ranges; i++) {
        if (pfn < ranges[i].end)
            return pfn >= ranges[i].start;
    }
    return false;
}

static vaddr_t entry_va(pfn_t pfn)
{
    return VMEMMAP_START + pfn * sizeof(struct page);
}

/* Maps fresh memory at [va, end): large leaves where they fit wholly, so that none is wasted. */
static void back_range(vaddr_t va, vaddr_t end)
{
    while (va < end) {
        size_t size = PAGE_SIZE;
        if (PT_LEAF_MAX >= 1 && IS_ALIGNED(va, pt_size(1)) && end - va >= pt_size(1))
            size = pt_size(1);
        paddr_t pa = memblock_alloc(size, size, "vmemmap");
        if (pt_map(&kernel_table, va, pa, size, P_KERNEL_RW, 1) < 0)
            panic("vmemmap: no memory for page tables");
        va += size;
    }
}

void vmemmap_map(void)
{
    const struct memblock_region *r;
    vaddr_t backed = VMEMMAP_START; /* regions may share a page of the array */

    for (unsigned i = 0; (r = memblock_memory(i)); i++) {
        vaddr_t start = ALIGN_DOWN(entry_va(r->start >> PAGE_SHIFT), PAGE_SIZE);
        vaddr_t end = ALIGN_UP(entry_va(r->end >> PAGE_SHIFT), PAGE_SIZE);

        back_range(max(backed, start), end);
        backed = end;
    }
}

void vmemmap_init(void)
{
    const struct memblock_region *r;

    for (unsigned i = 0; (r = memblock_memory(i)); i++) {
        BUG_ON(i == MAX_PFN_RANGES);
        ranges[i] = (struct pfn_range){r->start >> PAGE_SHIFT, r->end >> PAGE_SHIFT};
        nr_ranges = i + 1;
        for (pfn_t pfn = ranges[i].start; pfn < ranges[i].end; pfn++) {
            struct page *page = pfn_to_page(pfn);
            *page = (struct page){.flags = PG_reserved};
            list_init(&page->lru);
        }
    }
}
