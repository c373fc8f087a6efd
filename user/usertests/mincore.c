/* SPDX-License-Identifier: MIT */
/* mincore: what it says of touched and untouched memory, of a file's pages, and errors. */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RW     (PROT_READ | PROT_WRITE)
#define UNSEEN 0x5a /* what the vector holds where nothing was stored */

/* The vector of the n pages at p must be these '0' and '1', and nothing behind them touched. */
static void expect(const char *file, int line, const void *p, const char *want)
{
    unsigned char vec[64];
    size_t n = strlen(want);

    memset(vec, UNSEEN, sizeof(vec));
    check_ok(file, line, "mincore", mincore((void *)p, n * PAGE, vec));
    for (size_t i = 0; i < n; i++)
        if ((vec[i] & 1) != want[i] - '0')
            fail(file, line, "page %zu of %zu is %d", i, n, vec[i]);
    if (!all_bytes(vec + n, sizeof(vec) - n, UNSEEN))
        fail(file, line, "more than %zu bytes were stored", n);
}
#define EXPECT(p, want) expect(__FILE__, __LINE__, p, want)

static void arguments(void)
{
    unsigned char vec[16];
    char *p = map(8 * PAGE, RW);

    CHECK_ERR(mincore(p + 1, PAGE, vec), EINVAL);
    CHECK_ERR(mincore(p, -1ul, vec), ENOMEM);
    CHECK_ERR(mincore(p, -PAGE, vec), ENOMEM);
    CHECK_ERR(mincore((void *)USER_LIMIT, PAGE, vec), ENOMEM);
    CHECK_ERR(mincore((void *)slot_va(272), PAGE, vec), ENOMEM);
    CHECK_ERR(mincore((void *)-PAGE, 0, vec), ENOMEM);
    CHECK_ERR(mincore(p, PAGE, NULL), EFAULT);
    CHECK_ERR(mincore(p, PAGE, (void *)-1l), EFAULT);
    CHECK_ERR(mincore(p, PAGE, (void *)slot_va(272)), EFAULT);
    CHECK_OK(mincore(p, 0, NULL));
    memset(vec, UNSEEN, sizeof(vec));
    CHECK_OK(mincore(p, PAGE + 1, vec)); /* a length counts in whole pages */
    CHECK_EQ(vec[1], 0);
    CHECK_EQ(vec[2], UNSEEN);
}

/* A vector that cannot be written to is found out wherever in it that is. */
static void bad_vector(void)
{
    char *p = map(8 * PAGE, RW), *vec = map(3 * PAGE, RW);

    CHECK_OK(mprotect(vec + PAGE, PAGE, PROT_READ));
    CHECK_OK(munmap(vec + 2 * PAGE, PAGE));
    CHECK_OK(mincore(p, 8 * PAGE, (void *)(vec + PAGE - 8)));
    CHECK_ERR(mincore(p, 8 * PAGE, (void *)(vec + PAGE - 7)), EFAULT);
    CHECK_ERR(mincore(p, 8 * PAGE, (void *)(vec + 2 * PAGE)), EFAULT);
}

/* What lies before a hole is told, all the same. */
static void holes(void)
{
    char *p = map(8 * PAGE, RW);
    unsigned char vec[8];

    memset(p, 1, 8 * PAGE);
    CHECK_OK(munmap(p + 2 * PAGE, 2 * PAGE));
    memset(vec, UNSEEN, sizeof(vec));
    CHECK_ERR(mincore(p, 8 * PAGE, vec), ENOMEM);
    CHECK(vec[0] == 1 && vec[1] == 1 && vec[2] == UNSEEN);
    CHECK_ERR(mincore(p + 2 * PAGE, PAGE, vec), ENOMEM);
    CHECK_ERR(mincore(p + 3 * PAGE, 2 * PAGE, vec), ENOMEM);
    CHECK_OK(mincore(p + 4 * PAGE, 4 * PAGE, vec));
}

/* One's own memory is there once it was touched, whatever became of its protection. */
static void anonymous(void)
{
    char *p = map(8 * PAGE, RW);

    EXPECT(p, "00000000");
    p[PAGE] = 1;
    read_byte((unsigned long)p + 3 * PAGE);
    EXPECT(p, "01010000");
    CHECK_OK(mprotect(p + PAGE, PAGE, PROT_NONE));
    CHECK_OK(mprotect(p + 2 * PAGE, PAGE, PROT_READ));
    EXPECT(p, "01010000");
    CHECK_OK(mprotect(p, 8 * PAGE, RW));
    CHECK_EQ(p[PAGE], 1);
    CHECK_OK(munmap(p, 8 * PAGE));
    CHECK_EQ((long)mmap(p, 8 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), (long)p);
    EXPECT(p, "00000000");
}

/*
 * More pages than the kernel looks at in one go, with marks on both sides of where it starts anew.
 */
static void many(void)
{
    const size_t pages = 3 * 4096 + 5;
    static const size_t touched[] = {0, 1, 511, 512, 4095, 4096, 4097, 8191, 8192, 3 * 4096 + 4};
    char *p = map(pages * PAGE, RW);
    unsigned char *vec = map(4 * PAGE, RW); /* untouched: it is faulted in on the way */

    for (size_t i = 0; i < sizeof(touched) / sizeof(touched[0]); i++)
        p[touched[i] * PAGE] = 1;
    vec[pages] = UNSEEN;
    CHECK_OK(mincore(p, pages * PAGE, vec));
    CHECK_EQ(vec[pages], UNSEEN);
    for (size_t i = 0; i < sizeof(touched) / sizeof(touched[0]); i++) {
        if (!vec[touched[i]])
            FAIL("page %zu is there", touched[i]);
        vec[touched[i]] = 0;
    }
    CHECK(all_bytes(vec, pages, 0));
}

/* The vector may lie in what is looked at, and areas of all kinds in one range. */
static void vector_inside(void)
{
    char *p = map(8 * PAGE, RW);

    CHECK_OK(mprotect(p + 3 * PAGE, PAGE, PROT_READ));
    p[5 * PAGE] = 1;
    CHECK_OK(mincore(p, 8 * PAGE, (void *)(p + PAGE)));
    CHECK(memcmp(p + PAGE, "\0\0\0\0\0\1\0\0", 8) == 0);
    EXPECT(p, "01000100");
}

/* A sparse file: what was written is in the cache, whoever maps it; what was not is not. */
static void file(void)
{
    int fd = (int)CHECK_OK(open("sparse", O_RDWR | O_CREAT | O_TRUNC, 0666));
    char *p;

    CHECK_OK(ftruncate(fd, 6 * PAGE + 1));
    CHECK_EQ(pwrite(fd, "x", 1, 2 * PAGE), 1);
    CHECK_EQ(pwrite(fd, "y", 1, 6 * PAGE), 1);
    p = mmap(NULL, 8 * PAGE, RW, MAP_PRIVATE, fd, 0);
    CHECK(p != MAP_FAILED);
    EXPECT(p, "00100010");
    CHECK_EQ(p[2 * PAGE], 'x');
    p[2 * PAGE] = 'z'; /* a copy is there as much as the file's own page */
    EXPECT(p, "00100010");
    CHECK_OK(munmap(p, 8 * PAGE));
    p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 6 * PAGE);
    CHECK(p != MAP_FAILED);
    EXPECT(p, "10");
    CHECK_OK(ftruncate(fd, 0));
    EXPECT(p, "00");
}

/* A child's view is its own: what it has not touched is not there for it, but what it shares is. */
static void in_child(void *arg)
{
    char *p = arg;

    EXPECT(p, "0100");
    p[2 * PAGE] = 1;
    EXPECT(p, "0110");
}

static void forked(void)
{
    char *p = map(4 * PAGE, RW);

    p[PAGE] = 1;
    JOIN(spawn(in_child, p));
    EXPECT(p, "0100");
}

const struct test mincore_tests[] = {
    {"mincore-arguments", arguments, 0},
    {"mincore-bad-vector", bad_vector, 0},
    {"mincore-holes", holes, 0},
    {"mincore-anonymous", anonymous, 0},
    {"mincore-many", many, 0},
    {"mincore-vector-inside", vector_inside, 0},
    {"mincore-file", file, 0},
    {"mincore-forked", forked, 0},
    {NULL, NULL, 0},
};
