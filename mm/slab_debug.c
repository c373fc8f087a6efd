/* SPDX-License-Identifier: MIT */
/*
 * What a DEBUG build checks of slab objects.
 *
 *   | object, `size` bytes | red zone to the record | record: state, link, callers, red zone |
 *
 * A free object is full of POISON_FREE, one just given out of POISON_NEW, so that use after free
 * and use before initialization show. The red zones hold RED: behind the object, and at the
 * record's end, which is in front of the next object. Writes into either are found when the object
 * is freed or given out; then the kernel stops with the cache, the object and who allocated and
 * freed it last.
 */
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/string.h"
#include "mm/kmem_cache.h"

#if DEBUG

#define POISON_FREE 0x6b
#define POISON_NEW  0x5a
#define RED         0xbb

enum {
    STATE_FREE = 0x66726565,
    STATE_USED = 0x75736564
};

struct record {
    uint64_t state;
    void *link; /* the slab's list of free objects */
    const void *allocated_by, *freed_by;
    uint8_t red[8];
};

#define MIN_RED 8 /* bytes of red zone, at least */

void slab_debug_layout(struct kmem_cache *cache)
{
    size_t record = ALIGN_UP(cache->size + MIN_RED, 8);

    cache->link = record + offsetof(struct record, link);
    cache->stride = ALIGN_UP(record + sizeof(struct record), cache->align);
}

static struct record *record_of(const struct kmem_cache *cache, const void *object)
{
    return (struct record *)((char *)object + cache->link - offsetof(struct record, link));
}

static void print_caller(const char *what, const void *caller)
{
    size_t offset = 0;
    const char *name = ksym_lookup((vaddr_t)caller, &offset);

    pr_err("  %s by %s+%#zx (%p)\n", what, name ? name : "nobody known", offset, caller);
}

static __noreturn void report(const struct kmem_cache *cache, const void *object, const char *why,
                              const void *caller)
{
    const struct record *r = record_of(cache, object);

    pr_err("slab: cache %s, object %p of %zu bytes: %s\n", cache->name, object, cache->size, why);
    print_caller("last allocated", r->allocated_by);
    print_caller("last freed", r->freed_by);
    print_caller("found", caller);
    panic("slab: cache %s, object %p: %s", cache->name, object, why);
}

static bool filled_with(const void *start, const void *end, uint8_t byte)
{
    for (const uint8_t *p = start; p < (const uint8_t *)end; p++)
        if (*p != byte)
            return false;
    return true;
}

static void check_red_zones(struct kmem_cache *cache, const void *object, const void *caller)
{
    const struct record *r = record_of(cache, object);

    if (!filled_with((const char *)object + cache->size, r, RED))
        report(cache, object, "written past its end", caller);
    if (!filled_with(r->red, r->red + sizeof(r->red), RED))
        report(cache, object, "what follows it was written in front of", caller);
}

void slab_debug_new(struct kmem_cache *cache, void *object)
{
    struct record *r = record_of(cache, object);

    memset(object, POISON_FREE, cache->size);
    memset((char *)object + cache->size, RED, (size_t)((char *)r - (char *)object) - cache->size);
    *r = (struct record){.state = STATE_FREE};
    memset(r->red, RED, sizeof(r->red));
}

void slab_debug_alloc(struct kmem_cache *cache, void *object, const void *caller)
{
    struct record *r = record_of(cache, object);

    if (r->state != STATE_FREE)
        report(cache, object, "its record is damaged", caller);
    check_red_zones(cache, object, caller);
    if (!filled_with(object, (char *)object + cache->size, POISON_FREE))
        report(cache, object, "written after it was freed", caller);
    memset(object, POISON_NEW, cache->size);
    r->state = STATE_USED;
    r->allocated_by = caller;
}

void slab_debug_free(struct kmem_cache *cache, void *object, const void *caller)
{
    struct record *r = record_of(cache, object);
    size_t offset = __pa(object) & ((PAGE_SIZE << cache->order) - 1);

    if (offset % cache->stride || offset / cache->stride >= cache->per_slab)
        panic("slab: cache %s: free of %p, which is inside an object; caller %p", cache->name,
              object, caller);
    if (r->state == STATE_FREE)
        report(cache, object, "double free", caller);
    check_red_zones(cache, object, caller);
    if (r->state != STATE_USED)
        report(cache, object, "its record is damaged", caller);
    memset(object, POISON_FREE, cache->size);
    r->state = STATE_FREE;
    r->freed_by = caller;
}

#endif
