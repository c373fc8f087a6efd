/* SPDX-License-Identifier: MIT */
/*
 * probe: what a process and its kernel say of one small address space, for a program to read: the
 * addresses of this program's own objects, one for each kind of memory, then the kernel's files
 * about them, each under a line `== NAME`. With -k the kernel's side too; with -w one address is
 * walked through the tables instead, a line `level index entry kind flags` for each level.
 */
#include <cli.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE        4096
#define MAX_LEVELS  8
#define PM_PRESENT  (1UL << 63)
#define PM_PFN_MASK ((1UL << 55) - 1)

static const char synopsis[] =
    "probe [-k] [-w address]\n"
    "  prints where this program's objects lie, its areas, page tables and pages\n"
    "  -k          also the kernel's format, windows, page tables and memory\n"
    "  -w address  only how this address is translated, level by level";

static const char literal[] = "read-only data";
static int global_data = 39;
static int global_bss;

struct object {
    const char *name;
    const volatile void *address;
    size_t size; /* 0: not known */
};

enum {
    OBJECTS = 10
};

/* All of them in memory: what was never touched has no page yet. */
static void make_objects(struct object list[OBJECTS], char **argv, volatile int *local,
                         int (*main_function)(int, char **))
{
    volatile char *small = malloc(64), *large = malloc(M_MMAP_THRESHOLD);
    const char *env = environ[0];

    if (!small || !large)
        err(1, "malloc");
    small[0] = 1;
    for (size_t i = 0; i < M_MMAP_THRESHOLD; i += PAGE)
        large[i] = 1;
    *local = *(const volatile char *)literal;
    *(volatile int *)&global_data += 1;
    *(volatile int *)&global_bss += 1;

    const struct object objects[OBJECTS] = {
        {"main", (const void *)main_function, 0},
        {"literal", literal, sizeof(literal)},
        {"global_data", &global_data, sizeof(global_data)},
        {"global_bss", &global_bss, sizeof(global_bss)},
        {"malloc_small", small, 64},
        {"malloc_large", large, M_MMAP_THRESHOLD},
        {"local", local, sizeof(*local)},
        {"argv0", argv[0], argv[0] ? strlen(argv[0]) + 1 : 0},
        {"env0", env, env ? strlen(env) + 1 : 0},
        {"brk", sbrk(0), 0},
    };
    memcpy(list, objects, sizeof(objects));
}

/* --- sections --- */

static void print_objects(const struct object list[OBJECTS])
{
    printf("== objects\n");
    for (int i = 0; i < OBJECTS; i++)
        printf("%s %#lx %zu\n", list[i].name, (unsigned long)list[i].address, list[i].size);
}

/* The lines of a file that begin with `start`. */
static void print_file(const char *section, const char *path, const char *start)
{
    FILE *f = fopen(path, "r");
    char line[512];

    if (!f)
        err(1, "%s", path);
    printf("== %s\n", section);
    while (fgets(line, sizeof(line), f))
        if (strncmp(line, start, strlen(start)) == 0)
            fputs(line, stdout);
    if (ferror(f))
        err(1, "%s", path);
    fclose(f);
}

static void print_pagemap(const struct object list[OBJECTS])
{
    const char *path = "/proc/self/pagemap";
    int fd = open(path, O_RDONLY);

    if (fd < 0)
        err(1, "%s", path);
    printf("== pagemap\n");
    for (int i = 0; i < OBJECTS; i++) {
        uint64_t word, page = (uint64_t)list[i].address / PAGE;
        if (pread(fd, &word, sizeof(word), page * sizeof(word)) != sizeof(word))
            err(1, "%s", path);
        printf("%s %#lx ", list[i].name, (unsigned long)list[i].address);
        if (word & PM_PRESENT)
            printf("%#lx", (unsigned long)(word & PM_PFN_MASK));
        else
            printf("absent");
        printf(" 0x%lx\n", (unsigned long)(word >> 55));
    }
    close(fd);
}

/* --- a walk --- */

/* The number behind `key` in /proc/kernel_format. */
static uint64_t format_value(const char *key)
{
    const char *path = "/proc/kernel_format";
    FILE *f = fopen(path, "r");
    size_t n = strlen(key);
    char line[256];

    if (!f)
        err(1, "%s", path);
    while (fgets(line, sizeof(line), f)) {
        if (strncmp(line, key, n) == 0 && line[n] == ' ') {
            fclose(f);
            return strtoul(line + n, NULL, 0);
        }
    }
    errx(1, "%s: no line %s", path, key);
}

/* A line of a page_tables file. */
struct run {
    uint64_t start, last; /* both inclusive */
    unsigned level;
    char kind[8];
    uint64_t entry, step;
    char prot[12];
};

/* The word at *s and its terminator; goes on behind it. */
static void copy_word(char **s, char *out, size_t size)
{
    char *word;

    *s += strspn(*s, " ");
    word = *s;
    *s += strcspn(*s, " \n");
    snprintf(out, size, "%.*s", (int)(*s - word), word);
}

static int parse_run(char *s, struct run *r)
{
    r->start = strtoul(s, &s, 16);
    if (*s++ != '-')
        return 0;
    r->last = strtoul(s, &s, 16) - 1;
    r->level = strtoul(s, &s, 10);
    copy_word(&s, r->kind, sizeof(r->kind));
    r->entry = strtoul(s, &s, 16);
    r->step = strtoul(s, &s, 16);
    strtoul(s, &s, 10); /* how many */
    strtoul(s, &s, 16); /* which table */
    copy_word(&s, r->prot, sizeof(r->prot));
    return r->prot[0] != '\0' && r->level < MAX_LEVELS;
}

/* Of one reading of the file, the run of each level that covers the address. */
static void find_runs(const char *path, uint64_t address, struct run found[MAX_LEVELS])
{
    FILE *f = fopen(path, "r");
    char line[256];
    struct run r;

    if (!f)
        err(1, "%s", path);
    while (fgets(line, sizeof(line), f)) {
        if (line[0] == '#')
            continue;
        if (!parse_run(line, &r))
            errx(1, "%s: not as expected: %s", path, line);
        if (address >= r.start && address <= r.last)
            found[r.level] = r;
    }
    if (ferror(f))
        err(1, "%s", path);
    fclose(f);
}

static int walk(const char *arg)
{
    struct run found[MAX_LEVELS] = {0};
    unsigned level = format_value("levels");
    unsigned va_bits = format_value("va_bits");
    char *end;
    uint64_t address = strtoul(arg, &end, 0), top = (uint64_t)((int64_t)address >> (va_bits - 1));

    if (*end || end == arg)
        usage(synopsis);
    if (level > MAX_LEVELS || (top != 0 && top != UINT64_MAX))
        errx(1, "%s: the hardware cannot form this address", arg);
    find_runs(top ? "/proc/kernel_page_tables" : "/proc/self/page_tables", address, found);
    while (level-- > 0) {
        unsigned shift = 12 + 9 * level;
        const struct run *r = &found[level];
        uint64_t entry = r->entry + r->step * ((address - r->start) >> shift);
        int here = r->kind[0] != '\0';

        printf("%u %lu 0x%016lx %s %s\n", level, (unsigned long)(address >> shift & 511),
               here ? (unsigned long)entry : 0, here ? r->kind : "absent", here ? r->prot : "-");
        if (strcmp(r->kind, "table") != 0)
            break;
    }
    return finish(0);
}

int main(int argc, char **argv)
{
    struct object objects[OBJECTS];
    volatile int local;
    const char *address = NULL;
    int opt, kernel = 0;

    while ((opt = getopt(argc, argv, "kw:")) != -1) {
        if (opt == 'k')
            kernel = 1;
        else if (opt == 'w')
            address = optarg;
        else
            usage(synopsis);
    }
    if (optind < argc)
        usage(synopsis);
    make_objects(objects, argv, &local, main);
    if (address)
        return walk(address);
    print_objects(objects);
    print_file("maps", "/proc/self/maps", "");
    print_file("page_tables", "/proc/self/page_tables", "");
    print_pagemap(objects);
    print_file("status", "/proc/self/status", "Vm");
    if (kernel) {
        print_file("kernel_format", "/proc/kernel_format", "");
        print_file("kernel_windows", "/proc/kernel_windows", "");
        print_file("kernel_page_tables", "/proc/kernel_page_tables", "");
        print_file("meminfo", "/proc/meminfo", "");
    }
    return finish(0);
}
