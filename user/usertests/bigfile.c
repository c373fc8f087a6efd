/* SPDX-License-Identifier: MIT */
/*
 * Files that need indirect blocks: beyond 12 blocks (48 KiB) one level, 1024 blocks later (4 MiB)
 * two, 4 GiB later three; whole and with holes.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define TMPFS_MAGIC 0x01021994

#define DIRECT      (12 * PAGE)
#define SINGLE      (DIRECT + 1024 * PAGE)
#define DOUBLE      (SINGLE + 1024 * 1024 * PAGE)

static char block[64 * 1024];

static void need_space(unsigned long bytes)
{
    struct statfs fs;

    CHECK_OK(statfs(".", &fs));
    if ((unsigned long)fs.f_bavail * fs.f_bsize < bytes + 4 * MiB)
        skip("not enough room on the disk");
}

static long blocks_of(int fd)
{
    struct stat st;

    CHECK_OK(fsync(fd));
    CHECK_OK(fstat(fd, &st));
    return st.st_blocks;
}

static void write_pieces(int fd, unsigned long size)
{
    for (unsigned long at = 0; at < size; at += sizeof(block)) {
        fill_pattern(block, sizeof(block), at);
        write_full(fd, block, size - at < sizeof(block) ? size - at : sizeof(block));
    }
}

static void check_pieces(int fd, unsigned long size)
{
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    for (unsigned long at = 0; at < size; at += sizeof(block)) {
        size_t n = size - at < sizeof(block) ? size - at : sizeof(block);
        CHECK_EQ(read_full(fd, block, n), n);
        check_pattern(block, n & ~7ul, at);
    }
    CHECK_EQ(read(fd, block, 1), 0);
}

/* Written in one go, read from the cache, and again from the disk. */
static void whole(unsigned long size)
{
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT | O_TRUNC, 0600));

    need_space(size);
    write_pieces(fd, size);
    check_pieces(fd, size);
    CHECK(blocks_of(fd) * 512ul >= size);
    drop_caches();
    check_pieces(fd, size);
    CHECK_OK(close(fd));
    fd = CHECK_OK(open("file", O_RDONLY));
    check_pieces(fd, size);
    CHECK_OK(unlink("file"));
}

static void one_level(void)
{
    whole(DIRECT + 3 * PAGE + 123);
}

static void two_levels(void)
{
    whole(SINGLE + 300 * KiB + 7);
}

static void sixty_four(void)
{
    whole(64 * MiB);
}

/* Words written on both sides of each border, with nothing else in the file. */
static void sparse(void)
{
    static const unsigned long at[] = {
        0,
        DIRECT - 8,
        DIRECT,
        DIRECT + 8,
        SINGLE - 8,
        SINGLE,
        SINGLE + 8,
        2 * SINGLE,
        20 * SINGLE,
        DOUBLE / 2 + 8,
        DOUBLE - 1024 * PAGE - 8,
    };
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    unsigned long n = sizeof(at) / sizeof(at[0]), word;

    for (unsigned long i = n; i > 0; i--)
        CHECK_EQ(pwrite(fd, &at[i - 1], 8, at[i - 1]), 8);
    CHECK(blocks_of(fd) < 600);
    for (int round = 0; round < 2; round++) {
        for (unsigned long i = 0; i < n; i++) {
            CHECK_EQ(pread(fd, &word, 8, at[i]), 8);
            CHECK_EQ(word, at[i]);
        }
        CHECK_EQ(pread(fd, block, sizeof(block), 8), sizeof(block));
        CHECK(all_bytes(block, DIRECT - 16, 0));
        CHECK_EQ(pread(fd, block, sizeof(block), 3 * SINGLE), sizeof(block));
        CHECK(all_bytes(block, sizeof(block), 0));
        drop_caches();
    }
    CHECK_OK(ftruncate(fd, SINGLE + 16)); /* frees what the far ones needed */
    CHECK(blocks_of(fd) < 200);
    CHECK_EQ(pread(fd, &word, 8, SINGLE + 8), 8);
    CHECK_EQ(word, SINGLE + 8);
    CHECK_OK(ftruncate(fd, 2 * SINGLE + 8));
    CHECK_EQ(pread(fd, &word, 8, 2 * SINGLE), 8);
    CHECK_EQ(word, 0);
    CHECK_OK(ftruncate(fd, 0));
    CHECK_EQ(blocks_of(fd), 0);
}

/* Beyond 4 GiB: the third level, and sizes of more than 32 bits. */
static void three_levels(void)
{
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    unsigned long word = 39;
    struct statfs fs;
    struct stat st;

    CHECK_EQ(pwrite(fd, &word, 8, DOUBLE + 5 * PAGE), 8);
    CHECK_EQ(pwrite(fd, &word, 8, 2 * DOUBLE), 8);
    word = 0;
    CHECK_EQ(pread(fd, &word, 8, DOUBLE + 5 * PAGE), 8);
    CHECK_EQ(word, 39);
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_size, 2 * DOUBLE + 8);
    drop_caches();
    CHECK_EQ(pread(fd, &word, 8, 2 * DOUBLE), 8);
    CHECK_EQ(word, 39);
    CHECK(blocks_of(fd) < 200);
    CHECK_OK(ftruncate(fd, DOUBLE + 5 * PAGE + 8));
    CHECK_EQ(pread(fd, block, 100, DOUBLE + 5 * PAGE), 8);
    CHECK_OK(unlink("file"));
    /* A size that no file on a disk can have. */
    CHECK_OK(fstatfs(fd, &fs));
    if (fs.f_type == TMPFS_MAGIC)
        return;
    CHECK(pwrite(fd, &word, 8, 1l << 62) == -1 && (errno == EFBIG || errno == EINVAL));
    CHECK(ftruncate(fd, 1l << 62) == -1 && (errno == EFBIG || errno == EINVAL));
}

static unsigned long free_blocks(void)
{
    struct statfs fs;

    sync();
    CHECK_OK(statfs(".", &fs));
    return fs.f_bfree;
}

/*
 * What files took is given back by unlink, by truncate, and by the last close. (On a machine where
 * others write to the same disk there is no telling.)
 */
static void space_returns(void)
{
    unsigned long before = free_blocks();
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));

    need_space(1 * MiB);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
        write_pieces(fd, 1 * MiB);
        CHECK(before - free_blocks() >= 256);
        CHECK_OK(ftruncate(fd, 0));
        CHECK(before - free_blocks() <= 1);
    }
    write_pieces(fd, 1 * MiB);
    CHECK_OK(unlink("file"));
    CHECK(before - free_blocks() >= 256);
    CHECK_OK(close(fd));
    CHECK(before - free_blocks() <= 1);
}

/* A disk that is full says so, and is usable again afterwards. */
static void disk_full(void)
{
    unsigned long before = free_blocks(), n = 0;
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    ssize_t r;

    memset(block, 'f', sizeof(block));
    while ((r = write(fd, block, sizeof(block))) > 0)
        n += r;
    CHECK_EQ(errno, ENOSPC);
    CHECK(n / PAGE + before / 50 + 64 >= before);
    for (int i = 0; i < 8 && errno == ENOSPC; i++) /* takes the few blocks that may be left */
        if (mkdir((char[2]){'0' + i, 0}, 0700) < 0)
            break;
    CHECK_EQ(errno, ENOSPC);
    CHECK_OK(unlink("file"));
    CHECK_OK(close(fd));
    CHECK(before - free_blocks() <= 10);
    CHECK_OK(mkdir("dir", 0700));
}

const struct test bigfile_tests[] = {
    {"files-big-one-level", one_level, 0},
    {"files-big-two-levels", two_levels, 0},
    {"files-big-64-mib", sixty_four, T_STRESS},
    {"files-big-sparse", sparse, 0},
    {"files-big-three-levels", three_levels, 0},
    {"files-big-space-returns", space_returns, T_OWN},
    {"files-big-disk-full", disk_full, T_STRESS | T_OWN},
    {NULL, NULL, 0},
};
