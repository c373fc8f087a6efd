/* SPDX-License-Identifier: MIT */
/*
 * vmalloc: memory that is contiguous in the kernel's virtual space and scattered in physical.
 *
 * Areas lie in the vmalloc window on a red-black tree by address, each with an unmapped guard page
 * behind it (and a kernel stack with one in front too), so that running off an end faults.
 * vmap_lock (RANK_VMAP) guards the tree (vmap_area.c); the page tables and pages under an area
 * belong to whoever owns the area. Addresses and pages of a freed area are used again only after
 * every CPU's TLB has forgotten them: freed areas collect, and are flushed together.
 *
 * Nothing here is called with a spinlock held or from interrupt handlers; all of it may sleep, but
 * for find_vmap_area() and the counter.
 */
#ifndef MM_VMALLOC_H
#define MM_VMALLOC_H

#include "mm/page_alloc.h"
#include "mm/rbtree.h"

enum vm_area_kind {
    VM_ALLOC,
    VM_MAP,
    VM_IOREMAP,
    VM_KSTACK
};

struct vmap_area {
    vaddr_t start, end; /* what is mapped; page-aligned, end is exclusive */
    vaddr_t lo, hi;     /* the same with its guard pages: no two areas overlap in these */
    enum vm_area_kind kind;
    struct list_head pages; /* VM_ALLOC, VM_KSTACK: ours, through page->lru; empty otherwise */
    size_t nr_pages;        /* on that list */
    paddr_t phys;           /* VM_IOREMAP: what `start` shows */
    const void *caller;
    const void *owner; /* VM_KSTACK: the task, for reports; NULL while nobody runs on it */
    bool freed;        /* unmapped, waits for the flush */

    struct list_head list; /* of freed areas, or of stacks kept for reuse */
    struct rb_node node;
    /* Of the subtree below `node`: its lowest and highest address, its largest hole. */
    vaddr_t subtree_lo, subtree_hi;
    size_t subtree_hole;
};

/* The slab allocator and the kernel's table work. Boot CPU, once. */
void vmalloc_init(void);

/*
 * Page-aligned memory of at least `size` bytes (> 0), contents undefined, or NULL when pages or the
 * window run out; then nothing stays allocated. May sleep. Free with vfree(), which takes NULL.
 */
void *vmalloc(size_t size);
void *vzalloc(size_t size);
void vfree(void *va);

/*
 * Shows n (> 0) given pages in one piece with protection `prot` (P_*). vunmap() leaves the pages to
 * the caller, who may free them only after the next purge_vmap_areas(). NULL when it cannot.
 */
void *vmap(struct page **pages, size_t n, unsigned prot);
void vunmap(void *va);

/* Device registers at physical `pa`, any alignment (NULL: no memory); iounmap() takes what it
 * returned. */
void *ioremap(paddr_t pa, size_t size);
void iounmap(void *va);

/*
 * A kernel stack of KSTACK_SIZE bytes, with guard pages at both ends; NULL when memory is short.
 * Returns its lowest address. `owner` is named in reports. A few freed ones are kept for the next
 * call.
 */
void *alloc_kernel_stack(const void *owner);
void free_kernel_stack(void *stack);
/* How many tasks have one; that of CPU 0's idle task, which lies in the image, is not counted. */
size_t kernel_stacks(void);

/* Flushes what was freed and gives it back. Returns pages freed. */
size_t purge_vmap_areas(void);

/*
 * The area that holds `addr` or whose guard page does, or NULL. For reports of a kernel that is
 * about to stop: takes no lock.
 */
const struct vmap_area *find_vmap_area(vaddr_t addr);

/* Pages under vmalloc areas and kernel stacks, without those that wait for the flush. */
size_t vmalloc_pages(void);

struct seq_file;
/* /proc/vmallocinfo in Linux's format. */
void show_vmallocinfo(struct seq_file *m);

#endif
