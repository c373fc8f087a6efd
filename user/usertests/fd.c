/* SPDX-License-Identifier: MIT */
/* Descriptors: the lowest free number, duplicates, flags, limits, close on exec. */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void lowest(void)
{
    int a = CHECK_OK(open("/dev/null", O_RDONLY)), b = CHECK_OK(dup(a)), c = CHECK_OK(dup(a));

    CHECK(b > a && c > b);
    CHECK_OK(close(b));
    CHECK_EQ(open("/dev/null", O_RDONLY), b);
    CHECK_OK(close(a));
    CHECK_OK(close(b));
    CHECK_EQ(dup(c), a);
    CHECK_EQ(fcntl(c, F_DUPFD, a), b);
    CHECK_EQ(fcntl(c, F_DUPFD, 200), 200);
    CHECK_EQ(fcntl(c, F_DUPFD, 200), 201);
    CHECK_ERR(fcntl(c, F_DUPFD, -1), EINVAL);
    CHECK_ERR(fcntl(c, F_DUPFD, 1 << 30), EINVAL);
}

static void closed(void)
{
    int fd = CHECK_OK(open("/dev/null", O_RDWR));
    struct stat st;
    char c;

    CHECK_OK(close(fd));
    CHECK_ERR(close(fd), EBADF);
    CHECK_ERR(read(fd, &c, 1), EBADF);
    CHECK_ERR(write(fd, &c, 1), EBADF);
    CHECK_ERR(lseek(fd, 0, SEEK_SET), EBADF);
    CHECK_ERR(fstat(fd, &st), EBADF);
    CHECK_ERR(dup(fd), EBADF);
    CHECK_ERR(dup2(fd, 100), EBADF);
    CHECK_ERR(fcntl(fd, F_GETFD), EBADF);
    CHECK_ERR(fchdir(fd), EBADF);
    CHECK_ERR(ftruncate(fd, 0), EBADF);
    for (int bad = -3; bad < 0; bad++)
        CHECK_ERR(read(bad, &c, 1), EBADF);
    CHECK_ERR(close(0x7fffffff), EBADF);
    CHECK_ERR(close(-0x7fffffff - 1), EBADF);
    CHECK_ERR(openat(fd, "x", O_RDONLY), EBADF);
}

static void wrong_direction(void)
{
    int r, w;
    char c = 0;

    write_file("file", "data", 4);
    r = CHECK_OK(open("file", O_RDONLY));
    w = CHECK_OK(open("file", O_WRONLY));
    CHECK_ERR(write(r, &c, 1), EBADF);
    CHECK_ERR(read(w, &c, 1), EBADF);
    CHECK_ERR(ftruncate(r, 0), EINVAL);
    CHECK_EQ(lseek(r, 0, SEEK_END), 4);
}

static void duplicates(void)
{
    int a = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600)), b = CHECK_OK(dup(a)), c;

    write_full(a, "abcdef", 6);
    CHECK_EQ(lseek(b, 0, SEEK_CUR), 6); /* one position */
    CHECK_EQ(lseek(b, 1, SEEK_SET), 1);
    CHECK_EQ(lseek(a, 0, SEEK_CUR), 1);
    c = CHECK_OK(open("file", O_RDWR)); /* another */
    CHECK_EQ(lseek(c, 0, SEEK_CUR), 0);
    CHECK_EQ(dup2(c, b), b);
    CHECK_EQ(lseek(b, 0, SEEK_CUR), 0);
    CHECK_EQ(dup2(a, a), a);
    CHECK_ERR(dup3(a, a, 0), EINVAL);
    CHECK_ERR(dup3(a, b, 7), EINVAL);
    CHECK_ERR(dup2(a, -1), EBADF);
    CHECK_ERR(dup2(a, 1 << 30), EBADF);
    CHECK_OK(close(a));
    CHECK_EQ(write(c, "x", 1), 1);
}

static void flags(void)
{
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT | O_APPEND, 0600)), d;

    CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDWR | O_APPEND);
    CHECK_OK(fcntl(fd, F_SETFL, O_NONBLOCK));
    CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDWR | O_NONBLOCK);
    CHECK_EQ(fcntl(fd, F_GETFD), 0);
    CHECK_OK(fcntl(fd, F_SETFD, FD_CLOEXEC));
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    d = CHECK_OK(dup(fd)); /* not inherited by a duplicate */
    CHECK_EQ(fcntl(d, F_GETFD), 0);
    CHECK_EQ(fcntl(d, F_GETFL) & O_NONBLOCK, O_NONBLOCK); /* but this belongs to the file */
    d = CHECK_OK(fcntl(fd, F_DUPFD_CLOEXEC, 0));
    CHECK_EQ(fcntl(d, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(dup3(fd, d, O_CLOEXEC), d);
    CHECK_EQ(fcntl(d, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(dup2(fd, d), d);
    CHECK_EQ(fcntl(d, F_GETFD), 0);
    CHECK_ERR(fcntl(fd, 9999), EINVAL);
}

/* To the limit, then EMFILE from everything that makes a descriptor; after close all is well. */
static void too_many(void)
{
    struct rlimit r;
    int fd = -1, last = -1, fds[2];

    CHECK_OK(getrlimit(RLIMIT_NOFILE, &r));
    CHECK(r.rlim_cur >= 64);
    r.rlim_cur = 64;
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &r));
    while ((fd = open("/dev/null", O_RDONLY)) >= 0)
        last = fd;
    CHECK_EQ(errno, EMFILE);
    CHECK_EQ(last, 63);
    CHECK_ERR(dup(last), EMFILE);
    CHECK_ERR(pipe(fds), EMFILE);
    CHECK_ERR(fcntl(last, F_DUPFD, 0), EMFILE);
    CHECK_ERR(open("new", O_WRONLY | O_CREAT, 0600), EMFILE);
    CHECK_ERR(dup2(last, 64), EBADF);
    CHECK_EQ(dup2(last, 40), 40);
    CHECK_OK(close(40));
    CHECK_ERR(pipe(fds), EMFILE); /* one is not enough, and it is not lost */
    CHECK_EQ(dup(last), 40);
}

/* As many as the system gives by default. */
static void many(void)
{
    struct rlimit r;
    int n = 0, fd;

    CHECK_OK(getrlimit(RLIMIT_NOFILE, &r));
    if (r.rlim_cur > 4096)
        r.rlim_cur = 4096;
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &r));
    write_file("file", "x", 1);
    while ((fd = open("file", O_RDONLY)) >= 0)
        n++;
    CHECK_EQ(errno, EMFILE);
    CHECK(n > 200 && n < (int)r.rlim_cur);
    for (fd = 100; fd < n; fd += 7) {
        char c = 0;
        CHECK_EQ(read(fd, &c, 1), 1);
        CHECK_EQ(c, 'x');
        CHECK_OK(close(fd));
    }
}

static void devices(void)
{
    static char block[1000];
    int null = CHECK_OK(open("/dev/null", O_RDWR)), zero = CHECK_OK(open("/dev/zero", O_RDWR));
    int full = CHECK_OK(open("/dev/full", O_RDWR)), rnd = CHECK_OK(open("/dev/random", O_RDONLY));
    struct stat st;

    memset(block, 1, sizeof(block));
    CHECK_EQ(read(null, block, sizeof(block)), 0);
    CHECK_EQ(write(null, block, sizeof(block)), sizeof(block));
    CHECK_EQ(read(zero, block, sizeof(block)), sizeof(block));
    CHECK(all_bytes(block, sizeof(block), 0));
    CHECK_EQ(write(zero, block, sizeof(block)), sizeof(block));
    CHECK_ERR(write(full, block, sizeof(block)), ENOSPC);
    memset(block, 1, sizeof(block));
    CHECK_EQ(read(full, block, sizeof(block)), sizeof(block));
    CHECK(all_bytes(block, sizeof(block), 0));
    CHECK(read(rnd, block, 32) > 0);
    CHECK(!all_bytes(block, 32, 0));
    CHECK_OK(fstat(null, &st));
    CHECK(S_ISCHR(st.st_mode));
    CHECK_EQ(st.st_rdev, 0x103);
}

/* A link's mode in /proc says what the descriptor may be used for. */
static void check_link(int fd, unsigned mode)
{
    char path[32];
    struct stat st;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    CHECK_OK(lstat(path, &st));
    CHECK(S_ISLNK(st.st_mode));
    CHECK_EQ(st.st_mode & 07777, mode);
    CHECK_EQ(st.st_size, 64);
}

static void links(void)
{
    int fds[2];

    write_file("file", "x", 1);
    check_link(CHECK_OK(open("file", O_RDONLY)), 0500);
    check_link(CHECK_OK(open("file", O_WRONLY)), 0300);
    check_link(CHECK_OK(open("file", O_RDWR)), 0700);
    CHECK_OK(pipe(fds));
    check_link(fds[0], 0500);
    check_link(fds[1], 0300);
}

const struct test fd_tests[] = {
    {"files-fd-lowest", lowest, 0},
    {"files-fd-closed", closed, 0},
    {"files-fd-wrong-direction", wrong_direction, 0},
    {"files-fd-duplicates", duplicates, 0},
    {"files-fd-flags", flags, 0},
    {"files-fd-too-many", too_many, 0},
    {"files-fd-many", many, 0},
    {"files-devices", devices, 0},
    {"fd-links", links, 0},
    {NULL, NULL, 0},
};
