/* SPDX-License-Identifier: MIT */
/*
 * The slab allocator: caches of equal objects. See slab.h.
 *
 * Every page of a slab has PG_slab and leads to its cache; since a slab is aligned to its size,
 * that leads on to the first page, where freelist and inuse are. Objects on a CPU's array count as
 * in use for their slab.
 *
 * Locks: caches_lock (RANK_SLAB_LIST) guards the list of caches; inside it cache->lock (RANK_SLAB)
 * the cache's slabs; inside that the zones' locks.
 */
#include "kernel/panic.h"
#include "kernel/string.h"
#include "mm/kmem_cache.h"

/* Slabs are at most 8 pages, so that they can be had when memory is broken up. */
#define MAX_SLAB_ORDER 3
/* Empty slabs that a cache keeps for the next burst. */
#define MAX_EMPTY 2

static struct list_head caches = LIST_HEAD_INIT(caches);
static struct spinlock caches_lock = SPINLOCK_INIT("slab caches", RANK_SLAB_LIST);
static struct kmem_cache cache_cache __aligned(64);
static atomic_size_t nr_slab_pages;

static void **link_of(const struct kmem_cache *cache, void *object)
{
    return (void **)((char *)object + cache->link);
}

static struct page *slab_of(const struct kmem_cache *cache, const void *object)
{
    return pfn_to_page(ALIGN_DOWN(page_to_pfn(virt_to_page(object)), 1ul << cache->order));
}

/* The smallest slab that wastes less than an eighth; if none does, the one that wastes least. */
static void choose_order(struct kmem_cache *cache)
{
    size_t best_waste = SIZE_MAX;

    for (unsigned order = 0; order <= MAX_SLAB_ORDER; order++) {
        size_t bytes = PAGE_SIZE << order;
        size_t waste = bytes % cache->stride << (MAX_SLAB_ORDER - order); /* of equal amounts */
        if (bytes < cache->stride || waste >= best_waste)
            continue;
        cache->order = order;
        cache->per_slab = (unsigned)(bytes / cache->stride);
        best_waste = waste;
        if (waste < (PAGE_SIZE << MAX_SLAB_ORDER) / 8)
            break;
    }
}

/* The cache's memory is all zero. */
static void setup(struct kmem_cache *cache, const char *name, size_t size, size_t align)
{
    cache->name = name;
    cache->align = max(align, sizeof(void *));
    cache->size = max(size, sizeof(void *));
    slab_debug_layout(cache);
    choose_order(cache);
    cache->limit = cache->size <= 256    ? MAX_CPU_OBJECTS
                   : cache->size <= 1024 ? 16
                   : cache->size <= 4096 ? 8
                                         : 4;
    spin_lock_init(&cache->lock, name, RANK_SLAB);
    list_init(&cache->partial);
    list_init(&cache->empty);

    spin_lock(&caches_lock);
    list_add_tail(&cache->node, &caches);
    spin_unlock(&caches_lock);
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align)
{
    BUG_ON(size == 0 || size > MAX_OBJECT_SIZE || (align & (align - 1)) || align > PAGE_SIZE);

    struct kmem_cache *cache = slab_alloc(&cache_cache, GFP_ZERO, __builtin_return_address(0));
    if (cache)
        setup(cache, name, size, align);
    return cache;
}

/* A new slab, all its objects free, added to the cache. */
static bool grow(struct kmem_cache *cache, gfp_t gfp)
{
    struct page *slab = alloc_pages_for(gfp & ~GFP_ZERO, cache->order, cache);
    if (!slab)
        return false;

    for (unsigned i = 0; i < 1u << cache->order; i++) {
        slab[i].slab = cache;
        page_set(&slab[i], PG_slab);
    }
    slab->inuse = 0;
    slab->freelist = NULL;
    /* From the last, so that objects are handed out in ascending order. */
    for (unsigned i = cache->per_slab; i-- > 0;) {
        void *object = (char *)page_address(slab) + i * cache->stride;
        slab_debug_new(cache, object);
        *link_of(cache, object) = slab->freelist;
        slab->freelist = object;
    }
    atomic_fetch_add(&nr_slab_pages, 1ul << cache->order);

    spin_lock(&cache->lock);
    list_add(&slab->lru, &cache->empty);
    cache->nr_empty++;
    cache->nr_slabs++;
    spin_unlock(&cache->lock);
    return true;
}

/* Takes empty slabs above `keep` off the cache, onto `list`. cache->lock is held. */
static void take_empty(struct kmem_cache *cache, size_t keep, struct list_head *list)
{
    for (; cache->nr_empty > keep; cache->nr_empty--, cache->nr_slabs--) {
        struct page *slab = list_last_entry(&cache->empty, struct page, lru);
        list_del(&slab->lru);
        list_add(&slab->lru, list);
    }
}

/* Gives slabs that are off the cache back to the buddy. Returns how many pages. */
static size_t release(struct kmem_cache *cache, struct list_head *list)
{
    struct page *slab, *next;
    size_t pages = 0;

    list_for_each_entry_safe (slab, next, list, lru) {
        list_del(&slab->lru);
        for (unsigned i = 0; i < 1u << cache->order; i++) {
            slab[i].private = 0;
            page_clear(&slab[i], PG_slab);
        }
        free_pages(slab, cache->order);
        pages += 1ul << cache->order;
    }
    atomic_fetch_sub(&nr_slab_pages, pages);
    return pages;
}

/* Moves objects from slabs to this CPU's array, up to half its limit. False: there are none. */
static bool refill(struct kmem_cache *cache, struct cpu_array *array)
{
    spin_lock(&cache->lock);
    while (array->count < cache->limit / 2) {
        bool partial = !list_empty(&cache->partial);
        if (!partial && list_empty(&cache->empty))
            break;
        struct page *slab =
            list_first_entry(partial ? &cache->partial : &cache->empty, struct page, lru);
        if (!partial) {
            list_del(&slab->lru);
            list_add(&slab->lru, &cache->partial);
            cache->nr_empty--;
        }
        while (array->count < cache->limit / 2 && slab->freelist) {
            void *object = slab->freelist;
            slab->freelist = *link_of(cache, object);
            slab->inuse++;
            cache->taken++;
            array->objects[array->count++] = object;
        }
        if (!slab->freelist)
            list_del(&slab->lru);
    }
    spin_unlock(&cache->lock);
    return array->count > 0;
}

/* Moves the `n` objects that were freed longest ago from this CPU's array back to their slabs. */
static void flush(struct kmem_cache *cache, struct cpu_array *array, size_t n)
{
    struct list_head unused = LIST_HEAD_INIT(unused);

    spin_lock(&cache->lock);
    for (size_t i = 0; i < n; i++) {
        void *object = array->objects[i];
        struct page *slab = slab_of(cache, object);

        *link_of(cache, object) = slab->freelist;
        slab->freelist = object;
        cache->taken--;
        slab->inuse--;
        list_del(&slab->lru); /* a full slab is on no list, where this does nothing */
        if (slab->inuse == 0) {
            list_add(&slab->lru, &cache->empty);
            cache->nr_empty++;
        } else {
            list_add(&slab->lru, &cache->partial);
        }
    }
    take_empty(cache, MAX_EMPTY, &unused);
    spin_unlock(&cache->lock);

    array->count -= n;
    memmove(array->objects, array->objects + n, array->count * sizeof(void *));
    release(cache, &unused);
}

void *slab_alloc(struct kmem_cache *cache, gfp_t gfp, const void *caller)
{
    struct cpu_array *array;

    if (!(gfp & GFP_ATOMIC))
        lock_assert_may_sleep();
    if (alloc_must_fail())
        return NULL;
    for (;;) {
        array = &cache->arrays[this_cpu()->id];
        if (array->count || refill(cache, array))
            break;
        /* May sleep: afterwards this may be another CPU, and others may have taken the objects. */
        if (!grow(cache, gfp))
            return NULL;
    }
    void *object = array->objects[--array->count];
    slab_debug_alloc(cache, object, caller);
    if (gfp & GFP_ZERO)
        memset(object, 0, cache->size);
    return object;
}

void slab_free(struct kmem_cache *cache, void *object, const void *caller)
{
    struct cpu_array *array = &cache->arrays[this_cpu()->id];

    slab_debug_free(cache, object, caller);
    if (array->count == cache->limit)
        flush(cache, array, cache->limit / 2);
    array->objects[array->count++] = object;
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
    return slab_alloc(cache, gfp, __builtin_return_address(0));
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
    const struct page *page = virt_to_page(object);

    if (unlikely(!pfn_valid(page_to_pfn(page)) || !page_test(page, PG_slab)))
        panic("slab: %p, freed into cache %s, is no slab object", object, cache->name);
    if (unlikely(page->slab != cache))
        panic("slab: object %p of cache %s freed into cache %s", object, page->slab->name,
              cache->name);
    slab_free(cache, object, __builtin_return_address(0));
}

static size_t shrink_cache(struct kmem_cache *cache)
{
    struct cpu_array *array = &cache->arrays[this_cpu()->id];
    struct list_head unused = LIST_HEAD_INIT(unused);

    flush(cache, array, array->count);
    spin_lock(&cache->lock);
    take_empty(cache, 0, &unused);
    spin_unlock(&cache->lock);
    return release(cache, &unused);
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
    spin_lock(&caches_lock);
    list_del(&cache->node);
    spin_unlock(&caches_lock);
    shrink_cache(cache);
    if (cache->nr_slabs)
        panic("slab: cache %s destroyed with %zu objects in use", cache->name, cache->taken);
    slab_free(&cache_cache, cache, __builtin_return_address(0));
}

size_t kmem_cache_shrink_all(void)
{
    struct kmem_cache *cache;
    size_t before = atomic_load(&nr_slab_pages), after;

    spin_lock(&caches_lock);
    list_for_each_entry (cache, &caches, node)
        shrink_cache(cache);
    spin_unlock(&caches_lock);
    after = atomic_load(&nr_slab_pages);
    return before > after ? before - after : 0;
}

size_t slab_pages(void)
{
    return atomic_load(&nr_slab_pages);
}

bool slab_get_info(unsigned n, struct slab_info *out)
{
    struct kmem_cache *cache;
    bool found = false;

    spin_lock(&caches_lock);
    list_for_each_entry (cache, &caches, node) {
        if (n-- > 0)
            continue;
        size_t on_arrays = 0;
        for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
            on_arrays += READ_ONCE(cache->arrays[cpu].count);
        *out = (struct slab_info){
            .name = cache->name,
            .size = cache->size,
            .active = cache->taken > on_arrays ? cache->taken - on_arrays : 0,
            .total = cache->nr_slabs * cache->per_slab,
            .slabs = cache->nr_slabs,
            .empty = cache->nr_empty,
            .per_slab = cache->per_slab,
            .order = cache->order,
            .limit = cache->limit,
        };
        found = true;
        break;
    }
    spin_unlock(&caches_lock);
    return found;
}

void slab_init(void)
{
    setup(&cache_cache, "kmem_cache", sizeof(struct kmem_cache), 64);
    kmalloc_init();
}
