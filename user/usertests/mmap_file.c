/* SPDX-License-Identifier: MIT */
/*
 * Files in memory: shared and private mappings, read() and write() all see the same pages. What
 * lies behind the end of a file, what truncating takes away, and what reaches the disk.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)

static char block[16 * PAGE] __attribute__((aligned(8)));

/* A file of a pattern, opened for both. */
static int make_file(const char *name, unsigned long size, unsigned long pattern)
{
    int fd = CHECK_OK(open(name, O_RDWR | O_CREAT | O_TRUNC, 0600));

    CHECK(size <= sizeof(block));
    fill_pattern(block, sizeof(block), pattern);
    write_full(fd, block, size);
    return fd;
}

static char *map_part(int fd, unsigned long size, int prot, int flags, off_t off)
{
    return (char *)CHECK_OK(mmap(NULL, size, prot, flags, fd, off));
}

/* A store is seen by read() and by every other mapping at once, and the other way round. */
static void coherent(void)
{
    int fd = make_file("file", 4 * PAGE, 1), other = CHECK_OK(open("file", O_RDWR));
    char *a = map_part(fd, 4 * PAGE, RW, MAP_SHARED, 0), c;
    char *b = map_part(other, 4 * PAGE, PROT_READ, MAP_SHARED, 0);
    char *p = map_part(fd, 4 * PAGE, RW, MAP_PRIVATE, 0);
    char *tail = map_part(other, PAGE, RW, MAP_SHARED, 3 * PAGE);

    for (unsigned long at = 0; at < 4 * PAGE; at += 777) {
        a[at] = 'a';
        CHECK_EQ(b[at], 'a');
        CHECK_EQ(p[at], 'a'); /* a private mapping not written to shows the file */
        CHECK_EQ(pread(other, &c, 1, at), 1);
        CHECK_EQ(c, 'a');
        CHECK_EQ(pwrite(fd, "w", 1, at), 1);
        CHECK_EQ(a[at], 'w');
        CHECK_EQ(b[at], 'w');
        CHECK_EQ(p[at], 'w');
    }
    tail[5] = 't';
    CHECK_EQ(a[3 * PAGE + 5], 't');
    a[3 * PAGE + 6] = 'u';
    CHECK_EQ(tail[6], 'u');
}

/* What is written to a private mapping is nobody else's; what was, stays. */
static void private(void)
{
    int fd = make_file("file", 4 * PAGE, 2);
    char *p = map_part(fd, 4 * PAGE, RW, MAP_PRIVATE, 0), *q;
    char *s = map_part(fd, 4 * PAGE, RW, MAP_SHARED, 0), c;

    q = map_part(fd, 4 * PAGE, RW, MAP_PRIVATE, 0);
    check_pattern(p, 4 * PAGE, 2);
    p[PAGE] = 'p';
    CHECK_EQ(pread(fd, &c, 1, PAGE), 1);
    CHECK_EQ(c, block[PAGE]);
    CHECK_EQ(s[PAGE], block[PAGE]);
    CHECK_EQ(q[PAGE], block[PAGE]);
    /* From here on that page is p's own; the others are still the file's. */
    s[PAGE + 1] = s[2 * PAGE] = '!';
    CHECK_EQ(p[PAGE + 1], block[PAGE + 1]);
    CHECK_EQ(p[2 * PAGE], '!');
    CHECK_EQ(q[PAGE + 1], '!');
    CHECK_OK(msync(p, 4 * PAGE, MS_SYNC));
    CHECK_EQ(s[PAGE], block[PAGE]);
    CHECK_OK(close(fd));
    CHECK_EQ(p[PAGE], 'p');
    CHECK_EQ(q[2 * PAGE], '!');
}

/* Odd sizes and offsets: the last page's tail is zero, and the page behind it is not there. */
static void tail(void)
{
    static const unsigned long sizes[] = {1,        100,          PAGE - 1,     PAGE,
                                          PAGE + 1, 2 * PAGE - 9, 3 * PAGE + 7, 0};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        unsigned long size = sizes[i], end = (size + PAGE - 1) & -PAGE;
        int fd = make_file("file", size, i);
        static const int kinds[] = {MAP_SHARED, MAP_PRIVATE};
        for (int k = 0; k < 2; k++) {
            char *p = map_part(fd, end + 2 * PAGE, RW, kinds[k], 0);
            check_pattern(p, size & ~7ul, i);
            CHECK(all_bytes(p + size, end - size, 0));
            EXPECT_SIGNAL(do_read, p + end, SIGBUS);
            EXPECT_SIGNAL(do_write, p + end, SIGBUS);
            EXPECT_SIGNAL(do_read, p + end + PAGE, SIGBUS);
            EXPECT_SIGNAL(do_read, p + end + 2 * PAGE - 1, SIGBUS);
            CHECK_OK(munmap(p, end + 2 * PAGE));
        }
        char *far = map_part(fd, PAGE, RW, MAP_SHARED, 100 * PAGE);
        EXPECT_SIGNAL(do_write, far, SIGBUS);
        CHECK_OK(munmap(far, PAGE));
        CHECK_OK(close(fd));
    }
}

/* What is stored behind the end, in the last page, does not reach the file. */
static void tail_not_written(void)
{
    int fd = make_file("file", 100, 3);
    char *p = map_part(fd, PAGE, RW, MAP_SHARED, 0), c[20];
    struct stat st;

    memset(p + 90, 'x', 200);
    CHECK_OK(msync(p, PAGE, MS_SYNC));
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_size, 100);
    CHECK_EQ(pread(fd, c, 20, 90), 10);
    CHECK(all_bytes(c, 10, 'x'));
    CHECK_OK(munmap(p, PAGE));
    CHECK_OK(fsync(fd));
    drop_caches();
    CHECK_OK(ftruncate(fd, 300));
    CHECK_EQ(pread(fd, c, 10, 100), 10);
    CHECK(all_bytes(c, 10, 0));
}

/* A mapping does not hold the file's size: growing it makes its pages appear. */
static void grows(void)
{
    int fd = make_file("file", 10, 4);
    char *s = map_part(fd, 8 * PAGE, RW, MAP_SHARED, 0);
    char *p = map_part(fd, 8 * PAGE, RW, MAP_PRIVATE, 0);

    EXPECT_SIGNAL(do_read, s + 2 * PAGE, SIGBUS);
    CHECK_OK(ftruncate(fd, 3 * PAGE));
    CHECK(all_bytes(s + 10, 3 * PAGE - 10, 0));
    s[2 * PAGE] = 'g';
    CHECK_EQ(p[2 * PAGE], 'g');
    EXPECT_SIGNAL(do_read, p + 3 * PAGE, SIGBUS);
    CHECK_EQ(pwrite(fd, "end", 3, 5 * PAGE + 1), 3);
    CHECK_EQ(memcmp(s + 5 * PAGE, "\0end\0", 5), 0);
    CHECK(all_bytes(p + 4 * PAGE, PAGE, 0));
    EXPECT_SIGNAL(do_write, p + 6 * PAGE, SIGBUS);
}

struct views {
    char *shared, *private;
    int go[2], ready[2];
};

/* Has the file's pages in its table, a private copy of one among them, when it is cut. */
static void other_process(void *arg)
{
    struct views *v = arg;
    char c;

    v->private[2 * PAGE] = 'c';
    read_byte((unsigned long)v->shared + 2 * PAGE);
    read_byte((unsigned long)v->shared + 3 * PAGE);
    write_full(v->ready[1], "r", 1);
    CHECK_EQ(read(v->go[0], &c, 1), 1);
    EXPECT_SIGNAL(do_read, v->shared + 2 * PAGE, SIGBUS);
    EXPECT_SIGNAL(do_write, v->shared + 3 * PAGE, SIGBUS);
    EXPECT_SIGNAL(do_read, v->private + 2 * PAGE, SIGBUS);
    CHECK_EQ(v->shared[PAGE - 1], 's');
    CHECK_EQ(v->private[PAGE + 1], 'q');
}

/* Truncating takes the pages away from every process, private copies as well. */
static void truncated(void)
{
    int fd = make_file("file", 4 * PAGE, 5);
    struct views v = {.shared = map_part(fd, 4 * PAGE, RW, MAP_SHARED, 0),
                      .private = map_part(fd, 4 * PAGE, RW, MAP_PRIVATE, 0)};
    pid_t pid;
    char c;

    CHECK_OK(pipe(v.go));
    CHECK_OK(pipe(v.ready));
    v.private[PAGE + 1] = v.private[PAGE + 200] = 'q';
    v.private[3 * PAGE] = 'q';
    v.shared[PAGE - 1] = v.shared[PAGE + 200] = 's';
    pid = spawn(other_process, &v);
    CHECK_EQ(read(v.ready[0], &c, 1), 1);
    CHECK_OK(ftruncate(fd, PAGE + 100));
    EXPECT_SIGNAL(do_read, v.private + 3 * PAGE, SIGBUS);
    EXPECT_SIGNAL(do_read, v.shared + 2 * PAGE, SIGBUS);
    write_full(v.go[1], "g", 1);
    JOIN(pid);
    /* The file's last page is cut; the private copy of it is not the file's. */
    CHECK_EQ(v.shared[PAGE + 200], 0);
    CHECK_EQ(v.private[PAGE + 200], 'q');
    CHECK_OK(ftruncate(fd, 4 * PAGE));
    CHECK(all_bytes(v.shared + PAGE + 100, 3 * PAGE - 100, 0));
    CHECK(all_bytes(v.private + 2 * PAGE, 2 * PAGE, 0));
}

/* Truncated to nothing and written anew, a hundred times, under a mapping. */
static void truncated_again(void)
{
    int fd = make_file("file", 0, 0);
    char *p = map_part(fd, 8 * PAGE, RW, MAP_SHARED, 0);
    char *q = map_part(fd, 8 * PAGE, PROT_READ, MAP_PRIVATE, 0);

    for (int i = 0; i < 100; i++) {
        fill_pattern(block, 8 * PAGE, i);
        CHECK_EQ(pwrite(fd, block, 8 * PAGE, 0), 8 * PAGE);
        check_pattern(p, 8 * PAGE, i);
        check_pattern(q, 8 * PAGE, i);
        p[3 * PAGE] ^= 1;
        CHECK_OK(ftruncate(fd, i % 2 ? 0 : 2 * PAGE + 50));
        CHECK_OK(ftruncate(fd, 8 * PAGE));
        CHECK(all_bytes(p + 3 * PAGE, 5 * PAGE, 0));
        CHECK(all_bytes(q + 2 * PAGE + 56, 5 * PAGE, 0));
    }
}

/* O_TRUNC is a truncation as well. */
static void truncated_by_open(void)
{
    int fd = make_file("file", 2 * PAGE, 6);
    char *p = map_part(fd, 2 * PAGE, RW, MAP_SHARED, 0);

    p[0] = 1;
    CHECK_OK(close(CHECK_OK(open("file", O_WRONLY | O_TRUNC))));
    EXPECT_SIGNAL(do_read, p, SIGBUS);
}

static void check_on_disk(const char *name, unsigned long size, unsigned long pattern)
{
    int fd;

    drop_caches();
    memset(block, 0, size);
    fd = CHECK_OK(open(name, O_RDONLY));
    CHECK_EQ(read_full(fd, block, size), size);
    check_pattern(block, size, pattern);
    CHECK_OK(close(fd));
}

/* Stores reach the disk with msync(), with fsync(), or with the mapping long gone. */
static void reaches_disk(void)
{
    int fd = make_file("file", 8 * PAGE, 7);
    char *p = map_part(fd, 8 * PAGE, RW, MAP_SHARED, 0);

    CHECK_OK(fsync(fd));
    fill_pattern(p, 8 * PAGE, 8);
    CHECK_OK(msync(p, 8 * PAGE, MS_SYNC));
    check_on_disk("file", 8 * PAGE, 8);
    fill_pattern(p, 8 * PAGE, 9);
    CHECK_OK(fsync(fd));
    check_on_disk("file", 8 * PAGE, 9);
    /* Clean again, the page must be noticed once more when it is written to. */
    for (unsigned long i = 10; i < 14; i++) {
        fill_pattern(p, 8 * PAGE, i);
        CHECK_OK(msync(p, 8 * PAGE, MS_SYNC));
        check_pattern(p, 8 * PAGE, i);
        check_on_disk("file", 8 * PAGE, i);
    }
    fill_pattern(p, 8 * PAGE, 20);
    CHECK_OK(munmap(p, 8 * PAGE));
    CHECK_OK(close(fd));
    sync();
    check_on_disk("file", 8 * PAGE, 20);
}

/* The mapping keeps the file: closed, unlinked, and a new one of its name. */
static void outlives(void)
{
    int fd = make_file("file", 2 * PAGE, 1);
    char *p = map_part(fd, 2 * PAGE, RW, MAP_SHARED, 0), c;

    CHECK_OK(close(fd));
    CHECK_OK(unlink("file"));
    fd = make_file("file", 2 * PAGE, 2);
    check_pattern(p, 2 * PAGE, 1);
    p[0] = 'o';
    CHECK_EQ(pread(fd, &c, 1, 0), 1);
    CHECK_EQ(c, block[0]);
    drop_caches();
    CHECK_EQ(p[0], 'o');
}

/* The cache is given back, not what a mapping shows. */
static void dropped(void)
{
    int fd = make_file("file", 8 * PAGE, 11);
    char *s = map_part(fd, 8 * PAGE, RW, MAP_SHARED, 0);
    char *p = map_part(fd, 8 * PAGE, RW, MAP_PRIVATE, 0);

    s[0] = 's';
    p[PAGE] = 'p';
    read_byte((unsigned long)s + 2 * PAGE);
    for (int i = 0; i < 5; i++) {
        drop_caches();
        CHECK_EQ(s[0], 's');
        CHECK_EQ(p[PAGE], 'p');
        CHECK_EQ(s[3 * PAGE], block[3 * PAGE]);
        s[5 * PAGE] = i;
        CHECK_EQ(p[5 * PAGE], i);
    }
}

/* Its own mapping as the buffer: the very page, the next one, and a page that is not there. */
static void own_buffer(void)
{
    int fd = make_file("file", 4 * PAGE, 12);
    char *p = map_part(fd, 6 * PAGE, RW, MAP_SHARED, 0);

    CHECK_EQ(pwrite(fd, p, PAGE, PAGE), PAGE);
    CHECK_EQ(memcmp(p, p + PAGE, PAGE), 0);
    drop_caches();
    CHECK_EQ(pwrite(fd, p + 2 * PAGE, PAGE, 2 * PAGE), PAGE);
    CHECK_EQ(memcmp(p + 2 * PAGE, block + 2 * PAGE, PAGE), 0);
    CHECK_EQ(pread(fd, p + 3 * PAGE, PAGE, 3 * PAGE), PAGE);
    CHECK_EQ(memcmp(p + 3 * PAGE, block + 3 * PAGE, PAGE), 0);
    CHECK_EQ(pread(fd, p + 3 * PAGE, PAGE, 0), PAGE);
    CHECK_EQ(memcmp(p + 3 * PAGE, block, PAGE), 0);
    CHECK_ERR(pread(fd, p + 4 * PAGE, PAGE, 0), EFAULT);
    CHECK_ERR(pwrite(fd, p + 5 * PAGE, PAGE, 0), EFAULT);
    /* Writing makes the file longer, and the buffer's page appear. */
    CHECK_EQ(pwrite(fd, p, PAGE, 4 * PAGE), PAGE);
    CHECK_EQ(memcmp(p + 4 * PAGE, block, PAGE), 0);
}

const struct test mmap_file_tests[] = {
    {"mmap-file-coherent", coherent, 0},
    {"mmap-file-private", private, 0},
    {"mmap-file-tail", tail, 0},
    {"mmap-file-tail-not-written", tail_not_written, 0},
    {"mmap-file-grows", grows, 0},
    {"mmap-file-truncated", truncated, 0},
    {"mmap-file-truncated-again", truncated_again, 0},
    {"mmap-file-truncated-by-open", truncated_by_open, 0},
    {"mmap-file-reaches-disk", reaches_disk, 0},
    {"mmap-file-outlives", outlives, 0},
    {"mmap-file-dropped", dropped, 0},
    {"mmap-file-own-buffer", own_buffer, 0},
    {NULL, NULL, 0},
};
