/* SPDX-License-Identifier: MIT */
/*
 * The machine's memory. Physical addresses without memory behind them are reserved with no access, so
 * that a stray access of mm/ ends the test.
 */
#include "arch/host/host.h"
#include "arch/host/libc.h"
#include "mm/page.h"

uintptr_t host_direct_map, host_vmemmap;

void host_map_memory(void)
{
    host_direct_map = (uintptr_t)host_reserve(HOST_PHYS_END, false);
    host_vmemmap = (uintptr_t)host_reserve(HOST_PHYS_END / PAGE_SIZE * sizeof(struct page), true);
    host_make_accessible(__va(HOST_RAM1_START), HOST_RAM1_SIZE);
    host_make_accessible(__va(HOST_RAM2_START), HOST_RAM2_SIZE);
}
