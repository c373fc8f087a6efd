/* SPDX-License-Identifier: MIT */
/*
 * Files in memory that is too small for them, seen through mappings: pages are taken from whoever
 * maps them and found again, and no store is lost; and how many faults that costs.
 */
#include "test.h"
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)

static char *map_path(const char *path, unsigned long size, int prot, int flags)
{
    int fd = CHECK_OK(open(path, O_RDWR | O_CREAT, 0644));
    char *p;

    CHECK_OK(ftruncate(fd, size));
    p = (char *)CHECK_OK(mmap(NULL, size, prot, flags, fd, 0));
    close(fd);
    return p;
}

/* Reads a file larger than the machine's memory, which is one hole, through a mapping. */
static void read_hole(void)
{
    unsigned long size = (unsigned long)meminfo("MemTotal") * KiB / 4 * 5 / PAGE * PAGE;
    char *p = map_path("hole", size, PROT_READ, MAP_PRIVATE);

    for (unsigned long at = 0; at < size; at += PAGE)
        if (p[at + at / PAGE % PAGE])
            FAIL("page %lu is not zero", at / PAGE);
    CHECK_OK(munmap(p, size));
}

static void mapped(void)
{
    char *own = map(PAGE, RW);

    *own = 5;
    read_hole();
    CHECK_EQ(*own, 5);
}

/* What was stored comes back from the disk, though its pages had to go. */
static void stored(void)
{
    unsigned long pages = 1 * MiB / PAGE;
    char *p = map_path("file", pages * PAGE, RW, MAP_SHARED);

    for (int round = 1; round <= 2; round++) {
        for (unsigned long i = 0; i < pages; i++)
            memset(p + i * PAGE, (int)i + round, PAGE);
        read_hole();
        for (unsigned long i = 0; i < pages; i++)
            if (!all_bytes(p + i * PAGE, PAGE, (int)(i + round) & 0xff))
                FAIL("page %lu is not what was stored", i);
    }
}

static long minor_faults(void)
{
    struct rusage usage;

    CHECK_OK(getrusage(RUSAGE_SELF, &usage));
    return usage.ru_minflt;
}

static long major_faults(void)
{
    struct rusage usage;

    CHECK_OK(getrusage(RUSAGE_SELF, &usage));
    return usage.ru_majflt;
}

static int read_pages(const volatile char *p, unsigned long pages)
{
    int sum = 0;

    for (unsigned long i = 0; i < pages; i++)
        sum += p[i * PAGE];
    return sum;
}

enum {
    PAGES = 64
};

/* A shared mapping of a file of ones that is on the disk. */
static void make_file(void)
{
    char *p = map_path("file", PAGES * PAGE, RW, MAP_SHARED);

    memset(p, 1, PAGES * PAGE);
    CHECK_OK(msync(p, PAGES * PAGE, MS_SYNC));
    CHECK_OK(munmap(p, PAGES * PAGE));
}

/* What comes from the disk is a major fault. */
static void major_counted(void)
{
    char *p;
    long major;

    make_file();
    drop_caches();
    p = map_path("file", PAGES * PAGE, PROT_READ, MAP_SHARED);
    major = major_faults();
    CHECK_EQ(read_pages(p, PAGES), PAGES);
    major = major_faults() - major;
    /* A few are of this program, which has been dropped as well. */
    CHECK(major > 0 && major <= PAGES + 16);
}

/* Pages that are in memory come by the dozen, with a minor fault. */
static void around(void)
{
    char *p;
    long minor, major;

    make_file();
    p = map_path("file", PAGES * PAGE, PROT_READ, MAP_SHARED);
    minor = minor_faults();
    major = major_faults();
    CHECK_EQ(read_pages(p, PAGES), PAGES);
    minor = minor_faults() - minor;
    CHECK(minor >= 1 && minor <= PAGES / 8);
    CHECK_EQ(major_faults(), major);
}

const struct test reclaim_tests[] = {
    {"reclaim-mapped", mapped, T_OWN},
    {"reclaim-stored", stored, T_OWN},
    {"reclaim-major-faults", major_counted, T_OWN},
    {"reclaim-fault-around", around, 0},
    {NULL, NULL, 0},
};
