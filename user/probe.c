/* SPDX-License-Identifier: MIT */
/*
 * probe: what a process and its kernel say of one small address space, for a program to read: the
 * addresses of this program's own objects, one for each kind of memory, then the kernel's files
 * about them, each under a line `== NAME`. With -k the kernel's side too; with -w one address is
 * walked through the tables instead, a line `level index entry kind flags` for each level.
 */
#include <cli.h>
#include <err.h>
#include <pageinfo.h>
#include <pagetables.h>
#include <procfs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096

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
    printf("== pagemap\n");
    for (int i = 0; i < OBJECTS; i++) {
        uint64_t word;
        if (page_words(PROC_SELF, (uint64_t)list[i].address, &word, 1) != 1)
            err(1, "/proc/self/pagemap");
        printf("%s %#lx ", list[i].name, (unsigned long)list[i].address);
        if (word & PM_PRESENT)
            printf("%#lx", PM_PFN(word));
        else
            printf("absent");
        printf(" 0x%lx\n", word >> 55);
    }
}

/* --- a walk --- */

static int walk(const char *arg)
{
    struct pt_step steps[PT_MAX_LEVELS];
    char *end;
    uint64_t address = strtoul(arg, &end, 0);
    int n;

    if (*end || end == arg)
        usage(synopsis);
    if (!pt_canonical(address))
        errx(1, "%s: the hardware cannot form this address", arg);
    n = pt_walk(PROC_SELF, address, steps);
    if (n < 0)
        err(1, "%s", arg);
    for (const struct pt_step *step = steps; step < steps + n; step++)
        printf("%u %u 0x%016lx %s %s\n", step->level, step->index, step->entry, step->kind,
               step->prot);
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
