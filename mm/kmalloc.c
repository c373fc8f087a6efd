/* SPDX-License-Identifier: MIT */
/*
 * kmalloc: memory by size. Up to 8 KiB from a slab cache of the next size, above from the buddy.
 *
 * Which of the two a pointer came from is written in its page: PG_slab or PG_large.
 */
#include "kernel/panic.h"
#include "kernel/string.h"
#include "mm/kmem_cache.h"

static const struct {
    size_t size;
    const char *name;
} sizes[] = {
    {8, "kmalloc-8"},     {16, "kmalloc-16"},   {32, "kmalloc-32"},   {64, "kmalloc-64"},
    {96, "kmalloc-96"},   {128, "kmalloc-128"}, {192, "kmalloc-192"}, {256, "kmalloc-256"},
    {512, "kmalloc-512"}, {1024, "kmalloc-1k"}, {2048, "kmalloc-2k"}, {4096, "kmalloc-4k"},
    {8192, "kmalloc-8k"},
};
static struct kmem_cache *caches[ARRAY_SIZE(sizes)];

/* The cache for a small size, by its number of 8-byte words: most calls are for these. */
#define SMALL 256
static uint8_t small_index[SMALL / 8 + 1];

static unsigned cache_index(size_t size)
{
    unsigned i = 0;

    while (sizes[i].size < size)
        i++;
    return i;
}

void kmalloc_init(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        size_t size = sizes[i].size;
        bool power = (size & (size - 1)) == 0;
        caches[i] = kmem_cache_create(sizes[i].name, size, power ? min(size, PAGE_SIZE) : 8);
        if (!caches[i])
            panic("kmalloc: no memory at boot");
        caches[i]->is_kmalloc = true;
    }
    for (unsigned words = 0; words < ARRAY_SIZE(small_index); words++)
        small_index[words] = (uint8_t)cache_index(words * 8);
}

static void *alloc_large(size_t size, gfp_t gfp, const void *caller)
{
    unsigned order = 0;

    if (size > PAGE_SIZE << MAX_ORDER)
        return NULL;
    while (PAGE_SIZE << order < size)
        order++;
    struct page *page = alloc_pages_for(gfp, order, caller);
    if (!page)
        return NULL;
    page_set(page, PG_large);
    return page_address(page);
}

static void *do_kmalloc(size_t size, gfp_t gfp, const void *caller)
{
    if (size > MAX_OBJECT_SIZE)
        return alloc_large(size, gfp, caller);
    unsigned i = size <= SMALL ? small_index[(size + 7) / 8] : cache_index(size);
    return slab_alloc(caches[i], gfp, caller);
}

void *kmalloc(size_t size, gfp_t gfp)
{
    return do_kmalloc(size, gfp, __builtin_return_address(0));
}

/* The page that says where `ptr` came from; panics when kmalloc() cannot have given it. */
static struct page *page_of(const void *ptr, const char *what)
{
    struct page *page = virt_to_page(ptr);

    if (unlikely(!pfn_valid(page_to_pfn(page)) || !page_test(page, PG_slab | PG_large)))
        panic("%s: %p was not allocated by kmalloc, or is freed", what, ptr);
    if (unlikely(page_test(page, PG_large) && !IS_ALIGNED((uintptr_t)ptr, PAGE_SIZE)))
        panic("%s: %p is inside a block", what, ptr);
    if (unlikely(page_test(page, PG_slab) && !page->slab->is_kmalloc))
        panic("%s: %p is an object of cache %s", what, ptr, page->slab->name);
    return page;
}

static void do_kfree(const void *ptr, const void *caller)
{
    struct page *page = page_of(ptr, "kfree");

    if (page_test(page, PG_slab)) {
        slab_free(page->slab, (void *)ptr, caller);
    } else {
        page_clear(page, PG_large);
        free_pages(page, page->order);
    }
}

void kfree(void *ptr)
{
    if (ptr)
        do_kfree(ptr, __builtin_return_address(0));
}

size_t ksize(const void *ptr)
{
    const struct page *page = page_of(ptr, "ksize");

    return page_test(page, PG_slab) ? page->slab->size : PAGE_SIZE << page->order;
}

void *krealloc(void *ptr, size_t size, gfp_t gfp)
{
    const void *caller = __builtin_return_address(0);
    size_t old = ptr ? ksize(ptr) : 0;

    /* Stay, unless it would leave more than half unused. */
    if (ptr && size <= old && size > old / 2)
        return ptr;
    void *new = do_kmalloc(size, gfp, caller);
    if (ptr && new) {
        memcpy(new, ptr, min(old, size));
        do_kfree(ptr, caller);
    }
    return new;
}

char *kstrdup(const char *s, gfp_t gfp)
{
    size_t size = strlen(s) + 1;
    char *copy = do_kmalloc(size, gfp, __builtin_return_address(0));

    return copy ? memcpy(copy, s, size) : NULL;
}
