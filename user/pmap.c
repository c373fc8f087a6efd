/* SPDX-License-Identifier: MIT */
/* pmap: a process's areas, from /proc/N/maps; with -x what is behind their pages, from smaps. */
#include <cli.h>
#include <err.h>
#include <inttypes.h>
#include <limits.h>
#include <procfs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NO_PROCESS 42 /* the exit status that procps' pmap has for it */

static const char synopsis[] =
    "pmap [-x] [-p] [-q] pid...\n"
    "  -x  how much of each area is in memory, and how much of that is dirty\n"
    "  -p  files by their whole path\n"
    "  -q  neither headings nor totals";

static int extended, whole_path, quiet;

/* What the last column says: files by name, two of the areas without one, "[ anon ]". */
static const char *area_name(const struct proc_map *map)
{
    const char *slash = strrchr(map->name, '/');

    if (slash)
        return whole_path ? map->name : slash + 1;
    return strcmp(map->name, "[stack]") == 0 ? "  [ stack ]" : "  [ anon ]";
}

static void print_area(const struct proc_map *map, const struct proc_usage *u)
{
    char mode[6] = {map->perms[0], map->perms[1], map->perms[2], '-', '-', '\0'};
    uint64_t kib = (map->end - map->start) / 1024;

    if (map->perms[3] == 's')
        mode[3] = 's';
    if (extended)
        printf("%016" PRIx64 " %7" PRIu64 " %7" PRIu64 " %7" PRIu64 " %s %s\n", map->start, kib,
               u->rss, u->shared_dirty + u->private_dirty, mode, area_name(map));
    else
        printf("%016" PRIx64 " %6" PRIu64 "K %s %s\n", map->start, kib, mode, area_name(map));
}

static void print_totals(const struct proc_usage *total)
{
    if (extended)
        printf("---------------- ------- ------- ------- \n"
               "total kB %15" PRIu64 " %7" PRIu64 " %7" PRIu64 "\n",
               total->size, total->rss, total->private_dirty);
    else
        printf(" total %16" PRIu64 "K\n", total->size);
}

static int show_process(int pid)
{
    struct proc_usage usage = {0}, total = {0};
    char command[4096];
    struct proc_map map;
    FILE *f = proc_open(pid, extended ? "smaps" : "maps");

    if (!f || proc_command(pid, command, sizeof(command)) < 0) {
        warn("%d", pid);
        if (f)
            fclose(f);
        return NO_PROCESS;
    }
    printf("%d:   %s\n", pid, command);
    if (extended && !quiet)
        printf("Address           Kbytes     RSS   Dirty Mode  Mapping\n");
    while (proc_next_map(f, &map, extended ? &usage : NULL)) {
        print_area(&map, &usage);
        total.size += (map.end - map.start) / 1024;
        total.rss += usage.rss;
        total.private_dirty += usage.private_dirty + usage.shared_dirty;
    }
    fclose(f);
    if (!quiet)
        print_totals(&total);
    return 0;
}

int main(int argc, char **argv)
{
    int opt, status = 0;

    while ((opt = getopt(argc, argv, "xpq")) != -1) {
        if (opt == 'x')
            extended = 1;
        else if (opt == 'p')
            whole_path = 1;
        else if (opt == 'q')
            quiet = 1;
        else
            usage(synopsis);
    }
    if (optind == argc)
        usage(synopsis);
    for (; optind < argc; optind++)
        status |= show_process(number_arg(argv[optind], 1, INT_MAX));
    return finish(status);
}
