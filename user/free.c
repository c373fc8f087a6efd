/* SPDX-License-Identifier: MIT */
/*
 * free: what memory is used for, from /proc/meminfo. "used" is what no new program could have: all
 * but what is available.
 */
#include <cli.h>
#include <err.h>
#include <limits.h>
#include <procfs.h>
#include <stdio.h>
#include <unistd.h>

#define MEMINFO "/proc/meminfo"

static const char synopsis[] = "free [-b | -k | -m | -g | -h] [-t] [-s seconds] [-c count]\n"
                               "  -b -k -m -g  in bytes, KiB (the default), MiB, GiB\n"
                               "  -h           in whatever unit reads well\n"
                               "  -t           a line more: memory and swap together\n"
                               "  -s seconds   again and again, with so many seconds between\n"
                               "  -c count     so many times, a second apart unless -s is given";

enum {
    TOTAL,
    FREE,
    AVAILABLE,
    BUFFERS,
    CACHED,
    RECLAIMABLE,
    SHARED,
    SWAP_TOTAL,
    SWAP_FREE,
    FIELDS
};

static const char *const names[FIELDS] = {
    "MemTotal",     "MemFree", "MemAvailable", "Buffers",  "Cached",
    "SReclaimable", "Shmem",   "SwapTotal",    "SwapFree",
};

static void print_row(const char *label, const uint64_t *kib, int n, int unit)
{
    char text[16];

    printf("%-8s", label);
    for (int i = 0; i < n; i++) {
        if (unit == 'h')
            printf(" %11s", human_size(text, kib[i] * 1024));
        else
            printf(" %11lu", unit == 'b'   ? kib[i] * 1024
                             : unit == 'm' ? kib[i] >> 10
                             : unit == 'g' ? kib[i] >> 20
                                           : kib[i]);
    }
    putchar('\n');
}

static void print_table(int unit, int totals)
{
    uint64_t v[FIELDS] = {0}, cache;

    if (proc_values(MEMINFO, names, v, FIELDS) < 0)
        err(1, MEMINFO);
    if (!v[TOTAL])
        errx(1, MEMINFO ": not as expected");
    cache = v[BUFFERS] + v[CACHED] + v[RECLAIMABLE];

    uint64_t memory[] = {v[TOTAL],    v[TOTAL] - v[AVAILABLE], v[FREE], v[SHARED], cache,
                         v[AVAILABLE]};
    uint64_t swap[] = {v[SWAP_TOTAL], v[SWAP_TOTAL] - v[SWAP_FREE], v[SWAP_FREE]};
    uint64_t both[] = {memory[0] + swap[0], memory[1] + swap[1], memory[2] + swap[2]};
    printf("%8s %11s %11s %11s %11s %11s %11s\n", "", "total", "used", "free", "shared",
           "buff/cache", "available");
    print_row("Mem:", memory, 6, unit);
    print_row("Swap:", swap, 3, unit);
    if (totals)
        print_row("Total:", both, 3, unit);
}

int main(int argc, char **argv)
{
    long seconds = 0, count = 0;
    int opt, unit = 'k', totals = 0;

    while ((opt = getopt(argc, argv, "bkmghts:c:")) != -1) {
        if (opt == 't')
            totals = 1;
        else if (opt == 's')
            seconds = number_arg(optarg, 1, INT_MAX);
        else if (opt == 'c')
            count = number_arg(optarg, 1, INT_MAX);
        else if (opt == '?')
            usage(synopsis);
        else
            unit = opt;
    }
    if (optind < argc)
        usage(synopsis);
    if (!count && !seconds)
        count = 1;
    for (long i = 0; !count || i < count; i++) {
        if (i > 0) {
            putchar('\n');
            fflush(stdout);
            sleep(seconds ? seconds : 1);
        }
        print_table(unit, totals);
    }
    return finish(0);
}
