/* SPDX-License-Identifier: MIT */
/*
 * The kernel half: builds the kernel's own page table at boot, and shows it.
 *
 * The root's entries get their tables here, once, for every slot that will ever be used: processes
 * copy them, and what is mapped later below them is seen by all.
 */
#include "mm/kernel_map.h"

#include <arch/early.h>
#include <arch/image.h>
#include "kernel/fs/seq_file.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/string.h"
#include "mm/memblock.h"
#include "mm/page_alloc.h"
#include "mm/pgtable.h"
#include "mm/vmemmap.h"

static _Atomic pte_t kernel_root[PT_ENTRIES] __aligned(PAGE_SIZE);

struct window {
    const char *name;
    vaddr_t start, end;
    bool mapped; /* false: a hole, or not the kernel's */
};

static const struct window windows[] = {
    {"user", 0, USER_END, false},
    {"hole", KERNEL_HALF, PAGE_OFFSET, false},
    {"direct-map", PAGE_OFFSET, DIRECT_MAP_END, true},
    {"hole", DIRECT_MAP_END, VMALLOC_START, false},
    {"vmalloc", VMALLOC_START, VMALLOC_END, true},
    {"hole", VMALLOC_END, VMEMMAP_START, false},
    {"vmemmap", VMEMMAP_START, VMEMMAP_END, true},
    {"shadow", SHADOW_START, SHADOW_END, false},
    {"kernel-text", (vaddr_t)__text_start, (vaddr_t)__text_end, true},
    {"kernel-rodata", (vaddr_t)__rodata_start, (vaddr_t)__rodata_end, true},
    {"kernel-data", (vaddr_t)__data_start, (vaddr_t)__kernel_end, true},
    {"fixmap", FIXMAP_START, FIXMAP_END, true},
};

static void map(vaddr_t va, paddr_t pa, size_t size, unsigned prot)
{
    if (pt_map(&kernel_table, va, pa, size, prot, PT_LEAF_MAX))
        panic("no memory for the kernel's page tables");
}

/* A table for every root slot from that of `start` to that of the byte before `end`. */
static void fill_root(vaddr_t start, vaddr_t end)
{
    for (unsigned slot = VA_SLOT(start); slot <= VA_SLOT(end - 1); slot++) {
        struct pt_cursor c;
        if (pt_seek_alloc(&c, &kernel_table, SLOT_VA(slot), PT_LEVELS - 2, GFP_KERNEL))
            panic("no memory for the kernel's page tables");
    }
}

/*
 * All memory at PAGE_OFFSET + pa. What the image has read-only is read-only here too: the second
 * address of a page is no way around the protection of the first.
 */
static void map_direct(void)
{
    paddr_t ro_start = __pa_symbol(__text_start), ro_end = __pa_symbol(__rodata_end);
    const struct memblock_region *r;

    for (unsigned i = 0; (r = memblock_memory(i)); i++) {
        paddr_t cut1 = min(max(ro_start, r->start), r->end);
        paddr_t cut2 = min(max(ro_end, r->start), r->end);
        map(PAGE_OFFSET + r->start, r->start, cut1 - r->start, P_KERNEL_RW);
        map(PAGE_OFFSET + cut1, cut1, cut2 - cut1, P_KERNEL);
        map(PAGE_OFFSET + cut2, cut2, r->end - cut2, P_KERNEL_RW);
    }
    if (PAGE_OFFSET + memblock_end() > DIRECT_MAP_END)
        panic("memory up to %#lx does not fit in the direct map", memblock_end());
}

static void map_image(const char *start, const char *end, unsigned prot)
{
    map((vaddr_t)start, __pa_symbol(start), (size_t)(end - start), prot);
}

void kernel_map_init(void)
{
    paddr_t start, end;

    arch_early_direct_map(&start, &end);
    memblock_set_window(start, end);

    kernel_table.root = kernel_root;
    fill_root(PAGE_OFFSET + memblock_start(), PAGE_OFFSET + memblock_end());
    fill_root(VMALLOC_START, VMALLOC_END);
    fill_root(VMEMMAP_START, VMEMMAP_END);
    fill_root(__START_KERNEL_map, KERNEL_IMAGE_END);
    fill_root(FIXMAP_START, FIXMAP_END);

    map_direct();
    map_image(__text_start, __text_end, P_KERNEL_RX);
    map_image(__rodata_start, __rodata_end, P_KERNEL);
    map_image(__data_start, __kernel_end, P_KERNEL_RW);
    arch_use_kernel_table(__pa_symbol(kernel_root));

    /* All memory is in the direct map now, not only what the early tables showed. */
    memblock_set_window(memblock_start(), memblock_end());
    vmemmap_map();
    vmemmap_init();
}

void kernel_map_check(void)
{
    struct pt_stats all, zero;

    pt_count(&kernel_table, 0, USER_END, &zero);
    pt_count(&kernel_table, KERNEL_HALF, ~0ul, &all);
    for (int level = 0; level < PT_LEVELS; level++)
        if (zero.leaves[level] || zero.tables[level])
            panic("the kernel's table maps something in the user half");
    if (all.write_exec)
        panic("a kernel page is writable and executable");
    if (all.leaves[PT_LEVELS - 1])
        panic("a leaf lies in the root of the kernel's table");
}

/* "2M,4K": the page sizes in use; "-" for none. */
static void page_sizes(const struct pt_stats *stats, char *buf, size_t size)
{
    static const char *const names[] = {"4K", "2M", "1G"};
    size_t n = 0;

    buf[0] = '\0';
    for (int level = PT_LEAF_MAX; level >= 0; level--)
        if (stats->leaves[level])
            n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? "," : "", names[level]);
    if (n == 0)
        strlcpy(buf, "-", size);
}

static void prot_string(unsigned prot, char out[4])
{
    out[0] = prot & P_READ ? 'r' : '-';
    out[1] = prot & P_WRITE ? 'w' : '-';
    out[2] = prot & P_EXEC ? 'x' : '-';
    out[3] = '\0';
}

static void describe_window(const struct window *w, char sizes[16], char prot[4])
{
    struct pt_stats stats;

    pt_count(&kernel_table, w->start, w->end, &stats);
    page_sizes(&stats, sizes, 16);
    prot_string(stats.prot_any, prot);
}

static void human_size(size_t bytes, char out[16])
{
    static const char units[] = "BKMGTPE";
    int unit = 0;

    while (bytes >= 1024 && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    snprintf(out, 16, "%lu%c", bytes, units[unit]);
}

void log_kernel_windows(void)
{
    pr_info("%s paging, a root slot is %lu GiB; memory %#lx-%#lx\n", PT_NAME, ROOT_SLOT_SIZE / GiB,
            memblock_start(), memblock_end());
    pr_info("%-14s %-16s %-16s %8s %9s %-9s %s\n", "window", "start", "end", "size", "slots",
            "pages", "prot");
    for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
        const struct window *w = &windows[i];
        char size[16], sizes[16], prot[4], slots[16];

        human_size(w->end - w->start, size);
        describe_window(w, sizes, prot);
        snprintf(slots, sizeof(slots), "%u-%u", VA_SLOT(w->start), VA_SLOT(w->end - 1));
        pr_info("%-14s %016lx %016lx %8s %9s %-9s %s\n", w->name, w->start, w->end, size, slots,
                sizes, prot);
    }
}

void show_kernel_windows(struct seq_file *m)
{
    for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
        const struct window *w = &windows[i];
        char sizes[16], prot[4];

        if (!w->mapped)
            continue;
        describe_window(w, sizes, prot);
        seq_printf(m, "%016lx-%016lx %u-%u %s %s %s\n", w->start, w->end, VA_SLOT(w->start),
                   VA_SLOT(w->end - 1), w->name, sizes, prot);
    }
}

const char *kernel_window_name(vaddr_t addr)
{
    for (size_t i = 0; i < ARRAY_SIZE(windows); i++)
        if (addr >= windows[i].start && addr < windows[i].end)
            return windows[i].name;
    return "unused";
}
