/* SPDX-License-Identifier: MIT */
/*
 * mremap: smaller, larger where it is, elsewhere, to a given place, leaving the old one; refusals.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

/* n pages with nothing around them: `room` free pages on both sides. */
static char *island(unsigned long n, unsigned long room)
{
    char *p = map((n + 2 * room) * PAGE, PROT_NONE) + room * PAGE;

    CHECK_OK(munmap(p - room * PAGE, (n + 2 * room) * PAGE));
    CHECK(mmap(p, n * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p);
    return p;
}

static long remap(char *p, unsigned long old, unsigned long new, int flags, char *to)
{
    return (long)mremap(p, old * PAGE, new *PAGE, flags, to);
}

static bool mapped(const char *p)
{
    return areas_in((unsigned long)p, (unsigned long)p + PAGE) != 0;
}

static void shrink(void)
{
    char *p = island(8, 8);

    fill_pattern(p, 8 * PAGE, 1);
    CHECK_EQ(remap(p, 8, 8, 0, 0), (long)p);
    CHECK_EQ(remap(p, 8, 3, 0, 0), (long)p);
    check_pattern(p, 3 * PAGE, 1);
    CHECK(!mapped(p + 3 * PAGE) && !mapped(p + 7 * PAGE));
    CHECK_EQ((long)mremap(p, 3 * PAGE, PAGE + 1, MREMAP_MAYMOVE), (long)p); /* whole pages */
    CHECK(mapped(p + PAGE) && !mapped(p + 2 * PAGE));
    check_pattern(p, 2 * PAGE, 1);
}

static void grow_in_place(void)
{
    char *p = island(2, 32);

    fill_pattern(p, 2 * PAGE, 2);
    CHECK_EQ(remap(p, 2, 10, 0, 0), (long)p);
    check_pattern(p, 2 * PAGE, 2);
    CHECK(all_bytes(p + 2 * PAGE, 8 * PAGE, 0));
    CHECK_EQ(areas_in((unsigned long)p, (unsigned long)p + 10 * PAGE), 1);
    memset(p + 2 * PAGE, 1, 8 * PAGE);
    CHECK_EQ(remap(p, 10, 20, MREMAP_MAYMOVE, 0), (long)p);
    CHECK_EQ(p[10 * PAGE], 0);
    CHECK_EQ(p[10 * PAGE - 1], 1);
}

/* Something behind it: not in place, and elsewhere only when that is allowed. */
static void grow_moves(void)
{
    char *p = island(4, 8), *q;

    CHECK(mmap(p + 4 * PAGE, PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0) == p + 4 * PAGE);
    fill_pattern(p, 4 * PAGE, 3);
    CHECK_ERR(remap(p, 4, 5, 0, 0), ENOMEM);
    check_pattern(p, 4 * PAGE, 3);
    q = (char *)CHECK_OK(remap(p, 4, 64, MREMAP_MAYMOVE, 0));
    CHECK(q + 64 * PAGE <= p || q >= p + 5 * PAGE);
    check_pattern(q, 4 * PAGE, 3);
    CHECK(all_bytes(q + 4 * PAGE, 60 * PAGE, 0));
    CHECK(!mapped(p) && !mapped(p + 3 * PAGE));
    CHECK_EQ(p[4 * PAGE], 0); /* the neighbour is untouched */
    EXPECT_SIGNAL(do_read, p, SIGSEGV);
    memset(q, 9, 64 * PAGE);
}

/* A part of an area: its other parts stay. */
static void middle(void)
{
    char *p = island(9, 2), *q = island(6, 0);

    fill_pattern(p, 3 * PAGE, 1);
    fill_pattern(p + 3 * PAGE, 3 * PAGE, 2);
    fill_pattern(p + 6 * PAGE, 3 * PAGE, 3);
    CHECK_ERR(remap(p + 3 * PAGE, 3, 4, 0, 0), ENOMEM);
    CHECK_EQ(remap(p + 3 * PAGE, 3, 6, MREMAP_MAYMOVE | MREMAP_FIXED, q), (long)q);
    check_pattern(p, 3 * PAGE, 1);
    CHECK(!mapped(p + 3 * PAGE) && !mapped(p + 5 * PAGE));
    check_pattern(p + 6 * PAGE, 3 * PAGE, 3);
    check_pattern(q, 3 * PAGE, 2);
    CHECK(all_bytes(q + 3 * PAGE, 3 * PAGE, 0));
    /* And back: one area again, whose pages were never copied. */
    CHECK_EQ(remap(q, 3, 3, MREMAP_MAYMOVE | MREMAP_FIXED, p + 3 * PAGE), (long)p + 3 * PAGE);
    check_pattern(p + 3 * PAGE, 3 * PAGE, 2);
    CHECK_EQ(areas_in((unsigned long)p, (unsigned long)p + 9 * PAGE), 1);
}

/* MREMAP_FIXED replaces what is there, of whatever kind. */
static void fixed(void)
{
    char *p = island(4, 0), *q = island(12, 0);

    fill_pattern(p, 4 * PAGE, 4);
    memset(q, 7, 12 * PAGE);
    CHECK_OK(mprotect(q + 5 * PAGE, PAGE, PROT_NONE));
    CHECK_OK(munmap(q + 6 * PAGE, PAGE));
    CHECK_EQ(remap(p, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, q + 4 * PAGE), (long)q + 4 * PAGE);
    check_pattern(q + 4 * PAGE, 4 * PAGE, 4);
    CHECK(all_bytes(q, 4 * PAGE, 7) && all_bytes(q + 8 * PAGE, 4 * PAGE, 7));
    CHECK(!mapped(p));
    /* Smaller and elsewhere in one step: the rest is gone. */
    CHECK_EQ(remap(q + 4 * PAGE, 4, 2, MREMAP_MAYMOVE | MREMAP_FIXED, p), (long)p);
    check_pattern(p, 2 * PAGE, 4);
    CHECK(!mapped(q + 4 * PAGE) && !mapped(q + 7 * PAGE) && !mapped(p + 2 * PAGE));
}

static void wrong_arguments(void)
{
    char *p = island(8, 8), *q = island(8, 8);
    const int fixed = MREMAP_MAYMOVE | MREMAP_FIXED;

    fill_pattern(p, 8 * PAGE, 5);
    fill_pattern(q, 8 * PAGE, 6);
    CHECK_ERR(mremap(p + 1, PAGE, PAGE, 0), EINVAL);
    CHECK_ERR(remap(p, 8, 0, MREMAP_MAYMOVE, 0), EINVAL);
    CHECK_ERR(remap(p, 8, 4, 8, 0), EINVAL);
    CHECK_ERR(remap(p, 4, 4, MREMAP_FIXED, q), EINVAL); /* that is a move */
    CHECK_ERR(remap(p, 4, 4, fixed, q + 1), EINVAL);
    CHECK_ERR(remap(p, 4, 4, fixed, p + 3 * PAGE), EINVAL); /* onto itself */
    CHECK_ERR(remap(p + 4 * PAGE, 4, 4, fixed, p + PAGE), EINVAL);
    CHECK_ERR(remap(p, 4, 4, fixed, p), EINVAL);
    CHECK_ERR(remap(p, 4, 4, fixed, (char *)USER_LIMIT), EINVAL);
    CHECK_ERR(remap(p, 4, 4, fixed, (char *)-PAGE), EINVAL);
    CHECK_ERR(remap(p, 4, 4, MREMAP_DONTUNMAP, 0), EINVAL);
    CHECK_ERR(remap(p, 4, 5, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0), EINVAL);
    CHECK_ERR(remap(p, 4, 3, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0), EINVAL);
    CHECK_ERR(remap(p, 0, 4, MREMAP_MAYMOVE, 0), EINVAL); /* private memory has one owner */
    CHECK_ERR(remap(p, 4, user_end() / PAGE - 64, MREMAP_MAYMOVE, 0), ENOMEM);
    CHECK_ERR(remap(p + 8 * PAGE, 1, 2, MREMAP_MAYMOVE, 0), EFAULT); /* nothing is there */
    CHECK_ERR(remap(p + 4 * PAGE, 8, 9, MREMAP_MAYMOVE, 0), EFAULT); /* nor behind its end */
    CHECK_ERR(remap((char *)0, 1, 2, MREMAP_MAYMOVE, 0), EFAULT);
    CHECK_OK(mprotect(p + 4 * PAGE, PAGE, PROT_READ));
    CHECK_ERR(remap(p, 8, 9, MREMAP_MAYMOVE, 0), EFAULT); /* three areas */
    check_pattern(p, 8 * PAGE, 5);
    check_pattern(q, 8 * PAGE, 6);
}

/* The pages go, the area stays and is empty. */
static void dont_unmap(void)
{
    char *p = island(4, 0), *q = island(4, 0), *r;

    fill_pattern(p, 4 * PAGE, 8);
    CHECK_EQ(remap(p, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, q), (long)q);
    check_pattern(q, 4 * PAGE, 8);
    CHECK(all_bytes(p, 4 * PAGE, 0));
    fill_pattern(p, 4 * PAGE, 9);
    r = (char *)CHECK_OK(remap(p, 2, 2, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0));
    CHECK(r != p);
    check_pattern(r, 2 * PAGE, 9);
    CHECK(all_bytes(p, 2 * PAGE, 0));
    CHECK(!all_bytes(p + 2 * PAGE, PAGE, 0));
    check_pattern(q, 4 * PAGE, 8);
}

/* An old size of zero makes a second view of shared memory. */
static void duplicate(void)
{
    char *p = (char *)CHECK_OK(mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0)), *q;

    p[PAGE] = 1;
    q = (char *)CHECK_OK(remap(p + PAGE, 0, 2, MREMAP_MAYMOVE, 0));
    CHECK_EQ(q[0], 1);
    q[PAGE] = 2;
    CHECK_EQ(p[2 * PAGE], 2);
    CHECK_OK(munmap(p, 4 * PAGE));
    CHECK_EQ(q[0], 1);
}

/* A file's mapping moves with its place in the file, and grows along it. */
static void file(void)
{
    static char block[8 * PAGE];
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    struct area a;
    char *p, *q;

    fill_pattern(block, sizeof(block), 1);
    write_full(fd, block, sizeof(block));
    p = (char *)CHECK_OK(mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 2 * PAGE));
    q = (char *)CHECK_OK(remap(p, 2, 8, MREMAP_MAYMOVE, 0));
    CHECK_EQ(memcmp(q, block + 2 * PAGE, 6 * PAGE), 0);
    EXPECT_SIGNAL(do_read, q + 6 * PAGE, SIGBUS);
    CHECK(area_at((unsigned long)q, &a));
    CHECK_EQ(a.offset, 2 * PAGE);
    q[0] = 'q';
    CHECK_EQ(pread(fd, block, 1, 2 * PAGE), 1);
    CHECK_EQ(block[0], 'q');
    p = (char *)CHECK_OK(mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0));
    p[PAGE] = 'p';
    q = island(1, 0);
    CHECK_EQ(remap(p + PAGE, 1, 1, MREMAP_MAYMOVE | MREMAP_FIXED, q), (long)q);
    CHECK_EQ(q[0], 'p');
    CHECK_EQ(q[1], block[PAGE + 1]);
    CHECK(area_at((unsigned long)q, &a));
    CHECK_EQ(a.offset, PAGE);
}

/* Copies put off by fork() move, too. */
static void child_reads(void *arg)
{
    check_pattern(arg, 4 * PAGE, 3);
    memset(arg, 0, 4 * PAGE);
}

static void after_fork(void)
{
    char *p = island(4, 0), *q = island(4, 0);
    pid_t pid;
    int fds[2];
    char c;

    fill_pattern(p, 4 * PAGE, 3);
    CHECK_OK(pipe(fds));
    pid = CHECK_OK(fork());
    if (pid == 0) {
        CHECK_EQ(read(fds[0], &c, 1), 1);
        child_reads(p);
        _exit(0);
    }
    CHECK_EQ(remap(p, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, q), (long)q);
    write_full(fds[1], "g", 1);
    JOIN(pid);
    check_pattern(q, 4 * PAGE, 3);
    JOIN(spawn(child_reads, q));
    fill_pattern(q, 4 * PAGE, 4);
}

/* ENOMEM by RLIMIT_AS, EAGAIN by RLIMIT_MEMLOCK; nothing has moved. */
static void limits(void)
{
    char *p = island(8, 64);
    struct rlimit r;

    fill_pattern(p, 8 * PAGE, 1);
    CHECK_OK(getrlimit(RLIMIT_AS, &r));
    r.rlim_cur = self_status("VmSize") * KiB + 8 * PAGE;
    CHECK_OK(setrlimit(RLIMIT_AS, &r));
    CHECK_ERR(remap(p, 8, 17, MREMAP_MAYMOVE, 0), ENOMEM);
    CHECK_EQ(remap(p, 8, 16, 0, 0), (long)p);
    CHECK_ERR(remap(p, 4, 4, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0), ENOMEM);
    r.rlim_cur = r.rlim_max;
    CHECK_OK(setrlimit(RLIMIT_AS, &r));
    CHECK_OK(getrlimit(RLIMIT_MEMLOCK, &r));
    r.rlim_cur = 18 * PAGE;
    CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &r));
    CHECK_OK(mlock(p, 16 * PAGE));
    CHECK_ERR(remap(p, 16, 19, MREMAP_MAYMOVE, 0), EAGAIN);
    CHECK_EQ(remap(p, 16, 18, 0, 0), (long)p);
    CHECK_EQ(self_status("VmLck"), 18 * 4);
    check_pattern(p, 8 * PAGE, 1);
}

/* Across tables of every level: pages sparse in a large range. */
static void sparse(void)
{
    unsigned long size = 64 * MiB;
    char *p = map(size, RW), *q = map(size + PAGE, RW);

    for (unsigned long at = 0; at < size; at += 3 * MiB + 5 * PAGE)
        *(unsigned long *)(p + at) = at + 1;
    CHECK_EQ((long)mremap(p, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, q + PAGE), (long)q + PAGE);
    for (unsigned long at = 0; at < size; at += 3 * MiB + 5 * PAGE) {
        CHECK_EQ(*(unsigned long *)(q + PAGE + at), at + 1);
        CHECK_EQ(q[PAGE + at + PAGE], 0);
    }
}

const struct test mremap_tests[] = {
    {"mremap-shrink", shrink, 0},
    {"mremap-grow-in-place", grow_in_place, 0},
    {"mremap-grow-moves", grow_moves, 0},
    {"mremap-middle", middle, 0},
    {"mremap-fixed", fixed, 0},
    {"mremap-arguments", wrong_arguments, 0},
    {"mremap-dont-unmap", dont_unmap, 0},
    {"mremap-duplicate", duplicate, 0},
    {"mremap-file", file, 0},
    {"mremap-after-fork", after_fork, 0},
    {"mremap-limits", limits, 0},
    {"mremap-sparse", sparse, 0},
    {NULL, NULL, 0},
};
