/* SPDX-License-Identifier: MIT */
/*
 * Inside the slab allocator: what a cache is, shared by slab.c, slab_debug.c, slabinfo.c and
 * kmalloc.c.
 *
 * A slab is cut into slots of `stride` bytes; the object is at the slot's start. In a plain build
 * the slot is the object, and a free object's first word links to the next free one. A DEBUG build
 * puts a red zone and a record behind each object and the link in there, so that all of a free
 * object can be poison.
 */
#ifndef MM_KMEM_CACHE_H
#define MM_KMEM_CACHE_H

#include "kernel/cpu.h"
#include "mm/slab.h"

#define MAX_CPU_OBJECTS 31
#define MAX_OBJECT_SIZE 8192

/* Free objects of one CPU: what was freed last is on top, and still in the hardware's cache. */
struct cpu_array {
    uint64_t count;
    void *objects[MAX_CPU_OBJECTS];
};
_Static_assert(sizeof(struct cpu_array) % 64 == 0, "CPUs share no cache line");

/* Aligned to 64 by the cache of caches. */
struct kmem_cache {
    struct cpu_array arrays[MAX_CPUS];

    const char *name;
    size_t size;  /* of an object, as asked for, at least 8 */
    size_t align; /* of objects */
    size_t stride;
    size_t link;       /* where in a free slot the link to the next is */
    unsigned order;    /* of a slab */
    unsigned per_slab; /* objects in one */
    unsigned limit;    /* of a CPU's array: half of it moves at a time */
    bool is_kmalloc;   /* kfree() may free its objects */

    struct spinlock lock;     /* RANK_SLAB; guards the rest but the arrays */
    struct list_head partial; /* slabs with both kinds of objects; full ones are on no list */
    struct list_head empty;   /* slabs with free objects only */
    size_t nr_slabs, nr_empty;
    size_t taken;          /* objects not in slabs: in use, or on CPUs' arrays */
    struct list_head node; /* on the list of all caches */
};

/* The nth cache's figures for reports; false beyond the last. */
struct slab_info {
    const char *name;
    size_t size, active, total, slabs, empty;
    unsigned per_slab, order, limit;
};
bool slab_get_info(unsigned n, struct slab_info *out);

/* With the caller that reports should name. */
void *slab_alloc(struct kmem_cache *cache, gfp_t gfp, const void *caller);
void slab_free(struct kmem_cache *cache, void *object, const void *caller);

/* kmalloc.c: makes the caches of kmalloc sizes, at boot. */
void kmalloc_init(void);

/* slab_debug.c. In a plain build nothing of it is left. */
#if DEBUG
/* Sets stride and link so that red zone and record fit. */
void slab_debug_layout(struct kmem_cache *cache);
/* A slot of a new slab; an object about to be handed out; one handed in. Panic at what is wrong. */
void slab_debug_new(struct kmem_cache *cache, void *object);
void slab_debug_alloc(struct kmem_cache *cache, void *object, const void *caller);
void slab_debug_free(struct kmem_cache *cache, void *object, const void *caller);
#else
static inline void slab_debug_layout(struct kmem_cache *cache)
{
    cache->stride = ALIGN_UP(cache->size, cache->align);
    cache->link = 0;
}
static inline void slab_debug_new(struct kmem_cache *cache, void *object)
{
    (void)cache, (void)object;
}
static inline void slab_debug_alloc(struct kmem_cache *cache, void *object, const void *caller)
{
    (void)cache, (void)object, (void)caller;
}
static inline void slab_debug_free(struct kmem_cache *cache, void *object, const void *caller)
{
    (void)cache, (void)object, (void)caller;
}
#endif

#endif
