/* SPDX-License-Identifier: MIT */
/*
 * vmalloc: areas never overlap, are what the page tables say, have guard pages, and are seen alike
 * by every CPU through its TLB; a stale translation never leads to memory that is somebody else's.
 */
#include <arch/smp.h>
#include <arch/switch.h>
#include <arch/trap.h>
#include "arch/host/host.h"
#include "kernel/fs/seq_file.h"
#include "kernel/string.h"
#include "mm/memblock.h"
#include "mm/mm.h"
#include "mm/pgtable.h"
#include "mm/slab.h"
#include "mm/vmap_area.h"
#include "test/unit/machine.h"
#include "test/unit/unit.h"

#define MAX_AREAS 120

struct area {
    void *va;
    size_t size;
    uint8_t pattern;
    bool stack;
};

static struct area areas[MAX_AREAS];
static unsigned nr_areas;

static bool mapped(vaddr_t va)
{
    unsigned prot;
    paddr_t pa;

    if (pt_translate(&kernel_table, va, &pa, &prot))
        return false;
    CHECK(prot == P_KERNEL_RW);
    return true;
}

/* One byte in each page, through this CPU's TLB. */
static void fill(const struct area *a)
{
    for (size_t i = 0; i < a->size; i += PAGE_SIZE) {
        uint8_t *byte = host_translate((vaddr_t)a->va + i, FAULT_WRITE);
        CHECK(byte);
        *byte = (uint8_t)(a->pattern + i / PAGE_SIZE);
    }
}

static void check_area(const struct area *a)
{
    vaddr_t start = (vaddr_t)a->va, end = ALIGN_UP(start + a->size, PAGE_SIZE);

    host_run_on_cpu((unsigned)random_below(MAX_CPUS));
    CHECK(IS_ALIGNED(start, PAGE_SIZE) && start >= VMALLOC_START && end < VMALLOC_END);
    CHECK(!mapped(end) && !mapped(start - 1));
    CHECK(!host_translate(end, FAULT_READ) && !host_translate(start - 1, FAULT_READ));
    for (size_t i = 0; i < a->size; i += PAGE_SIZE) {
        uint8_t *byte = host_translate(start + i, FAULT_READ);
        CHECK(mapped(start + i) && byte);
        CHECK(*byte == (uint8_t)(a->pattern + i / PAGE_SIZE));
    }
    const struct vmap_area *found = find_vmap_area(start + random_below(a->size));
    CHECK(found && found->start == start && found->end == end);
    CHECK(find_vmap_area(end) == found);
    if (a->stack)
        CHECK(find_vmap_area(start - 1) == found && found->owner == a);
}

static void alloc_area(void)
{
    struct area *a = &areas[nr_areas];
    bool zeroed = one_in(3);

    a->stack = one_in(3);
    a->size = a->stack ? KSTACK_SIZE : random_below(20 * PAGE_SIZE) + 1;
    a->pattern = (uint8_t)random_below(256);
    a->va = a->stack ? alloc_kernel_stack(a) : zeroed ? vzalloc(a->size) : vmalloc(a->size);
    if (!a->va)
        return;
    nr_areas++;
    for (size_t i = 0; zeroed && !a->stack && i < a->size; i += 100)
        CHECK(*host_translate((vaddr_t)a->va + i, FAULT_READ) == 0);
    fill(a);
}

static void free_area(unsigned i)
{
    struct area a = areas[i];

    check_area(&areas[i]);
    if (a.stack) {
        free_kernel_stack(a.va);
        const struct vmap_area *kept = find_vmap_area((vaddr_t)a.va);
        CHECK(!kept || !kept->owner);
    } else {
        vfree(a.va);
        CHECK(!mapped((vaddr_t)a.va));
    }
    /* Whatever a CPU still remembers of it belongs to nobody else yet. */
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
        host_run_on_cpu(cpu);
        uint8_t *stale = host_translate((vaddr_t)a.va, FAULT_READ);
        CHECK(!stale || atomic_load(&virt_to_page(stale)->refcount) == 1);
    }
    areas[i] = areas[--nr_areas];
    if (i < nr_areas && areas[i].stack)
        ((struct vmap_area *)find_vmap_area((vaddr_t)areas[i].va))->owner = &areas[i];
}

/* Free pages, when all caches are empty, and page tables: those of the window stay for good. */
static size_t free_or_table(void)
{
    return free_when_idle() + (size_t)atomic_load(&nr_page_table_pages);
}

static void run(unsigned fail_every)
{
    size_t pages = vmalloc_pages(), before = free_or_table();

    for (unsigned i = 0; i < 4000; i++) {
        host_run_on_cpu((unsigned)random_below(MAX_CPUS));
        fail_alloc_every = fail_every;
        bool filling = i / 1000 % 2 == 0;
        if (nr_areas < MAX_AREAS && (filling ? !one_in(3) : one_in(3)))
            alloc_area();
        else if (nr_areas)
            free_area((unsigned)random_below(nr_areas));
        fail_alloc_every = 0;
        if (nr_areas)
            check_area(&areas[random_below(nr_areas)]);
    }
    while (nr_areas)
        free_area(nr_areas - 1);
    CHECK(free_or_table() == before);
    CHECK(vmalloc_pages() == pages);
}

TEST(vmalloc_random)
{
    run(0);
}

TEST(vmalloc_failing)
{
    run(10);
}

/* Ranges of the window by first fit, against a search through the sorted list of what is taken. */
TEST(vmalloc_first_fit)
{
    struct vmap_area *taken[60];
    unsigned n = 0, full = 0;
    size_t window = VMALLOC_END - VMALLOC_START;

    purge_vmap_areas();
    CHECK(!find_vmap_area(VMALLOC_START));
    for (int i = 0; i < 3000; i++) {
        if (n == ARRAY_SIZE(taken) || (n && one_in(3))) {
            unsigned at = (unsigned)random_below(n);
            vmap_area_destroy(taken[at]);
            purge_vmap_areas();
            memmove(&taken[at], &taken[at + 1], (--n - at) * sizeof(taken[0]));
            continue;
        }
        size_t size = (random_below(window >> (PAGE_SHIFT + random_below(10))) + 1) << PAGE_SHIFT;
        vaddr_t expected = VMALLOC_START;
        unsigned at = 0;
        while (at < n && taken[at]->lo - expected < size + PAGE_SIZE)
            expected = taken[at++]->hi;
        bool fits = at < n || VMALLOC_END - expected >= size + PAGE_SIZE;
        struct vmap_area *area = vmap_area_create(size, VM_MAP, NULL);
        CHECK(fits == (area != NULL));
        full += !fits;
        if (!area)
            continue;
        CHECK(area->lo == expected && area->start == expected && area->end == expected + size);
        memmove(&taken[at + 1], &taken[at], (n++ - at) * sizeof(taken[0]));
        taken[at] = area;
    }
    CHECK(full > 0);
}

/* Too much is refused at once, and what cannot be finished is taken back. */
TEST(vmalloc_exhaustion)
{
    size_t before = free_or_table();

    CHECK(!vmalloc(0) && !vmalloc(SIZE_MAX) && !vmalloc(memblock_end() + PAGE_SIZE));
    CHECK(!vmalloc(before * PAGE_SIZE));
    CHECK(!ioremap(0x1000, 0) && !ioremap(0x1000, SIZE_MAX));
    CHECK(free_or_table() == before);
    CHECK(vmalloc_pages() == 0);
}

TEST(vmalloc_vmap_ioremap)
{
    struct page *pages[5];
    unsigned prot;
    paddr_t pa;

    for (int i = 0; i < 5; i++)
        pages[i] = alloc_page(GFP_KERNEL);
    char *va = vmap(pages, 5, P_KERNEL);
    for (int i = 0; i < 5; i++) {
        CHECK(pt_translate(&kernel_table, (vaddr_t)va + (size_t)i * PAGE_SIZE, &pa, &prot) == 0);
        CHECK(pa == page_to_phys(pages[i]) && prot == P_KERNEL);
    }
    CHECK(!host_translate((vaddr_t)va, FAULT_WRITE) && host_translate((vaddr_t)va, FAULT_READ));
    vunmap(va);
    purge_vmap_areas();
    CHECK(!host_translate((vaddr_t)va, FAULT_READ));
    for (int i = 0; i < 5; i++)
        free_pages(pages[i], 0);

    va = ioremap(0x10000ff0, 0x20);
    CHECK(pt_translate(&kernel_table, (vaddr_t)va + 0x1f, &pa, &prot) == 0);
    CHECK(pa == 0x1000100f && prot == (P_KERNEL_RW | P_DEVICE));
    struct seq_file m = {0};
    show_vmallocinfo(&m);
    seq_write(&m, "", 1);
    CHECK(strstr(m.buf, " phys=0x0000000010000000 ioremap\n"));
    seq_free(&m);
    iounmap(va);
}

/* A few freed stacks are kept and given out again, without a change to the kernel's table. */
TEST(vmalloc_kept_stacks)
{
    void *stacks[40], *again;
    unsigned prot;
    paddr_t pa;

    for (size_t i = 0; i < ARRAY_SIZE(stacks); i++)
        CHECK((stacks[i] = alloc_kernel_stack(stacks)));
    CHECK(vmalloc_pages() == 40 * KSTACK_SIZE / PAGE_SIZE);
    for (size_t i = 0; i < ARRAY_SIZE(stacks); i++)
        free_kernel_stack(stacks[i]);
    CHECK(vmalloc_pages() == 16 * KSTACK_SIZE / PAGE_SIZE);
    CHECK(pt_translate(&kernel_table, (vaddr_t)stacks[0], &pa, &prot) == 0);
    again = alloc_kernel_stack(&again);
    CHECK(vmalloc_pages() == 16 * KSTACK_SIZE / PAGE_SIZE);
    free_kernel_stack(again);
    shrink_all(SIZE_MAX);
    CHECK(vmalloc_pages() == 0);
}

TEST(vmalloc_wrong_frees)
{
    char *va = vmalloc(3 * PAGE_SIZE);

    CHECK_PANICS(vfree(va + PAGE_SIZE), "vfree: no area");
    vfree(va);
    CHECK_PANICS(vfree(va), "vfree: no area");
    CHECK_PANICS(free_kernel_stack(&va), "free_kernel_stack: no area");
}
