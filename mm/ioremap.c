/* SPDX-License-Identifier: MIT */
/* ioremap: device registers in the vmalloc window, uncached and in order. See vmalloc.h. */
#include "mm/pgtable.h"
#include "mm/vmap_area.h"

void *ioremap(paddr_t pa, size_t size)
{
    size_t offset = pa % PAGE_SIZE;

    if (size == 0 || size > VMALLOC_END - VMALLOC_START)
        return NULL;
    size = ALIGN_UP(offset + size, PAGE_SIZE);
    struct vmap_area *area = vmap_area_create(size, VM_IOREMAP, __builtin_return_address(0));
    if (!area)
        return NULL;
    area->phys = pa - offset;
    if (pt_map(&kernel_table, area->start, area->phys, size, P_DEVICE | P_KERNEL_RW, 0)) {
        vmap_area_destroy(area);
        return NULL;
    }
    vmap_area_publish(area);
    return (void *)(area->start + offset);
}

void iounmap(void *va)
{
    if (va)
        vmap_area_destroy(vmap_area_at((void *)ALIGN_DOWN((vaddr_t)va, PAGE_SIZE), "iounmap"));
}
