/* SPDX-License-Identifier: MIT */
/*
 * Inside vmalloc: areas of the window, for vmalloc.c, ioremap.c and kstack.c. An area that nobody
 * has freed belongs to one of them, who alone maps and unmaps under it.
 */
#ifndef MM_VMAP_AREA_H
#define MM_VMAP_AREA_H

#include "kernel/spinlock.h"
#include "mm/vmalloc.h"

extern struct spinlock vmap_lock;

/* A new area of `size` bytes (page-aligned, > 0), nothing mapped. NULL: no memory, no room. */
struct vmap_area *vmap_area_create(size_t size, enum vm_area_kind kind, const void *caller);

/* Gives it pages of its own, mapped for reading and writing. -ENOMEM: some of them may be there. */
int vmap_area_populate(struct vmap_area *area, gfp_t gfp);

/* Makes what was mapped under it known to all CPUs: before the area's address is handed out. */
void vmap_area_publish(const struct vmap_area *area);

/* Unmaps it; range and pages come back when the TLBs have forgotten it. */
void vmap_area_destroy(struct vmap_area *area);

/* kstack.c: boot. */
void kstack_init(void);

/* The area in use that starts at `va`. Panics when there is none: `what` was called with a wrong
 * one. */
struct vmap_area *vmap_area_at(const void *va, const char *what);

#endif
