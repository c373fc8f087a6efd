/* SPDX-License-Identifier: MIT */
/*
 * What operations on areas cost when the process has many: single pages with a hole of a page
 * between any two, taken in random order. All that is looked up should cost O(log n).
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include "bench.h"

#define MAX_AREAS 16384
#define ANON      (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW        (PROT_READ | PROT_WRITE)

static char *ground; /* room for all areas and holes */
static long present; /* the first so many areas are there */

/* From the top down, as mmap() would put them. */
static char *area(long i)
{
    return ground + 2 * (MAX_AREAS - 1 - i) * PAGE;
}

static void map_area(long i)
{
    if (mmap(area(i), PAGE, RW, ANON | MAP_FIXED, -1, 0) == MAP_FAILED)
        err(1, "mmap");
}

/* Makes or drops areas until there are so many. */
static void need(long count)
{
    if (!ground) {
        ground = mmap(NULL, 2 * MAX_AREAS * PAGE, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
        if (ground == MAP_FAILED || munmap(ground, 2 * MAX_AREAS * PAGE) < 0)
            err(1, "mmap");
    }
    while (present < count)
        map_area(present++);
    while (present > count)
        munmap(area(--present), PAGE);
}

static long any_of(long count)
{
    static unsigned long state = 1;

    state = state * 6364136223846793005 + 1442695040888963407;
    return (long)((state >> 33) % (unsigned long)count);
}

/* A hole of two pages for a moment, then the area that was there again. */
static void map(long n, long count)
{
    need(count);
    while (n--) {
        long i = any_of(count);
        munmap(area(i), PAGE);
        map_area(i);
    }
}

/* Where the kernel finds room: below all of them, for no hole between two is large enough. */
static void room(long n, long count)
{
    need(count);
    while (n--) {
        char *p = mmap(NULL, 2 * PAGE, RW, ANON, -1, 0);
        if (p == MAP_FAILED)
            err(1, "mmap");
        munmap(p, 2 * PAGE);
    }
}

/* Areas whose neighbours are holes are never joined: each call changes one, and no border. */
static void protect(long n, long count)
{
    static bool read_only[MAX_AREAS];

    need(count);
    while (n--) {
        long i = any_of(count);
        read_only[i] = !read_only[i];
        if (mprotect(area(i), PAGE, read_only[i] ? PROT_READ : RW) < 0)
            err(1, "mprotect");
    }
}

/* A fault in a fresh area: found, and given a page. */
static void fault(long n, long count)
{
    need(count);
    while (n--) {
        long i = any_of(count);
        munmap(area(i), PAGE);
        map_area(i);
        *(volatile char *)area(i) = 1;
    }
}

#define DEFINE(name, count)                                                                        \
    void do_vmas_##name##count(long n)                                                             \
    {                                                                                              \
        name(n, count);                                                                            \
    }
FOR_EACH_COUNT(DEFINE, map)
FOR_EACH_COUNT(DEFINE, room)
FOR_EACH_COUNT(DEFINE, protect)
FOR_EACH_COUNT(DEFINE, fault)
