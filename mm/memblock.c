/* SPDX-License-Identifier: MIT */
/* Memory before the page allocator. See memblock.h. */
#include "kernel/panic.h"
#include "kernel/string.h"
#include "mm/memblock.h"
#include "mm/page.h"

#define MAX_REGIONS 64

/* Sorted by address; regions do not overlap, and touching ones differ in name. */
struct region_list {
    const char *what;
    unsigned count;
    struct memblock_region region[MAX_REGIONS];
};

static struct region_list memory = {.what = "memory"};
static struct region_list reserved = {.what = "reserved"};
static struct memblock_region window = {.end = UINT64_MAX};

static void insert_at(struct region_list *list, unsigned at, struct memblock_region r)
{
    if (list->count == MAX_REGIONS)
        panic("memblock: more than %d ranges of %s memory", MAX_REGIONS, list->what);
    memmove(&list->region[at + 1], &list->region[at], (list->count - at) * sizeof(list->region[0]));
    list->region[at] = r;
    list->count++;
}

static void merge_neighbours(struct region_list *list)
{
    unsigned kept = 0;

    for (unsigned i = 1; i < list->count; i++) {
        struct memblock_region *last = &list->region[kept], *r = &list->region[i];
        if (last->end == r->start && strcmp(last->name, r->name) == 0)
            last->end = r->end;
        else
            list->region[++kept] = *r;
    }
    if (list->count)
        list->count = kept + 1;
}

/* Adds what of [start, end) the list does not cover yet: who came first keeps its name. */
static void add_range(struct region_list *list, paddr_t start, paddr_t end, const char *name)
{
    for (unsigned i = 0; start < end; i++) {
        bool last = i == list->count;
        paddr_t gap_end = last ? end : min(end, list->region[i].start);

        if (start < gap_end) {
            insert_at(list, i, (struct memblock_region){start, gap_end, name});
            start = gap_end;
        } else {
            start = max(start, list->region[i].end);
        }
    }
    merge_neighbours(list);
}

void memblock_add(paddr_t start, paddr_t size)
{
    /* What the direct map's window cannot show cannot be used. */
    paddr_t limit = DIRECT_MAP_END - PAGE_OFFSET;

    if (start >= limit)
        return;
    paddr_t end = ALIGN_DOWN(start + min(size, limit - start), PAGE_SIZE);
    /* Page 0 is never used: that address stands for "none". */
    start = max(ALIGN_UP(start, PAGE_SIZE), PAGE_SIZE);
    if (start < end)
        add_range(&memory, start, end, "System RAM");
}

void memblock_reserve(paddr_t start, paddr_t size, const char *name)
{
    paddr_t end =
        size > UINT64_MAX - PAGE_SIZE - start ? PAGE_MASK : ALIGN_UP(start + size, PAGE_SIZE);
    add_range(&reserved, ALIGN_DOWN(start, PAGE_SIZE), end, name);
}

void memblock_set_window(paddr_t start, paddr_t end)
{
    window.start = start;
    window.end = end;
}

/*
 * The first free range that ends above `from`, clipped to begin there: between reserved ones in a
 * memory region.
 */
static bool next_free(paddr_t from, paddr_t *start, paddr_t *end)
{
    for (unsigned m = 0; m < memory.count; m++) {
        paddr_t s = max(memory.region[m].start, from), e = memory.region[m].end;

        for (unsigned i = 0; i < reserved.count && s < e; i++) {
            const struct memblock_region *r = &reserved.region[i];
            if (r->end <= s)
                continue;
            if (r->start > s) {
                e = min(e, r->start);
                break;
            }
            s = r->end;
        }
        if (s < e) {
            *start = s;
            *end = e;
            return true;
        }
    }
    return false;
}

paddr_t memblock_alloc(size_t size, size_t align, const char *name)
{
    paddr_t best = 0, start, end;
    bool found = false;

    align = max(align, (size_t)PAGE_SIZE);
    size = ALIGN_UP(size, PAGE_SIZE);
    /* From the top: low memory is what devices with short addresses will want. */
    for (paddr_t from = window.start; next_free(from, &start, &end); from = end) {
        end = min(end, window.end);
        if (start >= end)
            break;
        if (size > end - start)
            continue;
        paddr_t at = ALIGN_DOWN(end - size, align);
        if (at >= start) {
            best = at;
            found = true;
        }
    }
    if (!found)
        panic("memblock: no %zu bytes of free memory for %s", size, name);
    memblock_reserve(best, size, name);
    memset(__va(best), 0, size);
    return best;
}

const struct memblock_region *memblock_memory(unsigned n)
{
    return n < memory.count ? &memory.region[n] : NULL;
}

const struct memblock_region *memblock_reserved(unsigned n)
{
    return n < reserved.count ? &reserved.region[n] : NULL;
}

paddr_t memblock_start(void)
{
    return memory.count ? memory.region[0].start : 0;
}

paddr_t memblock_end(void)
{
    return memory.count ? memory.region[memory.count - 1].end : 0;
}

void memblock_for_each_free(void (*fn)(paddr_t start, paddr_t end))
{
    paddr_t start, end;

    for (paddr_t from = 0; next_free(from, &start, &end); from = end)
        fn(start, end);
}
