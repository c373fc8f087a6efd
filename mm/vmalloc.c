/* SPDX-License-Identifier: MIT */
/* vmalloc and vmap: pages from anywhere, in one piece to look at. See vmalloc.h. */
#include "mm/pgtable.h"
#include "mm/vmap_area.h"

static void *vmalloc_for(size_t size, gfp_t gfp, const void *caller)
{
    struct page_counts counts;

    /* What can never succeed fails before it has taken all memory there is. */
    page_alloc_counts(&counts);
    if (size == 0 || size > counts.total * PAGE_SIZE)
        return NULL;
    struct vmap_area *area = vmap_area_create(ALIGN_UP(size, PAGE_SIZE), VM_ALLOC, caller);
    if (!area)
        return NULL;
    if (vmap_area_populate(area, gfp)) {
        vmap_area_destroy(area);
        return NULL;
    }
    vmap_area_publish(area);
    return (void *)area->start;
}

void *vmalloc(size_t size)
{
    return vmalloc_for(size, GFP_KERNEL, __builtin_return_address(0));
}

void *vzalloc(size_t size)
{
    return vmalloc_for(size, GFP_KERNEL | GFP_ZERO, __builtin_return_address(0));
}

void vfree(void *va)
{
    if (va)
        vmap_area_destroy(vmap_area_at(va, "vfree"));
}

void *vmap(struct page **pages, size_t n, unsigned prot)
{
    struct vmap_area *area = vmap_area_create(n * PAGE_SIZE, VM_MAP, __builtin_return_address(0));
    if (!area)
        return NULL;

    for (size_t i = 0; i < n; i++) {
        vaddr_t va = area->start + i * PAGE_SIZE;
        if (pt_map(&kernel_table, va, page_to_phys(pages[i]), PAGE_SIZE, prot, 0)) {
            vmap_area_destroy(area);
            return NULL;
        }
    }
    vmap_area_publish(area);
    return (void *)area->start;
}

void vunmap(void *va)
{
    if (va)
        vmap_area_destroy(vmap_area_at(va, "vunmap"));
}
