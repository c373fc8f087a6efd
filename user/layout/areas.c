/* SPDX-License-Identifier: MIT */
/* Reading what the kernel says of its windows and of a process's areas. */
#include "layout.h"
#include <cli.h>
#include <err.h>
#include <procfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct area *append(struct areas *areas)
{
    if (areas->count % 32 == 0) {
        areas->list = reallocarray(areas->list, areas->count + 32, sizeof(*areas->list));
        if (!areas->list)
            err(1, "areas");
    }
    memset(&areas->list[areas->count], 0, sizeof(*areas->list));
    return &areas->list[areas->count++];
}

static int by_start(const void *a, const void *b)
{
    const struct area *x = a, *y = b;

    return x->start < y->start ? -1 : x->start > y->start;
}

/* The part of an executable that an area with this protection holds. */
static const char *part_of_file(const char *prot)
{
    if (prot[2] == 'x')
        return "text";
    return prot[1] == 'w' ? "data" : prot[0] == 'r' ? "rodata" : "no access";
}

static void add_map(const struct proc_map *map, struct areas *areas)
{
    struct area *a = append(areas);

    a->start = map->start;
    a->last = map->end - 1;
    if (map->name[0] == '[')
        snprintf(a->name, sizeof(a->name), "%s", map->name);
    else if (map->name[0])
        snprintf(a->name, sizeof(a->name), "%.60s %s", base_name(map->name),
                 part_of_file(map->perms));
    else
        snprintf(a->name, sizeof(a->name), "anonymous");
    snprintf(a->note, sizeof(a->note), "%s", map->perms);
}

static void add_window(const struct proc_window *w, struct areas *areas)
{
    struct area *a = append(areas);

    a->start = w->start;
    a->last = w->last;
    snprintf(a->name, sizeof(a->name), "%s", w->name);
    snprintf(a->note, sizeof(a->note), "%-4s  %s", w->prot, w->pages);
}

static void finish_areas(FILE *f, const char *path, struct areas *areas)
{
    if (ferror(f))
        err(1, "%s", path);
    fclose(f);
    if (areas->count)
        qsort(areas->list, areas->count, sizeof(*areas->list), by_start);
}

struct areas read_maps(int pid)
{
    struct areas areas = {0};
    FILE *f = proc_open(pid, "maps");
    struct proc_map map;

    if (!f)
        return areas;
    while (proc_next_map(f, &map, NULL))
        add_map(&map, &areas);
    finish_areas(f, "maps", &areas);
    return areas;
}

/* Whether the address bits above the shift are the window's slots. */
static unsigned fits(unsigned shift, const struct proc_window *w)
{
    return (w->start >> shift & 511) == w->first_slot && (w->last >> shift & 511) == w->last_slot;
}

struct areas read_windows(const char *path, unsigned *shift)
{
    struct areas areas = {0};
    FILE *f = fopen(path, "r");
    struct proc_window w;
    uint64_t possible = ~0UL;

    *shift = 0;
    if (!f)
        return areas;
    while (proc_next_window(f, &w)) {
        add_window(&w, &areas);
        for (unsigned i = 0; i < 64; i++)
            if (!fits(i, &w))
                possible &= ~(1UL << i);
    }
    finish_areas(f, path, &areas);
    /* A root covers 9 bits above 12 and 9 for each level below it. */
    for (unsigned i = 12 + 9; i <= 12 + 4 * 9; i += 9)
        if (areas.count && possible >> i & 1)
            *shift = i;
    return areas;
}
