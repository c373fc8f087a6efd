/* SPDX-License-Identifier: MIT */
/* fallocate(), on a disk and in memory. */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define EXT2_MAGIC 0xef53
#define PUNCH      (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)

static char buf[6 * PAGE];

static struct stat status(int fd)
{
    struct stat st;

    CHECK_OK(fstat(fd, &st));
    return st;
}

static long pages_of(int fd)
{
    return status(fd).st_blocks / (PAGE / 512);
}

static void errors(void)
{
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600)), pipes[2], other;
    const long most = 0x7fffffffffffffff;

    CHECK_ERR(fallocate(-1, 0, 0, 10), EBADF);
    CHECK_ERR(fallocate(fd, 0, 0, 0), EINVAL);
    CHECK_ERR(fallocate(fd, 0, 0, -1), EINVAL);
    CHECK_ERR(fallocate(fd, 0, -1, 10), EINVAL);
    CHECK_ERR(fallocate(fd, 0x1000, 0, 10), EOPNOTSUPP);
    CHECK_ERR(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10), EOPNOTSUPP);
    CHECK_ERR(fallocate(fd, PUNCH | FALLOC_FL_ZERO_RANGE, 0, 10), EOPNOTSUPP);
    CHECK_ERR(fallocate(fd, 0, most, 1), EFBIG);
    CHECK_ERR(fallocate(fd, 0, 1, most), EFBIG);
    other = CHECK_OK(open("file", O_RDONLY));
    CHECK_ERR(fallocate(other, 0, 0, 10), EBADF);
    CHECK_ERR(fallocate(other, 0, 0, 0), EINVAL);
    CHECK_ERR(fallocate(CHECK_OK(open(".", O_RDONLY)), 0, 0, 10), EBADF);
    CHECK_OK(pipe(pipes));
    CHECK_ERR(fallocate(pipes[0], 0, 0, 10), EBADF);
    CHECK_ERR(fallocate(pipes[1], 0, 0, 10), ESPIPE);
    CHECK_EQ(status(fd).st_size, 0);
}

/* What every file system does that does anything. */
static void allocates(int fd)
{
    CHECK_EQ(pwrite(fd, "head", 4, 0), 4);
    CHECK_EQ(pwrite(fd, "tail", 4, 4 * PAGE), 4);
    CHECK_OK(fallocate(fd, 0, 10, 2 * PAGE));
    CHECK_EQ(status(fd).st_size, 4 * PAGE + 4);
    CHECK(pages_of(fd) >= 4);
    CHECK_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4 * PAGE));
    CHECK_EQ(status(fd).st_size, 4 * PAGE + 4);
    CHECK(pages_of(fd) >= 5);
    CHECK_OK(fallocate(fd, 0, 5 * PAGE, PAGE));
    CHECK_EQ(status(fd).st_size, 6 * PAGE);
    CHECK(pages_of(fd) >= 6);
    CHECK_EQ(pread(fd, buf, sizeof(buf), 0), sizeof(buf));
    CHECK(memcmp(buf, "head", 4) == 0 && memcmp(buf + 4 * PAGE, "tail", 4) == 0);
    CHECK(all_bytes(buf + 4, 4 * PAGE - 4, 0) && all_bytes(buf + 4 * PAGE + 4, 2 * PAGE - 4, 0));
}

static void on_disk(void)
{
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));

    if (fallocate(fd, 0, 0, PAGE) < 0 && errno == EOPNOTSUPP)
        skip("not here");
    CHECK_OK(ftruncate(fd, 0));
    allocates(fd);
    CHECK_OK(fsync(fd));
    drop_caches();
    CHECK_EQ(pread(fd, buf, sizeof(buf), 0), sizeof(buf));
    CHECK(all_bytes(buf + 4, 4 * PAGE - 4, 0));
    CHECK(memcmp(buf + 4 * PAGE, "tail", 4) == 0);
    CHECK_OK(ftruncate(fd, 0));
    CHECK_EQ(pages_of(fd), 0);
}

/* ext2 has no blocks behind a file's end. */
static void disk_limits(void)
{
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    struct statfs fs;

    CHECK_OK(fstatfs(fd, &fs));
    if (fs.f_type != EXT2_MAGIC)
        skip("not on ext2");
    CHECK_ERR(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, PAGE), EOPNOTSUPP);
    CHECK_ERR(fallocate(fd, PUNCH | FALLOC_FL_ZERO_RANGE, 0, PAGE), EOPNOTSUPP);
    CHECK_ERR(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, PAGE), EOPNOTSUPP);
    CHECK_ERR(fallocate(fd, 0, 0, 1l << 42), EFBIG);
    CHECK_ERR(fallocate(fd, 0, 1 * GiB, 1 * GiB), ENOSPC);
    CHECK_EQ(status(fd).st_size, 0);
    CHECK_EQ(pages_of(fd), 0);
}

static void in_memory(void)
{
    int fd = CHECK_OK(memfd_create("test", 0));

    allocates(fd);
    CHECK_EQ(pages_of(fd), 6);
    CHECK_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 8 * PAGE, 2 * PAGE));
    CHECK_EQ(status(fd).st_size, 6 * PAGE);
    CHECK_EQ(pages_of(fd), 8);
    CHECK_ERR(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, PAGE), EOPNOTSUPP);
    CHECK_ERR(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, PAGE), EOPNOTSUPP);
    CHECK_OK(ftruncate(fd, 6 * PAGE));
    CHECK_OK(ftruncate(fd, PAGE));
    CHECK_EQ(pages_of(fd), 1);
}

static bool exact; /* no page more than there are bytes in */

static void hole(int fd, long start, long len, long pages)
{
    static char now[sizeof(buf)];

    CHECK_OK(fallocate(fd, PUNCH, start, len));
    if (exact)
        CHECK_EQ(pages_of(fd), pages);
    CHECK_EQ(status(fd).st_size, sizeof(buf));
    for (long i = start; i < start + len && i < (long)sizeof(buf); i++)
        buf[i] = 0;
    CHECK_EQ(pread(fd, now, sizeof(now), 0), sizeof(now));
    for (size_t i = 0; i < sizeof(buf); i++)
        if (now[i] != buf[i])
            FAIL("hole of %ld at %ld: byte %zu is %d, not %d", len, start, i, now[i], buf[i]);
}

/* Exactly these bytes become zeroes, and the pages that lie in them are given back. */
static void holes(int fd)
{
    memset(buf, 'h', sizeof(buf));
    write_full(fd, buf, sizeof(buf));
    hole(fd, 10, 20, 6);
    hole(fd, PAGE - 10, 20, 6);
    hole(fd, 2 * PAGE - 1, PAGE + 2, 5);
    hole(fd, 2 * PAGE, PAGE, 5);
    hole(fd, 4 * PAGE, PAGE, 4);
    hole(fd, 5 * PAGE + 100, 10 * PAGE, 4);
    hole(fd, 100 * PAGE, PAGE, 4);
    hole(fd, 1, 6 * PAGE, 1);
    hole(fd, 0, 6 * PAGE, 0);
    CHECK_EQ(pwrite(fd, "again", 5, 2 * PAGE), 5);
    if (exact)
        CHECK_EQ(pages_of(fd), 1);
}

static void holes_in_memory(void)
{
    exact = true;
    holes(CHECK_OK(memfd_create("test", 0)));
}

static void holes_on_disk(void)
{
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    struct statfs fs;

    CHECK_OK(fstatfs(fd, &fs));
    exact = fs.f_type == EXT2_MAGIC && !reference;
    if (fallocate(fd, PUNCH, 0, PAGE) < 0 && errno == EOPNOTSUPP)
        skip("not here");
    holes(fd);
    CHECK_OK(fsync(fd));
    drop_caches();
    CHECK_EQ(pread(fd, buf, sizeof(buf), 0), sizeof(buf));
    CHECK(all_bytes(buf, 2 * PAGE, 0) && memcmp(buf + 2 * PAGE, "again", 5) == 0);
    CHECK(all_bytes(buf + 2 * PAGE + 5, 4 * PAGE - 5, 0));
}

/* Far out in a file, behind indirect blocks; and what was given back can be had again. */
static void far_holes(void)
{
    const long far[] = {100 * PAGE, 3000 * PAGE, 2000000 * PAGE};
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++)
            CHECK_EQ(pwrite(fd, "far", 3, far[i]), 3);
        CHECK_OK(fsync(fd));
        long pages = pages_of(fd);
        for (int i = 0; i < 3; i++) {
            CHECK_OK(fallocate(fd, PUNCH, far[i] - 3 * PAGE, 6 * PAGE));
            CHECK_EQ(pread(fd, buf, 3, far[i]), 3);
            CHECK(all_bytes(buf, 3, 0));
        }
        CHECK_EQ(pages_of(fd), pages - 3);
        drop_caches();
        CHECK_EQ(pread(fd, buf, 3, far[1]), 3);
        CHECK(all_bytes(buf, 3, 0));
    }
    CHECK_OK(ftruncate(fd, 0));
    CHECK_EQ(pages_of(fd), 0);
}

const struct test fallocate_tests[] = {
    {"fallocate-errors", errors, 0},
    {"fallocate-on-disk", on_disk, 0},
    {"fallocate-disk-limits", disk_limits, T_OWN},
    {"fallocate-in-memory", in_memory, 0},
    {"fallocate-holes", holes_in_memory, 0},
    {"fallocate-holes-on-disk", holes_on_disk, 0},
    {"fallocate-far-holes", far_holes, T_OWN},
    {NULL, NULL, 0},
};
