/* SPDX-License-Identifier: MIT */
/* MAP_GROWSDOWN: an area that grows as a stack does, and stops where a stack would. */
#include "test.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RW        (PROT_READ | PROT_WRITE)
#define ANON      (MAP_PRIVATE | MAP_ANONYMOUS)
#define GUARD_GAP (256 * PAGE)

/* Four pages that grow down, with this many free pages below them. */
static char *growing(unsigned long below)
{
    unsigned long size = (below + 4) * PAGE + 64 * PAGE;
    char *p = map(size, PROT_NONE), *at = p + below * PAGE;

    CHECK_OK(munmap(p, size));
    CHECK(mmap(at, 4 * PAGE, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0) == at);
    return at;
}

static unsigned long start_of(char *p)
{
    struct area a;

    CHECK(area_at((unsigned long)p, &a));
    return a.start;
}

static void grows(void)
{
    char *p = growing(2048);

    p[0] = 1;
    CHECK_EQ(start_of(p), (unsigned long)p);
    p[-1] = 2;
    CHECK_EQ(start_of(p), (unsigned long)p - PAGE);
    p[-100 * (long)PAGE] = 3;
    CHECK_EQ(start_of(p), (unsigned long)p - 100 * PAGE);
    CHECK(all_bytes(p - 99 * PAGE, 98 * PAGE, 0));
    CHECK_EQ(areas_in((unsigned long)p - 100 * PAGE, (unsigned long)p + 4 * PAGE), 1);
    EXPECT_SIGNAL(do_write, p + 4 * PAGE, SIGSEGV); /* not upward */
}

static void stops_at_gap(void)
{
    char *p = growing(1024);
    char *wall = p - 400 * PAGE;

    CHECK(mmap(wall, PAGE, RW, ANON | MAP_FIXED, -1, 0) == wall);
    *wall = 7;
    JOIN(spawn(do_write, wall + PAGE + GUARD_GAP));
    EXPECT_SIGNAL(do_write, wall + GUARD_GAP, SIGSEGV);
    EXPECT_SIGNAL(do_write, wall + PAGE, SIGSEGV);
    CHECK_EQ(*wall, 7);
    /* What nobody can use may come nearer: that is what a guard page is. */
    CHECK_OK(mprotect(wall, PAGE, PROT_NONE));
    JOIN(spawn(do_write, wall + PAGE));
}

/* It is not for files, nor for sharing. */
static void private_only(void)
{
    CHECK_ERR(mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0), EINVAL);
}

/* mprotect() with PROT_GROWSDOWN changes the area from its start on, wherever that is by now. */
static void protect(void)
{
    char *p = growing(1024);

    p[-10 * (long)PAGE] = 1;
    CHECK_OK(mprotect(p, PAGE, PROT_READ | PROT_GROWSDOWN));
    EXPECT_SIGNAL(do_write, p, SIGSEGV);
    EXPECT_SIGNAL(do_write, p - 10 * PAGE, SIGSEGV);
    JOIN(spawn(do_write, p + PAGE));
    CHECK_EQ(p[-10 * (long)PAGE], 1);
}

static void child_grows(void *arg)
{
    char *p = arg;

    CHECK_EQ(p[-5 * (long)PAGE], 5);
    p[-9 * (long)PAGE] = 9;
    CHECK_EQ(start_of(p), (unsigned long)p - 9 * PAGE);
}

static void forked(void)
{
    char *p = growing(1024);

    p[-5 * (long)PAGE] = 5;
    JOIN(spawn(child_grows, p));
    CHECK_EQ(start_of(p), (unsigned long)p - 5 * PAGE);
}

const struct test growsdown_tests[] = {
    {"growsdown-grows", grows, 0},
    {"growsdown-stops-at-gap", stops_at_gap, 0},
    {"growsdown-private-only", private_only, 0},
    {"growsdown-mprotect", protect, 0},
    {"growsdown-fork", forked, 0},
    {NULL, NULL, 0},
};
