/* SPDX-License-Identifier: MIT */
/*
 * The machine's memory. Physical addresses without memory behind them, and their places in the
 * vmemmap, are reserved with no access, so that a stray access of mm/ ends the test.
 */
#include "arch/host/host.h"
#include "arch/host/libc.h"
#include "mm/page.h"

uintptr_t host_direct_map, host_vmemmap;

/* Memory, and what of the vmemmap describes it, in whole pages as vmemmap_map() backs it. */
static void add_memory(paddr_t start, size_t size)
{
    uintptr_t first = ALIGN_DOWN((uintptr_t)phys_to_page(start), PAGE_SIZE);
    uintptr_t end = ALIGN_UP((uintptr_t)phys_to_page(start + size), PAGE_SIZE);

    host_make_accessible(__va(start), size);
    host_make_accessible((void *)first, end - first);
}

void host_map_memory(void)
{
    host_direct_map = (uintptr_t)host_reserve(HOST_PHYS_END, false);
    host_vmemmap = (uintptr_t)host_reserve(HOST_PHYS_END / PAGE_SIZE * sizeof(struct page), false);
    add_memory(HOST_RAM1_START, HOST_RAM1_SIZE);
    add_memory(HOST_RAM2_START, HOST_RAM2_SIZE);
}
