/* SPDX-License-Identifier: MIT */
/*
 * msync: arguments, holes, locked memory, and that what it says is on the disk is no longer dirty.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)

static int new_file(size_t size)
{
    int fd = (int)CHECK_OK(open("file", O_RDWR | O_CREAT | O_TRUNC, 0666));

    CHECK_OK(ftruncate(fd, (off_t)size));
    return fd;
}

static void arguments(void)
{
    static const int good[] = {
        0, MS_ASYNC, MS_INVALIDATE, MS_SYNC, MS_ASYNC | MS_INVALIDATE, MS_SYNC | MS_INVALIDATE};
    char *p = map_file(new_file(8 * PAGE), 8 * PAGE, RW, MAP_SHARED);

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        CHECK_OK(msync(p, PAGE, good[i]));
        CHECK_OK(msync(p, 8 * PAGE - 5, good[i])); /* a length counts in whole pages */
        CHECK_OK(msync(p, 0, good[i]));
        CHECK_OK(msync((void *)slot_va(272), 0, good[i]));
        CHECK_ERR(msync(p + 1, PAGE, good[i]), EINVAL);
        CHECK_ERR(msync(p, -PAGE, good[i]), ENOMEM);
        CHECK_ERR(msync((void *)slot_va(272), PAGE, good[i]), ENOMEM);
        CHECK_ERR(msync((void *)-PAGE, PAGE, good[i]), ENOMEM);
        CHECK_ERR(msync((void *)PAGE, PAGE, good[i]), ENOMEM);
    }
    CHECK_ERR(msync(p, PAGE, MS_ASYNC | MS_SYNC), EINVAL);
    CHECK_ERR(msync(p, PAGE, MS_ASYNC | MS_SYNC | MS_INVALIDATE), EINVAL);
    CHECK_ERR(msync(p, PAGE, 8), EINVAL);
    CHECK_ERR(msync(p, PAGE, -1), EINVAL);
}

/* Whatever memory it is: there is nothing to do, and nothing wrong with that. */
static void every_kind(void)
{
    int fd = new_file(2 * PAGE), reader = (int)CHECK_OK(open("file", O_RDONLY));
    int mem = (int)CHECK_OK(memfd_create("test", MFD_CLOEXEC));
    char *p;

    CHECK_OK(ftruncate(mem, 2 * PAGE));
    p = map(2 * PAGE, RW);
    p[0] = 1;
    CHECK_OK(msync(p, 2 * PAGE, MS_SYNC));
    CHECK_OK(msync(map(PAGE, PROT_NONE), PAGE, MS_SYNC));
    p = map_file(fd, 2 * PAGE, RW, MAP_PRIVATE);
    p[0] = 1;
    CHECK_OK(msync(p, 2 * PAGE, MS_SYNC));
    CHECK_EQ(p[0], 1);
    p = map_file(mem, 2 * PAGE, RW, MAP_SHARED);
    p[0] = 2;
    CHECK_OK(msync(p, 2 * PAGE, MS_SYNC));
    CHECK_EQ(p[0], 2);
    CHECK_OK(msync(map_file(reader, PAGE, PROT_READ, MAP_SHARED), PAGE, MS_SYNC));
    CHECK_OK(msync(map_file(fd, 8 * PAGE, RW, MAP_SHARED), 8 * PAGE, MS_SYNC)); /* beyond its end */
    p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK_OK(msync(p, 2 * PAGE, MS_SYNC));
}

static void locked(void)
{
    char *p = map_file(new_file(4 * PAGE), 4 * PAGE, RW, MAP_SHARED);

    CHECK_OK(mlock(p + PAGE, PAGE));
    CHECK_ERR(msync(p, 4 * PAGE, MS_INVALIDATE), EBUSY);
    CHECK_ERR(msync(p + PAGE, PAGE, MS_SYNC | MS_INVALIDATE), EBUSY);
    CHECK_ERR(msync(p + PAGE, PAGE, MS_ASYNC | MS_INVALIDATE), EBUSY);
    CHECK_OK(msync(p, 4 * PAGE, MS_SYNC));
    CHECK_OK(msync(p, 4 * PAGE, MS_ASYNC));
    CHECK_OK(msync(p + 2 * PAGE, 2 * PAGE, MS_INVALIDATE));
    CHECK_OK(munlock(p, 4 * PAGE));
    CHECK_OK(msync(p, 4 * PAGE, MS_INVALIDATE));
}

static void holes(void)
{
    static const int flags[] = {0, MS_ASYNC, MS_INVALIDATE, MS_SYNC};
    char *p = map_file(new_file(8 * PAGE), 8 * PAGE, RW, MAP_SHARED);

    CHECK_OK(munmap(p + 2 * PAGE, 2 * PAGE));
    for (int i = 0; i < 4; i++) {
        CHECK_ERR(msync(p, 8 * PAGE, flags[i]), ENOMEM);
        CHECK_ERR(msync(p + 2 * PAGE, PAGE, flags[i]), ENOMEM);
        CHECK_ERR(msync(p + 3 * PAGE, 2 * PAGE, flags[i]), ENOMEM);
        CHECK_OK(msync(p, 2 * PAGE, flags[i]));
        CHECK_OK(msync(p + 4 * PAGE, 4 * PAGE, flags[i]));
    }
}

/* read() and mmap() see the same page before, between and after. */
static void coherent(void)
{
    int fd = new_file(3 * PAGE);
    char *p = map_file(fd, 3 * PAGE, RW, MAP_SHARED), buf[3 * PAGE];

    for (int round = 1; round < 20; round++) {
        fill_pattern(p, 3 * PAGE, round);
        CHECK_EQ(pread(fd, buf, sizeof(buf), 0), (long)sizeof(buf));
        CHECK(memcmp(p, buf, sizeof(buf)) == 0);
        CHECK_OK(msync(p + round % 3 * PAGE, PAGE, round % 2 ? MS_SYNC : MS_ASYNC));
        CHECK_EQ(pwrite(fd, "from write", 10, PAGE + 100 * round), 10);
        CHECK(memcmp(p + PAGE + 100 * round, "from write", 10) == 0);
        CHECK_OK(msync(p, 3 * PAGE, MS_SYNC | MS_INVALIDATE));
        CHECK_EQ(pread(fd, buf, sizeof(buf), 0), (long)sizeof(buf));
        CHECK(memcmp(p, buf, sizeof(buf)) == 0);
    }
}

/* KiB that are newer than the disk; the flusher has not been long enough about it. */
static void reaches_disk(void)
{
    const size_t pages = 64;
    int fd = new_file(pages * PAGE);
    char *p = map_file(fd, pages * PAGE, RW, MAP_SHARED);

    for (int round = 0; round < 3; round++) {
        long before, made, left;

        sync();
        before = meminfo("Dirty");
        for (size_t i = 0; i < pages; i++)
            p[i * PAGE] = round + 1;
        made = meminfo("Dirty");
        CHECK_OK(msync(p, pages / 2 * PAGE, MS_SYNC));
        left = meminfo("Dirty");
        if (made >= before + (long)(pages * PAGE / KiB) && left > made - 100)
            FAIL("%ld KiB dirty, %ld after stores, %ld after msync", before, made, left);
        CHECK_OK(msync(p, pages * PAGE, MS_SYNC));
        if (meminfo("Dirty") > before + 32)
            FAIL("%ld KiB dirty, %ld after msync", before, meminfo("Dirty"));
    }
}

const struct test msync_tests[] = {
    {"msync-arguments", arguments, 0},
    {"msync-every-kind", every_kind, 0},
    {"msync-locked", locked, 0},
    {"msync-holes", holes, 0},
    {"msync-coherent", coherent, 0},
    {"msync-reaches-disk", reaches_disk, T_OWN},
    {NULL, NULL, 0},
};
