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

/* "start-end " in hexadecimal; end is exclusive and may be 2^64, also written as 0. */
static char *parse_range(char *s, struct area *a)
{
    char *end;

    a->start = strtoul(s, &end, 16);
    if (end == s || *end != '-')
        return NULL;
    s = end + 1;
    if (strncmp(s, "10000000000000000 ", 18) == 0) {
        a->last = UINT64_MAX;
        return s + 18;
    }
    a->last = strtoul(s, &end, 16) - 1;
    return end > s && *end == ' ' && a->last >= a->start ? end + 1 : NULL;
}

static char *next_word(char **s)
{
    char *word;

    *s += strspn(*s, " ");
    word = strsep(s, " ");
    if (!*s)
        *s = word + strlen(word);
    return word;
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

static int parse_window(char *line, struct areas *areas, uint64_t slots[2])
{
    struct area *a = append(areas);
    char *s = parse_range(line, a), *end, *sizes;

    if (!s)
        return 0;
    slots[0] = slots[1] = strtoul(s, &end, 10);
    if (end == s)
        return 0;
    if (*end == '-')
        slots[1] = strtoul(end + 1, &end, 10);
    s = end;
    snprintf(a->name, sizeof(a->name), "%s", next_word(&s));
    sizes = next_word(&s);
    snprintf(a->note, sizeof(a->note), "%-4s  %s", next_word(&s), sizes);
    return a->name[0] != '\0';
}

static FILE *open_lines(const char *path, struct areas *areas)
{
    *areas = (struct areas){0};
    return fopen(path, "r");
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

/* The shift at which the address bits above it are the window's slots. */
static unsigned fits(unsigned shift, const struct area *a, const uint64_t slots[2])
{
    return (a->start >> shift & 511) == slots[0] && (a->last >> shift & 511) == slots[1];
}

struct areas read_windows(const char *path, unsigned *shift)
{
    struct areas areas;
    FILE *f = open_lines(path, &areas);
    uint64_t possible = ~0UL, slots[2];
    char line[512];

    *shift = 0;
    if (!f)
        return areas;
    while (fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = '\0';
        if (!parse_window(line, &areas, slots))
            errx(1, "%s: not as expected: %s", path, line);
        for (unsigned i = 0; i < 64; i++)
            if (!fits(i, &areas.list[areas.count - 1], slots))
                possible &= ~(1UL << i);
    }
    finish_areas(f, path, &areas);
    /* A root covers 9 bits above 12 and 9 for each level below it. */
    for (unsigned i = 12 + 9; i <= 12 + 4 * 9; i += 9)
        if (areas.count && possible >> i & 1)
            *shift = i;
    return areas;
}
