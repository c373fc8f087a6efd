/* SPDX-License-Identifier: MIT */
/* Claims 23 to 25: the kernel half's windows, and what is in them. */
#include "tour.h"
#include <errno.h>
#include <pageinfo.h>
#include <pagetables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- 23: windows --- */

enum {
    MAX_WINDOWS = 16
};

static int read_windows(struct proc_window list[MAX_WINDOWS])
{
    FILE *f = fopen("/proc/kernel_windows", "r");
    int n = 0;

    if (!f)
        give_up("/proc/kernel_windows");
    while (n < MAX_WINDOWS && proc_next_window(f, &list[n]))
        n++;
    fclose(f);
    return n;
}

/* In how many of the used leaves of the kernel half no window is; *leaves: how many there are. */
static int outside(const struct proc_window list[], int n, int *leaves)
{
    FILE *f = fopen("/proc/kernel_page_tables", "r");
    struct pt_run r;
    int found = 0;

    if (!f)
        give_up("/proc/kernel_page_tables");
    *leaves = 0;
    while (pt_next_run(f, &r)) {
        int i = 0;
        if (strcmp(r.kind, "leaf") != 0)
            continue;
        while (i < n && (r.start < list[i].start || r.last > list[i].last))
            i++;
        found += i == n;
        ++*leaves;
    }
    fclose(f);
    return found;
}

static void windows(void)
{
    static const struct {
        const char *name;
        unsigned int first, last;
    } planned[] = {{"direct-map", 272, 399}, {"vmalloc", 402, 465}, {"vmemmap", 468, 469}};
    struct proc_window list[MAX_WINDOWS];
    int n = read_windows(list), right = 0, gaps = list[0].start > slot_address(here(), 256), leaves;

    for (int i = 0; i < n; i++) {
        const struct proc_window *w = &list[i];
        say("%016lx-%016lx  %3u-%3u  %-13s %s", w->start, w->last, w->first_slot, w->last_slot,
            w->name, size_text(w->last - w->start + 1));
        for (int j = 0; j < 3; j++)
            right += strcmp(w->name, planned[j].name) == 0 &&
                     w->start == slot_address(here(), planned[j].first) &&
                     w->last == slot_address(here(), planned[j].last + 1) - 1;
        gaps += i > 0 && w->start > list[i - 1].last + 1;
    }
    expect(right == 3, "the first three are where their root slots say");
    expect(gaps >= 4, "a hole before each of them, and before the image");
    int strays = outside(list, n, &leaves);
    expect(strays == 0 && leaves > 0,
           "the page tables have nothing mapped outside: of %d runs of leaves, none", leaves);
    elsewhere("from the same slots, %lx, %lx and %lx; the image is at %lx, too.",
              slot_address(there(), 272), slot_address(there(), 402), slot_address(there(), 468),
              fact("start_kernel_map"));
}

/* --- 24: the direct map --- */

/* Of each range of memory in /proc/iomem the first whole page and the last; both must be mapped. */
static int all_mapped(uint64_t offset, uint64_t *bytes)
{
    FILE *f = fopen("/proc/iomem", "r");
    char line[128];
    int mapped = 1;

    if (!f)
        give_up("/proc/iomem");
    *bytes = 0;
    while (fgets(line, sizeof(line), f)) {
        char *end;
        uint64_t first, last;
        if (line[0] == ' ' || !strstr(line, " : System RAM"))
            continue;
        first = (strtoul(line, &end, 16) + PAGE - 1) & -PAGE;
        last = ((strtoul(end + 1, NULL, 16) + 1) & -PAGE) - PAGE;
        mapped &=
            kernel_physical(offset + first) == first && kernel_physical(offset + last) == last;
        *bytes += last + PAGE - first;
    }
    fclose(f);
    return mapped;
}

static void direct_map(void)
{
    uint64_t offset = fact("page_offset"), physical, bytes;
    volatile char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct pt_step steps[PT_MAX_LEVELS];
    int n;

    if (p == MAP_FAILED)
        give_up("mmap");
    *p = 1;
    physical = frame_of(PROC_SELF, (uint64_t)p) * PAGE;
    say("a page of this process: %lx, in frame %lx", (uint64_t)p, physical / PAGE);
    say("__va(%lx) = %lx + %lx = %lx", physical, offset, physical, offset + physical);
    n = pt_walk(PROC_SELF, offset + physical, steps);
    for (int i = 0; i < n; i++)
        say("level %u, entry %3u: %016lx, %s to %lx", steps[i].level, steps[i].index,
            steps[i].entry, steps[i].kind, pt_target(&steps[i]));
    expect(kernel_physical(offset + physical) == physical,
           "the page tables lead from there to %lx: it is the same page", physical);
    expect(n > 1 && strcmp(steps[n - 1].kind, "leaf") == 0 &&
               steps[n - 1].level < here()->levels - 1,
           "even so it is translated like any address; a large page saves the last steps");
    int all = all_mapped(offset, &bytes);
    expect(all, "all of memory, %s by /proc/iomem, is there in the same way", size_text(bytes));
    elsewhere("PAGE_OFFSET is %lx, the first address of slot 272.", slot_address(there(), 272));
}

/* --- 25: the kernel's objects --- */

enum {
    CHILDREN = 16
};

static uint64_t slab_objects(const char *name)
{
    FILE *f = fopen("/proc/slabinfo", "r");
    size_t n = strlen(name);
    uint64_t objects = 0;
    char line[256];

    if (!f)
        give_up("/proc/slabinfo");
    while (fgets(line, sizeof(line), f))
        if (strncmp(line, name, n) == 0 && line[n] == ' ')
            objects = strtoul(line + n, NULL, 10);
    fclose(f);
    return objects;
}

/* How many kernel stacks /proc/vmallocinfo has, and whether all are in the window. */
static size_t kernel_stacks(int *inside)
{
    FILE *f = fopen("/proc/vmallocinfo", "r");
    uint64_t from = slot_address(here(), 402), to = slot_address(here(), 466);
    char line[256];
    size_t n = 0;

    if (!f)
        give_up("/proc/vmallocinfo");
    *inside = 1;
    while (fgets(line, sizeof(line), f)) {
        uint64_t address = strtoul(line, NULL, 16);
        if (!strstr(line, " stack"))
            continue;
        n++;
        *inside &= address >= from && address < to;
    }
    fclose(f);
    return n;
}

static void wait_here(void *report, const void *arg)
{
    (void)arg;
    *(char *)report = 1;
}

static void tasks(void)
{
    uint64_t before = slab_objects("task_struct"), after;
    struct partner p[CHILDREN];
    size_t count, stacks;
    int inside;
    char report;

    for (int i = 0; i < CHILDREN; i++)
        partner_start(&p[i], wait_here, NULL, &report, sizeof(report));
    after = slab_objects("task_struct");
    stacks = kernel_stacks(&inside);
    free(proc_pids(&count));
    expect(after >= count && after >= before + CHILDREN / 2,
           "%d processes more, %zu in all: %lu task_structs were in slabs, now %lu", CHILDREN,
           count, before, after);
    expect(stacks >= count && inside, "%zu kernel stacks, all between %lx and %lx: vmalloc", stacks,
           slot_address(here(), 402), slot_address(here(), 466));
    for (int i = CHILDREN; i-- > 0;)
        partner_end(&p[i]);
}

/* The first page frame of memory that has this flag, and how many there are. */
static uint64_t frames_with(int flag, uint64_t *count)
{
    uint64_t words[512], found = 0;

    *count = 0;
    for (uint64_t pfn = 0;;) {
        long n = page_flag_words(pfn, words, 512);
        if (n <= 0)
            return found;
        for (long i = 0; i < n; i++, pfn++) {
            if (!(words[i] >> flag & 1))
                continue;
            if (!found)
                found = pfn;
            ++*count;
        }
    }
}

static void objects(void)
{
    uint64_t offset = fact("page_offset"), slab, slabs, table, tables, free_frames;
    struct pt_step steps[PT_MAX_LEVELS];

    tasks();
    slab = frames_with(KPF_SLAB, &slabs);
    uint64_t kib = proc_value("/proc/meminfo", "Slab");
    expect(slab && kernel_physical(offset + slab * PAGE) == slab * PAGE && slabs * 4 > kib / 2 &&
               slabs * 4 < kib * 2,
           "slab cuts up %lu pages (by meminfo %lu); the first, frame %lx, is used at %lx", slabs,
           kib / 4, slab, offset + slab * PAGE);
    pt_walk(PROC_SELF, (uint64_t)&offset, steps);
    table = steps[0].table;
    frames_with(KPF_PGTABLE, &tables);
    uint64_t flags = 0;
    if (page_flags(table / PAGE, &flags) < 0)
        give_up("/proc/kpageflags");
    expect((flags >> KPF_PGTABLE & 1) && kernel_physical(offset + table) == table,
           "%lu pages are page tables; this process's root is frame %lx, used at %lx", tables,
           table / PAGE, offset + table);
    frames_with(KPF_BUDDY, &free_frames);
    expect(free_frames > 0, "%lu pages are the buddy system's to give", free_frames);
    elsewhere("the same objects; slabs and tables from %lx on, stacks from %lx on.",
              slot_address(there(), 272), slot_address(there(), 402));
}

const struct claim window_claims[] = {
    {23, "The windows of the kernel half",
     "A hole; the direct map from PAGE_OFFSET on; vmalloc; vmemmap; the kernel's image at "
     "__START_KERNEL_map; and holes between them, so that what runs over an end meets nothing.",
     windows},
    {24, "The direct map: __va() and __pa() only add and subtract",
     "All of memory is at PAGE_OFFSET plus its physical address. The kernel comes by a page's "
     "address "
     "without a look at any table; the hardware looks all the same.",
     direct_map},
    {25, "Where the kernel's own objects are",
     "The buddy system gives out physical pages, slab cuts them up; both are used by virtual "
     "addresses: task structures and page tables in the direct map, kernel stacks in vmalloc.",
     objects},
    {0, NULL, NULL, NULL},
};
