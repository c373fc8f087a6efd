/* SPDX-License-Identifier: MIT */
/* Claims 26 to 28: memory that is at more than one place, and the array that describes it. */
#include "tour.h"
#include <errno.h>
#include <pageinfo.h>
#include <pagetables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- 26: vmalloc --- */

enum {
    MAX_PAGES = 8
};

struct stack_pages {
    uint64_t start, end, physical[MAX_PAGES];
    int pages, scattered;
};

/* Where the pages of the area in this line of vmallocinfo are. */
static int look_at(const char *line, struct stack_pages *s)
{
    char *rest;

    memset(s, 0, sizeof(*s));
    s->start = strtoul(line, &rest, 16);
    s->end = strtoul(rest + 1, NULL, 16);
    if (!strstr(line, " stack"))
        return 0;
    for (uint64_t va = s->start; va < s->end && s->pages < MAX_PAGES; va += PAGE) {
        uint64_t physical = kernel_physical(va);
        if (!physical)
            continue; /* a guard page */
        s->scattered |= s->pages > 0 && physical != s->physical[s->pages - 1] + PAGE;
        s->physical[s->pages++] = physical;
    }
    return s->pages > 1;
}

/* The first whose pages are scattered; else the last. */
static struct stack_pages find_scattered(void)
{
    FILE *f = fopen("/proc/vmallocinfo", "r");
    struct stack_pages s = {0}, best = {0};
    char line[256];

    if (!f)
        give_up("/proc/vmallocinfo");
    while (!best.scattered && fgets(line, sizeof(line), f))
        if (look_at(line, &s))
            best = s;
    fclose(f);
    return best;
}

static void scattered(void)
{
    struct stack_pages s = find_scattered();
    uint64_t first = s.end - (s.pages + 1) * PAGE;
    int mapped = 0;

    say("a kernel stack: the area %lx-%lx", s.start, s.end);
    for (int i = 0; i < s.pages; i++) {
        uint64_t va = s.start;
        for (int seen = -1; va < s.end; va += PAGE)
            if (kernel_physical(va) && ++seen == i)
                break;
        if (i == 0)
            first = va;
        mapped += va == first + i * PAGE;
        say("%lx -> %lx", va, s.physical[i]);
    }
    expect(s.pages > 1 && mapped == s.pages, "%d pages, one after the other in the virtual space",
           s.pages);
    expect(s.scattered, "in physical memory they are not");
    expect(!kernel_physical(first - PAGE) && !kernel_physical(first + s.pages * PAGE),
           "before and behind them nothing is mapped: %lx and %lx are guard pages", first - PAGE,
           first + s.pages * PAGE);
    elsewhere("the same between %lx and %lx.", slot_address(there(), 402),
              slot_address(there(), 466));
}

/* --- 27: vmemmap --- */

/* The last frame of memory by /proc/iomem, and the first. */
static void memory_bounds(uint64_t *first, uint64_t *last)
{
    FILE *f = fopen("/proc/iomem", "r");
    char line[128];

    *first = *last = 0;
    if (!f)
        give_up("/proc/iomem");
    while (fgets(line, sizeof(line), f)) {
        char *end;
        uint64_t from;
        if (line[0] == ' ' || !strstr(line, " : System RAM"))
            continue;
        from = strtoul(line, &end, 16);
        if (!*first)
            *first = (from + PAGE - 1) / PAGE;
        *last = (strtoul(end + 1, NULL, 16) + 1) / PAGE - 1;
    }
    fclose(f);
}

static void page_array(void)
{
    uint64_t array = fact("vmemmap_start"), size = fact("sizeof_page"), first, last, beyond, own;
    static volatile char mine[PAGE];

    mine[0] = 1;
    memory_bounds(&first, &last);
    own = frame_of(PROC_SELF, (uint64_t)mine);
    say("struct page has %lu bytes, the array begins at %lx", size, array);
    const struct {
        const char *what;
        uint64_t pfn;
    } frames[] = {{"the first", first}, {"one of ours", own}, {"the last", last}};
    for (int i = 0; i < 3; i++) {
        uint64_t va = array + frames[i].pfn * size, flags;
        expect(frames[i].pfn && kernel_physical(va) && page_flags(frames[i].pfn, &flags) == 0,
               "%-11s frame %-6lx: struct page %lx, at %lx", frames[i].what, frames[i].pfn, va,
               kernel_physical(va));
    }
    /* Backed in pages as large as a leaf, which may reach over memory's end. */
    beyond = last + (2ul << PT_SHIFT(1)) / size;
    expect(!kernel_physical(array + beyond * size),
           "no memory, no struct page: nothing is mapped for frame %lx", beyond);
    expect((slot_address(here(), 470) - array) * (PAGE / size) ==
               slot_address(here(), 400) - fact("page_offset"),
           "the window is 1/%lu of the direct map's, as %lu bytes are of a page", PAGE / size,
           size);
    elsewhere("the array begins at %lx; its window is %s, not %s.", slot_address(there(), 468),
              size_text(2 * slot_size(there())), size_text(2 * slot_size(here())));
}

/* --- 28: the image --- */

/* The number in front of " : NAME" in /proc/iomem. */
static uint64_t resource(const char *name)
{
    FILE *f = fopen("/proc/iomem", "r");
    char line[128], *at;
    uint64_t start = 0;

    if (!f)
        give_up("/proc/iomem");
    while (!start && fgets(line, sizeof(line), f))
        if ((at = strstr(line, " : ")) && strncmp(at + 3, name, strlen(name)) == 0)
            start = strtoul(line, NULL, 16);
    fclose(f);
    return start;
}

static void window_start(const char *name, uint64_t *start)
{
    FILE *f = fopen("/proc/kernel_windows", "r");
    struct proc_window w;

    if (!f)
        give_up("/proc/kernel_windows");
    *start = 0;
    while (proc_next_window(f, &w))
        if (strcmp(w.name, name) == 0)
            *start = w.start;
    fclose(f);
}

static void two_addresses(void)
{
    static const struct {
        const char *window, *resource;
    } parts[] = {{"kernel-text", "Kernel code"},
                 {"kernel-rodata", "Kernel rodata"},
                 {"kernel-data", "Kernel data"}};
    uint64_t base = fact("start_kernel_map"), load = fact("kernel_phys_base");
    uint64_t offset = fact("page_offset");

    say("__START_KERNEL_map is %lx, the image is in memory from %lx on", base, load);
    for (int i = 0; i < 3; i++) {
        struct pt_step image[PT_MAX_LEVELS], direct[PT_MAX_LEVELS];
        uint64_t va, physical;
        int n, m;

        window_start(parts[i].window, &va);
        physical = va - base + load;
        n = pt_walk(PROC_SELF, va, image);
        m = pt_walk(PROC_SELF, offset + physical, direct);
        if (n < 1 || m < 1)
            give_up("/proc/kernel_page_tables");
        expect(physical == resource(parts[i].resource) && kernel_physical(va) == physical,
               "%-13s %lx - base = %lx: in memory at %lx", parts[i].window, va, va - base,
               physical);
        expect(kernel_physical(offset + physical) == physical,
               "seen at %lx as well: %.3s here, %.3s there", offset + physical, image[n - 1].prot,
               direct[m - 1].prot);
        expect(!(strchr(image[n - 1].prot, 'w') && strchr(image[n - 1].prot, 'x')) &&
                   !strchr(direct[m - 1].prot, 'x') && (i == 2 || !strchr(direct[m - 1].prot, 'w')),
               "by neither can it be both written and executed%s",
               i == 2 ? "" : ", nor written at all");
    }
    elsewhere("the same addresses in the image; in the direct map, which begins at %lx there, by "
              "where it was loaded.",
              slot_address(there(), 272));
}

const struct claim image_claims[] = {
    {26, "vmalloc: in one piece here, in many there",
     "What comes from vmalloc has addresses one after the other, and pages from anywhere: for "
     "memory "
     "that nobody needs in one physical piece, such as kernel stacks.",
     scattered},
    {27, "vmemmap: a struct page for each page of memory",
     "The array vmemmap has a struct page for each page of memory, at the index that is its "
     "frame's "
     "number. Where there is no memory there is no array either.",
     page_array},
    {28, "The kernel's image has two addresses",
     "An address in the image less __START_KERNEL_map says where in memory it is, counted from "
     "where "
     "the image was loaded. The direct map shows the same page a second time.",
     two_addresses},
    {0, NULL, NULL, NULL},
};
