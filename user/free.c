/* SPDX-License-Identifier: MIT */
/* free: what memory is used for, from /proc/meminfo, in KiB; -m: in MiB; -h: in whatever reads
 * well. */
#include <cli.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static void read_meminfo(unsigned long kib[FIELDS], int present[FIELDS])
{
    FILE *f = fopen("/proc/meminfo", "r");
    char line[128];

    if (!f)
        err(1, "/proc/meminfo");
    while (fgets(line, sizeof(line), f)) {
        char *value = strchr(line, ':');
        if (!value)
            continue;
        *value++ = '\0';
        for (int i = 0; i < FIELDS; i++)
            if (strcmp(line, names[i]) == 0) {
                kib[i] = strtoul(value, NULL, 10);
                present[i] = 1;
            }
    }
    if (ferror(f) || !present[TOTAL])
        errx(1, "/proc/meminfo: not as expected");
    fclose(f);
}

static void print_row(const char *label, const unsigned long *kib, int n, char unit)
{
    char text[16];

    printf("%-5s", label);
    for (int i = 0; i < n; i++) {
        if (unit == 'h')
            printf(" %11s", human_size(text, kib[i] * 1024));
        else
            printf(" %11lu", unit == 'm' ? kib[i] / 1024 : kib[i]);
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    unsigned long v[FIELDS] = {0}, cache;
    int opt, present[FIELDS] = {0}, unit = 'k';

    while ((opt = getopt(argc, argv, "kmh")) != -1) {
        if (opt == '?')
            usage("free [-k | -m | -h]");
        unit = opt;
    }
    if (optind < argc)
        usage("free [-k | -m | -h]");
    read_meminfo(v, present);
    cache = v[BUFFERS] + v[CACHED] + v[RECLAIMABLE];
    if (!present[AVAILABLE])
        v[AVAILABLE] = v[FREE];

    unsigned long memory[] = {v[TOTAL],    v[TOTAL] - v[FREE] - cache, v[FREE], v[SHARED], cache,
                              v[AVAILABLE]};
    unsigned long swap[] = {v[SWAP_TOTAL], v[SWAP_TOTAL] - v[SWAP_FREE], v[SWAP_FREE]};
    printf("      %11s %11s %11s %11s %11s %11s\n", "total", "used", "free", "shared", "buff/cache",
           "available");
    print_row("Mem:", memory, 6, unit);
    print_row("Swap:", swap, 3, unit);
    return finish(0);
}
