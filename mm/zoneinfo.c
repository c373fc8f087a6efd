/* SPDX-License-Identifier: MIT */
/* What memory is used for, in numbers; and /proc/zoneinfo. See memory_use.h. */
#include <arch/switch.h>
#include "kernel/cpu.h"
#include "kernel/fs/seq_file.h"
#include "mm/filemap.h"
#include "mm/memblock.h"
#include "mm/memory_use.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "mm/zone.h"

static size_t counted(atomic_long *count)
{
    long n = atomic_load_explicit(count, memory_order_relaxed);
    return n > 0 ? (size_t)n : 0;
}

void get_memory_use(struct memory_use *out)
{
    struct page_counts counts;

    page_alloc_counts(&counts);
    *out = (struct memory_use){
        .free = counts.free,
        .slab_unreclaimable = slab_pages(),
        .anon = counted(&nr_anon_pages),
        .mapped = counted(&nr_mapped_file_pages),
        .file = filemap_pages(),
        .shmem = filemap_shmem_pages(),
        .dirty = filemap_dirty_pages(),
        .kernel_stack = kernel_stacks() * (KSTACK_SIZE / KiB),
        .page_tables = counted(&nr_page_table_pages),
        .mlock = counted(&nr_mlocked),
    };
    out->active_anon = out->anon + out->shmem;
    out->inactive_file = out->file - min(out->file, out->shmem);
    out->unevictable = out->mlock;
}

void show_node_stats(struct seq_file *m, bool zoneinfo)
{
    struct memory_use use;

    get_memory_use(&use);
    const struct {
        const char *name;
        size_t pages;
    } lines[] = {
        {"nr_inactive_anon", use.inactive_anon},
        {"nr_active_anon", use.active_anon},
        {"nr_inactive_file", use.inactive_file},
        {"nr_active_file", use.active_file},
        {"nr_unevictable", use.unevictable},
        {"nr_slab_reclaimable", use.slab_reclaimable},
        {"nr_slab_unreclaimable", use.slab_unreclaimable},
        {"nr_anon_pages", use.anon},
        {"nr_mapped", use.mapped},
        {"nr_file_pages", use.file},
        {"nr_dirty", use.dirty},
        {"nr_writeback", use.writeback},
        {"nr_shmem", use.shmem},
        {"nr_kernel_stack", use.kernel_stack},
        {"nr_page_table_pages", use.page_tables},
        {"nr_mlock", use.mlock},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(lines); i++)
        seq_printf(m, "%s%-*s %lu\n", zoneinfo ? "      " : "", zoneinfo ? 12 : 0, lines[i].name,
                   lines[i].pages);
}

/* --- /proc/zoneinfo --- */

/* Page frames of a zone: [start, end), and how many of them are memory. */
struct extent {
    pfn_t start, end;
    size_t present;
};

static struct extent zone_extent(const struct zone *zone)
{
    const pfn_t border = 4 * GiB / PAGE_SIZE;
    pfn_t lowest = zone == &zones[ZONE_DMA32] ? 0 : border;
    pfn_t highest = zone == &zones[ZONE_DMA32] ? border : UINT64_MAX;
    struct extent e = {0};
    const struct memblock_region *r;

    for (unsigned i = 0; (r = memblock_memory(i)); i++) {
        pfn_t start = max(r->start >> PAGE_SHIFT, lowest), end = min(r->end >> PAGE_SHIFT, highest);
        if (start >= end)
            continue;
        e.start = e.present ? e.start : start;
        e.end = end;
        e.present += end - start;
    }
    return e;
}

/* What an allocation leaves for others: nobody keeps more than the watermarks from any zone. */
static void show_protection(struct seq_file *m)
{
    seq_printf(m, "        protection: (");
    for (unsigned z = 0; z < NR_ZONES; z++)
        seq_printf(m, "%s0", z ? ", " : "");
    seq_printf(m, ")\n");
}

static void show_pagesets(struct seq_file *m, const struct zone *zone)
{
    seq_printf(m, "  pagesets\n");
    for_each_cpu (cpu) {
        struct pcp_info info = pcp_info(zone, cpu->id);
        seq_printf(m, "    cpu: %u\n", cpu->id);
        seq_printf(m, "              count:    %u\n", info.count);
        seq_printf(m, "              high:     %u\n", info.limit);
        seq_printf(m, "              batch:    %u\n", info.batch);
    }
}

static void show_zone(struct seq_file *m, const struct zone *zone, bool first)
{
    struct extent e = zone_extent(zone);
    const struct {
        const char *name;
        size_t pages;
    } lines[] = {
        {"boost", 0},
        {"min", zone->min_wmark},
        {"low", zone->low_wmark},
        {"high", zone->low_wmark}, /* reclaim is done when low is reached */
        {"spanned", e.end - e.start},
        {"present", e.present},
        {"managed", zone->total_pages},
        {"cma", 0},
    };
    size_t free = READ_ONCE(zone->free_pages) + pcp_count_all(zone);

    seq_printf(m, "Node 0, zone %8s\n", zone->name);
    if (first) {
        seq_printf(m, "  per-node stats\n");
        show_node_stats(m, true);
    }
    seq_printf(m, "  pages free     %lu\n", free);
    for (unsigned i = 0; i < ARRAY_SIZE(lines); i++)
        seq_printf(m, "        %-8s %lu\n", lines[i].name, lines[i].pages);
    show_protection(m);
    if (!zone->total_pages)
        return;
    seq_printf(m, "      %-12s %lu\n", "nr_free_pages", free);
    show_pagesets(m, zone);
    seq_printf(m, "  node_unreclaimable:  0\n  start_pfn:           %lu\n", e.start);
}

void show_zoneinfo(struct seq_file *m)
{
    bool first = true;

    for (const struct zone *zone = zones; zone < zones + NR_ZONES; zone++) {
        show_zone(m, zone, first && zone->total_pages);
        first = first && !zone->total_pages;
    }
}
