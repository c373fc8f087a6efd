/* SPDX-License-Identifier: MIT */
/*
 * Kernel stacks: vmalloc areas with an unmapped page on each side, so that an overflow faults and
 * can be told from any other fault.
 *
 * Stacks come and go with every process. Up to MAX_KEPT freed ones stay mapped on a list
 * (vmap_lock) for the next, so that most forks and exits neither edit the kernel's table nor flush
 * any TLB.
 */
#include <arch/switch.h>
#include "mm/vmap_area.h"

#define MAX_KEPT 16

static struct list_head kept = LIST_HEAD_INIT(kept);
static unsigned nr_kept;
static atomic_size_t nr_used;

static struct vmap_area *take_kept(void)
{
    struct vmap_area *area = NULL;

    spin_lock(&vmap_lock);
    if (nr_kept) {
        nr_kept--;
        area = list_first_entry(&kept, struct vmap_area, list);
        list_del(&area->list);
    }
    spin_unlock(&vmap_lock);
    return area;
}

/*
 * Zeroed, so that nothing of another's memory lies on it; and because QEMU goes on looking for code
 * to forget at every store to a page from which some was executed, until all of that is
 * overwritten: on a page that was a program's text, kernel code would run fifteen times slower.
 */
static struct vmap_area *make_stack(const void *caller)
{
    struct vmap_area *area = vmap_area_create(KSTACK_SIZE, VM_KSTACK, caller);

    if (!area)
        return NULL;
    if (vmap_area_populate(area, GFP_KERNEL | GFP_ZERO)) {
        vmap_area_destroy(area);
        return NULL;
    }
    vmap_area_publish(area);
    return area;
}

void *alloc_kernel_stack(const void *owner)
{
    struct vmap_area *area = take_kept();

    if (!area)
        area = make_stack(__builtin_return_address(0));
    if (!area)
        return NULL;
    area->owner = owner;
    atomic_fetch_add(&nr_used, 1);
    return (void *)area->start;
}

void free_kernel_stack(void *stack)
{
    struct vmap_area *area = vmap_area_at(stack, "free_kernel_stack");

    area->owner = NULL;
    atomic_fetch_sub(&nr_used, 1);
    spin_lock(&vmap_lock);
    bool keep = nr_kept < MAX_KEPT;
    if (keep) {
        list_add(&area->list, &kept);
        nr_kept++;
    }
    spin_unlock(&vmap_lock);
    if (!keep)
        vmap_area_destroy(area);
}

size_t kernel_stacks(void)
{
    return atomic_load(&nr_used);
}

static size_t shrink_kept(size_t pages)
{
    struct vmap_area *area;
    size_t freed = 0;

    while (freed < pages && (area = take_kept())) {
        freed += area->nr_pages;
        vmap_area_destroy(area);
    }
    purge_vmap_areas();
    return freed;
}

void kstack_init(void)
{
    static struct shrinker shrinker = {.name = "kernel stacks", .shrink = shrink_kept};

    register_shrinker(&shrinker);
}
