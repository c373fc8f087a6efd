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

/* Bytes of [va, va + size) that describe memory. */
static size_t needed(vaddr_t va, size_t size)
{
    const struct memblock_region *r;
    size_t sum = 0;

    for (unsigned i = 0; (r = memblock_memory(i)); i++) {
        vaddr_t start = max(va, entry_va(r->start >> PAGE_SHIFT));
        vaddr_t end = min(va + size, entry_va(r->end >> PAGE_SHIFT));
        sum += start < end ? end - start : 0;
    }
    return sum;
}

/* Maps fresh memory at [va, va + size), with one leaf. */
static void back(vaddr_t va, size_t size)
{
    paddr_t pa = memblock_alloc(size, size, "vmemmap");

    if (pt_map(&kernel_table, va, pa, size, P_KERNEL_RW, 1) < 0)
        panic("vmemmap: no memory for page tables");
}

/*
 * Large leaves where three quarters or more are needed: a hole of a few pages is not worth another
 * table.
 */
void vmemmap_map(void)
{
    size_t large = pt_size(1);
    vaddr_t end = entry_va(memblock_end() >> PAGE_SHIFT);

    for (vaddr_t va = ALIGN_DOWN(entry_va(memblock_start() >> PAGE_SHIFT), large); va < end;
         va += large) {
        if (needed(va, large) >= large / 4 * 3) {
            back(va, large);
            continue;
        }
        for (vaddr_t page = va; page < va + large; page += PAGE_SIZE)
            if (needed(page, PAGE_SIZE))
                back(page, PAGE_SIZE);
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
