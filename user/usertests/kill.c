/* SPDX-License-Identifier: MIT */
/* kill ends processes whatever they are doing: working, sleeping, waiting for a pipe or a child. */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int ready[2]; /* a child says here that it is about to do what it does */

static pid_t start(child_fn *fn)
{
    pid_t pid;
    char c;

    CHECK_OK(pipe(ready));
    pid = spawn(fn, NULL);
    CHECK_EQ(read(ready[0], &c, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void announce(void)
{
    write_full(ready[1], "r", 1);
    close(ready[1]);
    close(ready[0]);
}

static void check_killed(child_fn *fn, int signo)
{
    for (int i = 0; i < 3; i++) {
        pid_t pid = start(fn);
        int status;
        CHECK_OK(kill(pid, signo));
        status = join(pid);
        CHECK(WIFSIGNALED(status));
        CHECK_EQ(WTERMSIG(status), signo);
    }
}

static void spin(void *arg)
{
    (void)arg;
    announce();
    for (volatile long i = 0;; i++)
        ;
}

static void call_forever(void *arg)
{
    (void)arg;
    announce();
    for (;;)
        getppid();
}

static void sleep_long(void *arg)
{
    const struct timespec t = {100000, 0};

    (void)arg;
    announce();
    nanosleep(&t, NULL);
}

static void read_pipe(void *arg)
{
    int fds[2];
    char c;

    (void)arg;
    CHECK_OK(pipe(fds));
    announce();
    read(fds[0], &c, 1);
}

static void write_pipe(void *arg)
{
    static char block[65536];
    int fds[2];

    (void)arg;
    CHECK_OK(pipe(fds));
    announce();
    for (;;)
        write_full(fds[1], block, sizeof(block));
}

static void wait_child(void *arg)
{
    int fds[2];
    char c;

    (void)arg;
    CHECK_OK(pipe(fds));
    if (fork() == 0) {
        close(fds[1]);
        read(fds[0], &c, 1); /* ends when the parent has ended */
        _exit(0);
    }
    announce();
    wait(NULL);
}

static void fault_forever(void *arg)
{
    char *p = map(256 * PAGE, PROT_READ | PROT_WRITE);

    (void)arg;
    announce();
    for (unsigned long i = 0;; i++)
        p[i % 256 * PAGE]++;
}

static void write_file_forever(void *arg)
{
    static char block[16384];
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));

    (void)arg;
    announce();
    for (;;) {
        lseek(fd, 0, SEEK_SET);
        write_full(fd, block, sizeof(block));
    }
}

static void working(void)
{
    check_killed(spin, SIGKILL);
    check_killed(spin, SIGTERM);
    check_killed(call_forever, SIGKILL);
    check_killed(fault_forever, SIGKILL);
    check_killed(write_file_forever, SIGKILL);
}

static void sleeping(void)
{
    check_killed(sleep_long, SIGKILL);
    check_killed(sleep_long, SIGTERM);
}

static void blocked(void)
{
    check_killed(read_pipe, SIGKILL);
    check_killed(read_pipe, SIGHUP);
    check_killed(write_pipe, SIGKILL);
    check_killed(wait_child, SIGKILL);
}

static void errors(void)
{
    pid_t pid = start(sleep_long);

    CHECK_OK(kill(pid, 0));
    CHECK_ERR(kill(pid, 65), EINVAL);
    CHECK_ERR(kill(pid, -1), EINVAL);
    CHECK_ERR(kill(pid, 10000), EINVAL);
    CHECK_OK(kill(pid, SIGINT));
    CHECK_EQ(WTERMSIG(join(pid)), SIGINT);
    CHECK_ERR(kill(pid, SIGKILL), ESRCH);
    CHECK_ERR(kill(0x3ffffff0, 0), ESRCH);
    CHECK_ERR(kill(-0x3ffffff0, 0), ESRCH);
}

/* A process group is hit as a whole, and nobody else is. */
static void group(void)
{
    pid_t a = start(sleep_long), b = start(sleep_long), c = start(sleep_long);

    CHECK_OK(setpgid(a, a));
    CHECK_OK(setpgid(b, a));
    CHECK_EQ(getpgid(b), a);
    CHECK_EQ(getpgid(c), getpgrp());
    CHECK_OK(kill(-a, SIGTERM));
    CHECK_EQ(WTERMSIG(join(a)), SIGTERM);
    CHECK_EQ(WTERMSIG(join(b)), SIGTERM);
    CHECK_EQ(waitpid(c, NULL, WNOHANG), 0);
    CHECK_OK(kill(c, SIGKILL));
    CHECK_EQ(WTERMSIG(join(c)), SIGKILL);
}

static void myself(void *arg)
{
    kill(getpid(), (int)(long)arg);
}

static void oneself(void)
{
    EXPECT_SIGNAL(myself, SIGKILL, SIGKILL);
    EXPECT_SIGNAL(myself, SIGTERM, SIGTERM);
    EXPECT_SIGNAL(myself, SIGABRT, SIGABRT);
}

/* What a killed process held is free again: the pipe's other end sees the end. */
static void releases(void)
{
    int fds[2];
    pid_t pid;
    char c;

    for (int i = 0; i < 20; i++) {
        CHECK_OK(pipe(fds));
        pid = start(i % 2 ? spin : sleep_long);
        close(fds[1]);
        CHECK_OK(kill(pid, SIGKILL));
        CHECK_EQ(read(fds[0], &c, 1), 0);
        CHECK_EQ(WTERMSIG(join(pid)), SIGKILL);
        close(fds[0]);
    }
}

/* mincore() of a very large range, with a vector that is the same MiB over and over. */
static void long_mincore(void *arg)
{
    size_t pages = user_end() / 4 / PAGE, most = 2 * GiB;
    int fd = (int)CHECK_OK(memfd_create("vector", 0));
    char *range, *vec;

    (void)arg;
    pages = pages < most ? pages : most;
    range = mmap(NULL, pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    vec = mmap(NULL, pages, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(range != MAP_FAILED && vec != MAP_FAILED);
    CHECK_OK(ftruncate(fd, MiB));
    for (size_t at = 0; at < pages; at += MiB)
        CHECK(mmap(vec + at, MiB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
              vec + at);
    announce();
    mincore(range, pages * PAGE, (unsigned char *)vec);
}

/* A call that has much to do is given up. */
static void in_long_call(void)
{
    pid_t pid = start(long_mincore);

    usleep(20 * 1000);
    long begin = now_ms();
    CHECK_OK(kill(pid, SIGKILL));
    int status = join(pid);
    CHECK(status == 0 || WTERMSIG(status) == SIGKILL);
    if (now_ms() - begin > 2000)
        FAIL("it was ended %ld ms after the kill", now_ms() - begin);
}

const struct test kill_tests[] = {
    {"kill-working", working, 0},
    {"kill-sleeping", sleeping, 0},
    {"kill-blocked", blocked, 0},
    {"kill-errors", errors, 0},
    {"kill-group", group, 0},
    {"kill-oneself", oneself, 0},
    {"kill-releases", releases, 0},
    {"kill-in-long-call", in_long_call, T_OWN},
    {NULL, NULL, 0},
};
