/* SPDX-License-Identifier: MIT */
/*
 * What is asked of mmap() beside place and size: low addresses, access by personality(); and how
 * many faults memory costs that is shared.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <unistd.h>

#define RW       (PROT_READ | PROT_WRITE)
#define ANON     (MAP_PRIVATE | MAP_ANONYMOUS)
#define LOW_HALF (2 * GiB) /* MAP_32BIT: below this */

#ifndef MAP_32BIT
#define MAP_32BIT 0 /* only some architectures have it */
#endif

static unsigned long map_low(unsigned long hint, size_t size)
{
    return (unsigned long)mmap((void *)hint, size, RW, ANON | MAP_NORESERVE | MAP_32BIT, -1, 0);
}

static void low_addresses(void)
{
    unsigned long p[3], fixed = LOW_HALF + 16 * PAGE;

    if (!MAP_32BIT)
        skip("MAP_32BIT is not of this architecture");
    for (int i = 0; i < 3; i++) {
        p[i] = map_low(0, 5 * PAGE);
        CHECK(p[i] >= GiB && p[i] + 5 * PAGE <= LOW_HALF);
        memset((void *)p[i], i, 5 * PAGE);
    }
    /* A hint is followed below, where it is free. */
    CHECK_EQ(map_low(GiB / 2, PAGE), GiB / 2);
    p[0] = map_low(GiB / 2, PAGE);
    CHECK(p[0] >= GiB && p[0] < LOW_HALF);
    p[0] = map_low(LOW_HALF, PAGE);
    CHECK(p[0] >= GiB && p[0] < LOW_HALF);
    CHECK_EQ(mmap((void *)fixed, PAGE, RW, ANON | MAP_FIXED | MAP_32BIT, -1, 0), fixed);
    /* There is no more than a GiB of it. */
    CHECK_EQ(map_low(0, GiB), -1);
    CHECK_EQ(errno, ENOMEM);
    CHECK_EQ(map_low(0, LOW_HALF + PAGE), -1);
    CHECK_EQ(errno, ENOMEM);
    CHECK(map_low(0, GiB / 2) < LOW_HALF);
    /* MAP_SHARED_VALIDATE knows the flag. */
    write_file("low", "low", 4);
    int fd = CHECK_OK(open("low", O_RDONLY));
    p[0] = (unsigned long)mmap(NULL, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_32BIT, fd, 0);
    CHECK(p[0] >= GiB && p[0] < LOW_HALF);
    CHECK_EQ(strcmp((char *)p[0], "low"), 0);
}

static void check_perms(const void *p, const char *perms)
{
    struct area a;

    CHECK(area_at((unsigned long)p, &a));
    if (strcmp(a.perms, perms))
        FAIL("%s, not %s", a.perms, perms);
}

static void read_implies_exec(void)
{
    int fd;
    void *p;

    write_file("file", "x", 1);
    fd = CHECK_OK(open("file", O_RDWR));
    CHECK_OK(personality(READ_IMPLIES_EXEC));
    check_perms(p = map(PAGE, PROT_READ), "r-xp");
    check_perms(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), "r-xp");
    check_perms(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), "rwxs");
    CHECK_OK(mprotect(p, PAGE, PROT_NONE));
    check_perms(p, "---p");
    CHECK_OK(mprotect(p, PAGE, PROT_WRITE));
    check_perms(p, "-w-p");
    CHECK_OK(mprotect(p, PAGE, PROT_READ));
    check_perms(p, "r-xp");
    CHECK_OK(personality(PER_LINUX));
    CHECK_OK(mprotect(p, PAGE, PROT_READ));
    check_perms(p, "r--p");
}

static long faults(void)
{
    struct rusage usage;

    CHECK_OK(getrusage(RUSAGE_SELF, &usage));
    return usage.ru_minflt;
}

/* Nobody has to be told of stores to memory alone: a page that was read can be written to. */
static void load_then_store(void)
{
    int fd = CHECK_OK(memfd_create("pages", 0));
    volatile char *p[2];
    long before;

    CHECK_OK(ftruncate(fd, 4 * PAGE));
    p[0] = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
    p[1] = mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 2; i++) {
        faults(); /* what it needs itself is there from now on */
        for (int k = 0; k < 4; k++)
            CHECK_EQ(p[i][k * PAGE], 0);
        before = faults();
        for (int k = 0; k < 4; k++)
            p[i][k * PAGE] = 1;
        CHECK_EQ(faults(), before);
    }
}

/* What such a store has left behind the end is zero when the file grows over it. */
static void stored_behind_the_end(void)
{
    int fd = CHECK_OK(memfd_create("page", 0));
    volatile char *p;

    CHECK_OK(ftruncate(fd, 100));
    p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
    CHECK_EQ(p[0], 0);
    p[99] = p[100] = 1;
    CHECK_OK(ftruncate(fd, PAGE));
    CHECK(p[99] == 1 && p[100] == 0);
}

/* A private mapping of the same is still copied, and one of a file that is read-only refused. */
static void load_then_copy(void)
{
    int fd = CHECK_OK(memfd_create("pages", 0));
    volatile char *shared, *private, *limited;

    CHECK_OK(ftruncate(fd, PAGE));
    shared = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
    private = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
    limited = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    CHECK(shared[0] == 0 && private[0] == 0 && limited[0] == 0);
    private[0] = 1;
    CHECK_EQ(shared[0], 0);
    shared[0] = 2;
    CHECK(private[0] == 1 && limited[0] == 2);
    EXPECT_SIGNAL(do_write, limited, 11);
    CHECK_OK(mprotect((void *)shared, PAGE, PROT_READ));
    EXPECT_SIGNAL(do_write, shared, 11);
    CHECK_OK(mprotect((void *)shared, PAGE, RW));
    shared[0] = 3;
    CHECK_EQ(limited[0], 3);
}

const struct test mmap_flags_tests[] = {
    {"mmap-low-addresses", low_addresses, 0},
    {"mmap-read-implies-exec", read_implies_exec, 0},
    {"mmap-load-then-store", load_then_store, 0},
    {"mmap-load-then-copy", load_then_copy, 0},
    {"mmap-stored-behind-the-end", stored_behind_the_end, T_OWN},
    {NULL, NULL, 0},
};
