/* SPDX-License-Identifier: MIT */
/*
 * Slab caches and kmalloc: random allocations on all CPUs, each object filled with a pattern of its
 * own that must be intact when it is freed; all memory comes back. A DEBUG build names every
 * misuse.
 */
#include <arch/smp.h>
#include "arch/host/host.h"
#include "kernel/fs/seq_file.h"
#include "kernel/string.h"
#include "mm/slab.h"
#include "test/unit/unit.h"

#define MAX_OBJECTS 3000
#define NR_CACHES   6

struct object {
    uint8_t *data;
    size_t size;
    uint8_t pattern;
    struct kmem_cache *cache; /* NULL: kmalloc */
};

static struct object objects[MAX_OBJECTS];
static unsigned nr_objects;
static struct kmem_cache *caches[NR_CACHES];
static size_t sizes[NR_CACHES], aligns[NR_CACHES];

static void add(uint8_t *data, size_t size, struct kmem_cache *cache)
{
    struct object o = {data, size, (uint8_t)random_below(256), cache};

    memset(data, o.pattern, size);
    objects[nr_objects++] = o;
}

static void check_pattern(const struct object *o, size_t size)
{
    for (size_t i = 0; i < size; i++)
        CHECK(o->data[i] == o->pattern);
}

static void check_zero(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        CHECK(data[i] == 0);
}

static void alloc_from_cache(gfp_t gfp)
{
    unsigned c = (unsigned)random_below(NR_CACHES);
    uint8_t *data = kmem_cache_alloc(caches[c], gfp);

    if (!data)
        return;
    CHECK(IS_ALIGNED((uintptr_t)data, aligns[c]));
    if (gfp & GFP_ZERO)
        check_zero(data, sizes[c]);
    add(data, sizes[c], caches[c]);
}

static size_t random_size(void)
{
    return random_below(one_in(50) ? 40000 : one_in(4) ? 9000 : 300);
}

static void alloc_by_size(gfp_t gfp)
{
    size_t size = random_size();
    uint8_t *data = kmalloc(size, gfp);
    size_t align = size & (size - 1) ? 8 : max(size, 8ul);

    if (!data)
        return;
    CHECK(IS_ALIGNED((uintptr_t)data, min(align, PAGE_SIZE)));
    CHECK(ksize(data) >= size && ksize(data) <= max(2 * size, 8ul));
    if (gfp & GFP_ZERO)
        check_zero(data, size);
    add(data, size, NULL);
}

static void resize(struct object *o)
{
    size_t size = random_size();
    uint8_t *data = o->cache ? NULL : krealloc(o->data, size, GFP_KERNEL);

    if (!data)
        return;
    o->data = data;
    check_pattern(o, min(size, o->size));
    o->size = size;
    memset(data, o->pattern, size);
}

static void free_object(unsigned i)
{
    struct object o = objects[i];

    check_pattern(&o, o.size);
    objects[i] = objects[--nr_objects];
    if (o.cache)
        kmem_cache_free(o.cache, o.data);
    else
        kfree(o.data);
}

static void shrink_on_all_cpus(void)
{
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
        host_run_on_cpu(cpu);
        kmem_cache_shrink_all();
    }
    host_run_on_cpu(0);
}

static void random_ops(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        gfp_t gfp = (one_in(2) ? GFP_KERNEL : GFP_ATOMIC) | (one_in(4) ? GFP_ZERO : 0);
        bool filling = i / (n / 4) % 2 == 0;
        host_run_on_cpu((unsigned)random_below(MAX_CPUS));
        if (nr_objects < MAX_OBJECTS && (filling ? !one_in(3) : one_in(3)))
            one_in(2) ? alloc_from_cache(gfp) : alloc_by_size(gfp);
        else if (nr_objects && one_in(5))
            resize(&objects[random_below(nr_objects)]);
        else if (nr_objects)
            free_object((unsigned)random_below(nr_objects));
        if (one_in(1000))
            kmem_cache_shrink_all();
    }
}

static void run(unsigned fail_every)
{
    static const char *const names[NR_CACHES] = {"t0", "t1", "t2", "t3", "t4", "t5"};

    shrink_on_all_cpus();
    size_t before = slab_pages();
    for (unsigned i = 0; i < NR_CACHES; i++) {
        sizes[i] = i == 0 ? 8192 : random_below(one_in(2) ? 3000 : 100) + 1;
        aligns[i] = 8ul << random_below(5);
        caches[i] = kmem_cache_create(names[i], sizes[i], aligns[i]);
        CHECK(caches[i]);
    }
    fail_alloc_every = fail_every;
    random_ops(30000);
    fail_alloc_every = 0;
    while (nr_objects)
        free_object(nr_objects - 1);
    shrink_on_all_cpus();
    for (unsigned i = 0; i < NR_CACHES; i++)
        kmem_cache_destroy(caches[i]);
    shrink_on_all_cpus();
    CHECK(slab_pages() == before);
}

TEST(slab_random)
{
    run(0);
}

TEST(slab_failing)
{
    run(4);
}

/* Small objects have no overhead but in a DEBUG build. */
TEST(slab_density)
{
    struct kmem_cache *cache = kmem_cache_create("dense", 8, 8);
    size_t before = slab_pages();

    for (int i = 0; i < 10 * 512; i++)
        CHECK(kmem_cache_alloc(cache, GFP_KERNEL));
    if (!DEBUG)
        CHECK(slab_pages() - before == 10);
}

/* After a burst, what is empty goes back without anybody's asking, but for a little. */
TEST(slab_burst)
{
    struct kmem_cache *cache = kmem_cache_create("burst", 500, 0);
    static void *burst[2000];
    size_t before = slab_pages();

    for (size_t i = 0; i < ARRAY_SIZE(burst); i++)
        CHECK((burst[i] = kmem_cache_alloc(cache, GFP_KERNEL)));
    CHECK(slab_pages() - before >= 2000 * 500 / PAGE_SIZE);
    for (size_t i = 0; i < ARRAY_SIZE(burst); i++)
        kmem_cache_free(cache, burst[i]);
    CHECK(slab_pages() - before <= 40);
}

/* All memory goes into objects, then a NULL; and then all of it comes back. */
TEST(slab_exhaustion)
{
    struct list_head all = LIST_HEAD_INIT(all), *node;
    struct page_counts counts, after;

    shrink_on_all_cpus();
    page_alloc_counts(&counts);
    while ((node = kmalloc(2048, GFP_KERNEL)))
        list_add(node, &all);
    page_alloc_counts(&after);
    CHECK(after.free <= counts.min_wmark + 8);
    while (!list_empty(&all)) {
        node = all.next;
        list_del(node);
        kfree(node);
    }
    shrink_on_all_cpus();
    page_alloc_counts(&after);
    CHECK(after.free == counts.free);
}

TEST(slab_kmalloc_edges)
{
    void *a = kmalloc(0, GFP_KERNEL), *b = kmalloc(0, GFP_KERNEL);

    CHECK(a && b && a != b);
    kfree(a);
    kfree(b);
    kfree(NULL);
    CHECK(!kmalloc(SIZE_MAX, GFP_KERNEL));
    CHECK(!kmalloc((PAGE_SIZE << MAX_ORDER) + 1, GFP_KERNEL));
    a = kmalloc(PAGE_SIZE << MAX_ORDER, GFP_KERNEL);
    CHECK(a && ksize(a) == PAGE_SIZE << MAX_ORDER);
    kfree(a);
    char *s = kstrdup("copied", GFP_KERNEL);
    CHECK(s && strcmp(s, "copied") == 0);
    kfree(s);
    s = krealloc(NULL, 10, GFP_KERNEL);
    CHECK(s);
    kfree(s);
}

TEST(slab_info)
{
    struct seq_file m = {0};
    void *p[100];
    struct kmem_cache *cache = kmem_cache_create("listed", 64, 0);
    unsigned long active, total, size;

    for (int i = 0; i < 100; i++)
        p[i] = kmem_cache_alloc(cache, GFP_KERNEL);
    show_slabinfo(&m);
    CHECK(!m.failed);
    seq_write(&m, "", 1);
    CHECK(strncmp(m.buf, "slabinfo - version: 2.1\n", 24) == 0);
    const char *line = strstr(m.buf, "\nlisted");
    CHECK(line);
    char *end;
    active = strtoul(line + 7, &end, 10);
    total = strtoul(end, &end, 10);
    size = strtoul(end, &end, 10);
    CHECK(active == 100 && total >= 100 && size == 64);
    seq_free(&m);
    for (int i = 0; i < 100; i++)
        kmem_cache_free(cache, p[i]);
    shrink_on_all_cpus();
    kmem_cache_destroy(cache);
}

TEST(slab_wrong_frees)
{
    struct kmem_cache *one = kmem_cache_create("one", 40, 0);
    struct kmem_cache *two = kmem_cache_create("two", 40, 0);
    uint8_t *object = kmem_cache_alloc(one, GFP_KERNEL);
    struct page *page = alloc_page(GFP_KERNEL);

    CHECK_PANICS(kmem_cache_free(two, object), "of cache one freed into cache two");
    CHECK_PANICS(kfree(object), "object of cache one");
    CHECK_PANICS(kfree(page_address(page)), "not allocated by kmalloc");
    CHECK_PANICS(kmem_cache_free(one, page_address(page)), "no slab object");
    CHECK_PANICS(kfree((char *)kmalloc(20000, GFP_KERNEL) + 100), "inside a block");
    CHECK_PANICS(kmem_cache_destroy(one), "cache one destroyed with 1 objects in use");
}

#if DEBUG
TEST(slab_debug)
{
    struct kmem_cache *cache = kmem_cache_create("watched", 42, 0);
    uint8_t *a = kmem_cache_alloc(cache, GFP_KERNEL), *b = kmem_cache_alloc(cache, GFP_KERNEL);

    CHECK(a[0] == a[41] && a[0] != 0);
    kmem_cache_free(cache, a);
    CHECK_PANICS(kmem_cache_free(cache, a), "watched, object");
    CHECK_PANICS(kmem_cache_free(cache, a), "double free");
    CHECK_PANICS(kmem_cache_free(cache, b + 8), "inside an object");
    b[42] = 0;
    CHECK_PANICS(kmem_cache_free(cache, b), "past its end");

    /* The first two of a slab are neighbours. */
    cache = kmem_cache_create("neighbours", 42, 0);
    uint8_t *c = kmem_cache_alloc(cache, GFP_KERNEL), *d = kmem_cache_alloc(cache, GFP_KERNEL);
    max(c, d)[-1] = 0;
    CHECK_PANICS(kmem_cache_free(cache, min(c, d)), "in front");
    c = kmem_cache_alloc(cache, GFP_KERNEL);
    kmem_cache_free(cache, c);
    c[20] = 1;
    CHECK_PANICS(kmem_cache_alloc(cache, GFP_KERNEL), "after it was freed");
}
#endif
