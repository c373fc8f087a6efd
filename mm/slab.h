/* SPDX-License-Identifier: MIT */
/*
 * The slab allocator: equal objects cut from pages, and kmalloc() on top of it.
 *
 * A slab is a block of pages; its first struct page (PG_slab) holds the cache, the number of
 * objects in use and the first free object; each free object holds the next one. There is no
 * per-object header and no per-slab header: 4 KiB hold 512 objects of 8 bytes.
 *
 * Fast path: each CPU keeps a small array of free objects for each cache and gives and takes there
 * without a lock. Below it, cache->lock (RANK_SLAB) guards the slabs. Neither is used from
 * interrupt handlers. A DEBUG build surrounds each object with red zones, fills free ones with
 * poison, keeps who allocated and who freed, and stops, naming cache, object and both callers, at a
 * double free, a free into the wrong cache, a write past the end or after the free.
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include "mm/page_alloc.h"

struct kmem_cache;

/* The page allocator works. Makes the caches of caches and of kmalloc sizes. Boot CPU, once. */
void slab_init(void);

/*
 * A cache of objects of `size` bytes (1 to 8 KiB) aligned to `align` (a power of two, 0: 8 bytes).
 * `name` is kept by reference. NULL when memory is short. May sleep.
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align);
/* No object may be in use or on another CPU's array: for caches that never left this CPU. */
void kmem_cache_destroy(struct kmem_cache *cache);

/* An object with undefined contents (GFP_ZERO: zeroed), or NULL. May sleep unless GFP_ATOMIC. */
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *cache, void *object);

/*
 * `size` bytes aligned to 8, or to `size` when that is a power of two up to a page; NULL when
 * memory is short. From 8 bytes to 8 KiB out of caches, larger ones (to 4 MiB) as pages from the
 * buddy. kmalloc(0) is a valid unique pointer. kfree(NULL) does nothing.
 */
void *kmalloc(size_t size, gfp_t gfp);
static inline void *kzalloc(size_t size, gfp_t gfp)
{
    return kmalloc(size, gfp | GFP_ZERO);
}
/* Grows or shrinks, keeping the contents; on failure NULL, and the old block stays as it was. */
void *krealloc(void *ptr, size_t size, gfp_t gfp);
void kfree(void *ptr);
/* Bytes usable at a kmalloc'ed pointer. */
size_t ksize(const void *ptr);
char *kstrdup(const char *s, gfp_t gfp);

/*
 * Gives this CPU's arrays and all empty slabs back to the buddy. Returns pages freed. Other CPUs'
 * arrays are theirs alone and stay.
 */
size_t kmem_cache_shrink_all(void);

/* Pages that slabs hold at present. */
size_t slab_pages(void);

struct seq_file;
/* /proc/slabinfo in Linux's format (version 2.1). */
void show_slabinfo(struct seq_file *m);

#endif
