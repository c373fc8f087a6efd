/* SPDX-License-Identifier: MIT */
/* Memory that nobody touched costs nothing, is zero, and may be far more than the machine has. */
#include "test.h"
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)
/* How far MemFree may be off, in KiB: page tables, and whatever else goes on in the machine. */
#define NOISE (reference ? 8192 : 512)

/* A size in KiB that can be filled without want: a fraction of what is free, 64 MiB at most. */
static long some_memory(long fraction)
{
    long size = free_memory(0) / fraction;

    return size > 65536 ? 65536 : size;
}

static void beyond_memory(void)
{
    unsigned long size = (unsigned long)meminfo("MemTotal") * KiB * 4, step;
    char *p;

    if (size > user_end() / 4)
        size = user_end() / 4;
    step = size / 50 & -PAGE;
    p = map(size, RW);
    for (unsigned long off = 0; off < size; off += step) {
        CHECK_EQ(p[off], 0);
        p[off] = off / step + 1;
        p[off + PAGE - 1] = off / step + 2;
    }
    for (unsigned long off = 0; off < size; off += step) {
        CHECK_EQ(p[off], (char)(off / step + 1));
        CHECK_EQ(p[off + PAGE - 1], (char)(off / step + 2));
        CHECK_EQ(p[off + PAGE / 2], 0);
    }
    CHECK_OK(munmap(p, size));
}

static void untouched(void)
{
    long size = some_memory(2), before = free_memory(0), after;
    char *p = map(size * KiB, RW);

    after = meminfo("MemFree");
    if (before - after > NOISE)
        FAIL("mapping %ld KiB took %ld KiB", size, before - after);
    CHECK_OK(munmap(p, size * KiB));
}

/* What is touched is taken, that much and no more, and given back with munmap. */
static void touched(void)
{
    long size = some_memory(2), before, used;
    char *p = map(size * KiB, RW);

    before = free_memory(0);
    for (long i = 0; i < size / 4; i += 2)
        p[i * PAGE] = 1;
    used = before - meminfo("MemFree");
    if (used < size / 2 - NOISE || used > size / 2 + size / 100 + NOISE)
        FAIL("touching %ld KiB took %ld KiB", size / 2, used);
    CHECK_OK(munmap(p, size * KiB));
    used = before - free_memory(before - NOISE);
    if (used > NOISE)
        FAIL("%ld KiB of %ld were not given back", used, size / 2);
}

/* Reading needs no memory of one's own: every page shows the same zeroes until it is written. */
static void read_zeroes(void)
{
    long size = some_memory(2), before, used, sum = 0;
    char *p = map(size * KiB, RW);

    before = free_memory(0);
    for (long i = 0; i < size / 4; i++)
        sum += p[i * PAGE + i % PAGE];
    used = before - meminfo("MemFree");
    CHECK_EQ(sum, 0);
    if (used > size / 50 + NOISE)
        FAIL("reading %ld KiB took %ld KiB", size, used);
    for (long i = 0; i < 50; i++)
        p[i * PAGE] = i + 1;
    for (long i = 0; i < 50; i++)
        CHECK(p[i * PAGE] == i + 1 && p[i * PAGE + 1] == 0);
    CHECK_EQ(p[50 * PAGE], 0);
}

/* Pages that others have written to come to us as zeroes. */
static void others_pages(void)
{
    long pages = stress ? 4096 : 512;

    for (int round = 0; round < 4; round++) {
        char *p = map(pages * PAGE, RW);
        for (long i = 0; i < pages; i++) {
            CHECK(all_bytes(p + i * PAGE, 64, 0) && all_bytes(p + (i + 1) * PAGE - 64, 64, 0));
            memset(p + i * PAGE, 0xdd, PAGE);
        }
        CHECK_OK(munmap(p, pages * PAGE));
    }
}

static char large_bss[24 * 1024 * 1024];

void drop_large_bss(void)
{
    uintptr_t start = ((uintptr_t)large_bss + PAGE - 1) & -PAGE;
    uintptr_t end = (uintptr_t)(large_bss + sizeof(large_bss)) & -PAGE;

    CHECK_OK(munmap((void *)start, end - start));
}

/* Bss takes room in the space and none in memory. */
static void bss(void)
{
    long before = self_status("VmRSS");

    for (size_t i = 0; i < sizeof(large_bss); i += sizeof(large_bss) / 20)
        CHECK_EQ(large_bss[i], 0);
    for (size_t i = 0; i < sizeof(large_bss); i += sizeof(large_bss) / 20)
        large_bss[i] = 1;
    CHECK(self_status("VmRSS") - before < 1024);
    CHECK(self_status("VmSize") > (long)(sizeof(large_bss) / KiB));
}

/* The kernel reads and writes memory that is not there yet as the program would. */
static void by_system_call(void)
{
    char *p = map(64 * PAGE, RW), block[256];
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));

    CHECK_EQ(write(fd, p, 20 * PAGE), 20 * PAGE);
    CHECK_EQ(pread(fd, block, sizeof(block), 19 * PAGE), sizeof(block));
    CHECK(all_bytes(block, sizeof(block), 0));
    memset(block, 'q', sizeof(block));
    CHECK_EQ(pwrite(fd, block, sizeof(block), 10 * PAGE - 100), sizeof(block));
    CHECK_EQ(pread(fd, p + 30 * PAGE, 20 * PAGE, 0), 20 * PAGE);
    CHECK(all_bytes(p + 40 * PAGE - 100, 256, 'q'));
    CHECK(all_bytes(p + 30 * PAGE, 10 * PAGE - 100, 0));
}

/* Size and resident size are two things. */
static void sizes(void)
{
    long size = self_status("VmSize"), rss = self_status("VmRSS");
    char *p = map(4 * MiB, RW);

    CHECK_EQ(self_status("VmSize"), size + 4096);
    CHECK(self_status("VmRSS") - rss < 1024);
    memset(p, 1, 4 * MiB);
    CHECK(self_status("VmRSS") - rss >= 4000);
    CHECK_EQ(self_status("VmSize"), size + 4096);
    CHECK_OK(munmap(p, 4 * MiB));
    CHECK_EQ(self_status("VmSize"), size);
    CHECK(self_status("VmRSS") - rss < 1024);
}

const struct test lazy_tests[] = {
    {"lazy-beyond-memory", beyond_memory, 0},
    {"lazy-untouched", untouched, 0},
    {"lazy-touched", touched, T_OWN},
    {"lazy-read-zeroes", read_zeroes, 0},
    {"lazy-others-pages", others_pages, 0},
    {"lazy-bss", bss, 0},
    {"lazy-by-system-call", by_system_call, 0},
    {"lazy-sizes", sizes, 0},
    {NULL, NULL, 0},
};
