/* SPDX-License-Identifier: MIT */
/*
 * pageowner: whose a page is: the frame behind an address of a process (pagemap), what the kernel
 * says of it (kpagecount, kpageflags), the area and the file it belongs to there, and who else maps
 * it (every process's pagemap).
 */
#include <cli.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pageinfo.h>
#include <procfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE  4096
#define BATCH 512

static const char synopsis[] =
    "pageowner pid address\n"
    "  whose the page is that the process has at the address (in hexadecimal)";

static uint64_t address_arg(const char *s)
{
    char *end;
    uint64_t address = strtoul(s, &end, 16);

    if (end == s || *end)
        errx(2, "%s: not an address", s);
    return address & -PAGE;
}

/* "/bin/cat at 1000" for a file's area, "[heap]" or "anonymous" for others. */
static void print_area(const struct proc_map *map, uint64_t address)
{
    printf("%" PRIx64 "-%" PRIx64 " %s %s", map->start, map->end, map->perms,
           map->name[0] ? map->name : "anonymous");
    if (map->inode)
        printf(" at %" PRIx64, map->offset + (address - map->start));
    putchar('\n');
}

/* Returns the page's flags. */
static uint64_t print_page(uint64_t word)
{
    uint64_t pfn = PM_PFN(word), count, flags;
    char names[256];

    printf("frame:   %" PRIx64 ", physical address %" PRIx64 "\n", pfn, pfn * PAGE);
    printf("kind:    %s, %s\n", word & PM_FILE ? "of a file, or shared" : "anonymous",
           word & PM_EXCLUSIVE ? "mapped here only" : "not by this entry alone");
    if (page_count(pfn, &count) < 0)
        err(1, "/proc/kpagecount");
    if (page_flags(pfn, &flags) < 0)
        err(1, "/proc/kpageflags");
    printf("mapped:  %" PRIu64 " time%s\n", count, count == 1 ? "" : "s");
    printf("flags:   %s\n", page_flag_names(flags, names, sizeof(names)));
    return flags;
}

/* Prints where in the area the process has the frame; how often. */
static int search_area(int pid, const struct proc_map *map, uint64_t pfn)
{
    uint64_t words[BATCH];
    int found = 0;

    for (uint64_t va = map->start; va < map->end;) {
        uint64_t left = (map->end - va) / PAGE;
        long n = page_words(pid, va, words, left < BATCH ? left : BATCH);
        if (n <= 0)
            break;
        for (long i = 0; i < n; i++, va += PAGE) {
            if (!(words[i] & PM_PRESENT) || PM_PFN(words[i]) != pfn)
                continue;
            printf("%7d at %" PRIx64 ", in ", pid, va);
            print_area(map, va);
            found++;
        }
    }
    return found;
}

/* Of all processes: one may have a page at two places, too. */
static void print_mappers(uint64_t pfn)
{
    size_t count;
    int *pids = proc_pids(&count), found = 0;

    printf("mappers:\n");
    for (size_t i = 0; i < count; i++) {
        struct proc_usage usage;
        struct proc_map map;
        FILE *f = proc_open(pids[i], "smaps");
        while (f && proc_next_map(f, &map, &usage))
            if (usage.rss)
                found += search_area(pids[i], &map, pfn);
        if (f)
            fclose(f);
    }
    if (!found)
        printf("         none any more\n");
    free(pids);
}

int main(int argc, char **argv)
{
    struct proc_map map;
    uint64_t address, word;
    int pid;

    if (getopt(argc, argv, "") != -1 || argc - optind != 2)
        usage(synopsis);
    pid = number_arg(argv[optind], 1, INT_MAX);
    address = address_arg(argv[optind + 1]);
    if (access(proc_path(pid, ""), F_OK) < 0)
        errx(1, "%d: no such process", pid);
    if (!proc_find_map(pid, address, &map))
        errx(1, "%d: no area holds %" PRIx64, pid, address);
    printf("address: %" PRIx64 " of process %d\narea:    ", address, pid);
    print_area(&map, address);
    if (page_words(pid, address, &word, 1) != 1)
        err(1, "%s", proc_path(pid, "pagemap"));
    if (!(word & PM_PRESENT)) {
        printf("frame:   none: not touched yet\n");
        return finish(1);
    }
    if (print_page(word) & 1ul << KPF_ZERO_PAGE)
        printf("mappers: whoever has read memory and not written it: this is the page of zeros\n");
    else
        print_mappers(PM_PFN(word));
    return finish(0);
}
