/* SPDX-License-Identifier: MIT */
/* memblock against a model of one byte for each page: random ranges of memory and reservations. */
#include "arch/host/host.h"
#include "kernel/string.h"
#include "mm/memblock.h"
#include "mm/page.h"
#include "test/unit/unit.h"

#define PAGES (HOST_RAM1_SIZE / PAGE_SIZE)

enum {
    MEMORY = 1,
    RESERVED = 2
};
static uint8_t model[PAGES];

static paddr_t random_range(size_t *size)
{
    size_t first = random_below(PAGES), n = random_below(min(PAGES - first, 200ul)) + 1;

    *size = n * PAGE_SIZE;
    return HOST_RAM1_START + first * PAGE_SIZE;
}

static void mark(paddr_t start, size_t size, uint8_t what)
{
    for (paddr_t pa = start; pa < start + size; pa += PAGE_SIZE)
        model[(pa - HOST_RAM1_START) / PAGE_SIZE] |= what;
}

static void check_list(const struct memblock_region *(*nth)(unsigned), uint8_t what)
{
    size_t page = 0;
    const struct memblock_region *r;

    for (unsigned i = 0; (r = nth(i)); i++) {
        CHECK(r->start < r->end);
        for (; page < (r->start - HOST_RAM1_START) / PAGE_SIZE; page++)
            CHECK(!(model[page] & what));
        for (; page < (r->end - HOST_RAM1_START) / PAGE_SIZE; page++)
            CHECK(model[page] & what);
    }
    for (; page < PAGES; page++)
        CHECK(!(model[page] & what));
}

static size_t next_page;
static void check_free(paddr_t start, paddr_t end)
{
    CHECK(start < end && start >= HOST_RAM1_START);
    for (; next_page < (start - HOST_RAM1_START) / PAGE_SIZE; next_page++)
        CHECK(model[next_page] != MEMORY);
    for (; next_page < (end - HOST_RAM1_START) / PAGE_SIZE; next_page++)
        CHECK(model[next_page] == MEMORY);
}

static void check_all(void)
{
    check_list(memblock_memory, MEMORY);
    check_list(memblock_reserved, RESERVED);
    next_page = 0;
    memblock_for_each_free(check_free);
    for (; next_page < PAGES; next_page++)
        CHECK(model[next_page] != MEMORY);
}

TEST_BEFORE_BOOT(memblock_ranges)
{
    static const char *const names[] = {"one", "two", "three"};
    size_t size;

    for (int i = 0; i < 40; i++) {
        paddr_t start = random_range(&size);
        memblock_add(start, size);
        mark(start, size, MEMORY);
        start = random_range(&size);
        memblock_reserve(start, size, names[random_below(3)]);
        mark(start, size, RESERVED);
        check_all();
    }
}

TEST_BEFORE_BOOT(memblock_rounding)
{
    /* Memory shrinks to whole pages, reservations grow. */
    memblock_add(HOST_RAM1_START + 1, 3 * PAGE_SIZE);
    mark(HOST_RAM1_START + PAGE_SIZE, 2 * PAGE_SIZE, MEMORY);
    memblock_reserve(HOST_RAM1_START + 2 * PAGE_SIZE - 1, 1, "byte");
    mark(HOST_RAM1_START + PAGE_SIZE, PAGE_SIZE, RESERVED);
    check_all();
    /* Nonsense from firmware adds nothing and does no harm. */
    memblock_add(0, 0);
    memblock_add(0, PAGE_SIZE); /* page 0 is nobody's */
    memblock_add(UINT64_MAX - 5, UINT64_MAX);
    memblock_add(DIRECT_MAP_END - PAGE_OFFSET, GiB);
    check_all();
    memblock_add(DIRECT_MAP_END - PAGE_OFFSET - PAGE_SIZE, UINT64_MAX);
    CHECK(memblock_end() == DIRECT_MAP_END - PAGE_OFFSET);
}

TEST_BEFORE_BOOT(memblock_alloc)
{
    memblock_add(HOST_RAM1_START, HOST_RAM1_SIZE);
    mark(HOST_RAM1_START, HOST_RAM1_SIZE, MEMORY);
    memset(__va(HOST_RAM1_START), 0xff, HOST_RAM1_SIZE);
    paddr_t low = HOST_RAM1_START + 4 * MiB, high = low + 8 * MiB;
    memblock_set_window(low, high);
    for (int i = 0; i < 50; i++) {
        size_t size = random_below(9 * PAGE_SIZE) + 1, align = PAGE_SIZE << random_below(3);
        paddr_t pa = memblock_alloc(size, align, "test");
        size = ALIGN_UP(size, PAGE_SIZE);
        CHECK(IS_ALIGNED(pa, align) && pa >= low && pa + size <= high);
        for (size_t i = 0; i < size; i++)
            CHECK(((char *)__va(pa))[i] == 0);
        for (size_t i = 0; i < size / PAGE_SIZE; i++)
            CHECK(model[(pa - HOST_RAM1_START) / PAGE_SIZE + i] == MEMORY);
        mark(pa, size, RESERVED);
    }
    check_all();
    CHECK_PANICS(memblock_alloc(9 * MiB, 1, "too much"), "too much");
}
