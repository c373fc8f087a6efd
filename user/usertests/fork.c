/* SPDX-License-Identifier: MIT */
/* fork and wait4: who gets which number, how an end is reported, what becomes of orphans, and what
 * happens when no more processes fit. */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that ends with this status at once. */
static pid_t exits(int status)
{
    pid_t pid = CHECK_OK(fork());

    if (pid == 0)
        _exit(status);
    return pid;
}

static void numbers(void)
{
    pid_t me = getpid(), pid, told[2];
    int fds[2];

    CHECK(me > 1);
    CHECK_OK(pipe(fds));
    pid = CHECK_OK(fork());
    if (pid == 0) {
        told[0] = getpid();
        told[1] = getppid();
        write_full(fds[1], told, sizeof(told));
        _exit(0);
    }
    CHECK_EQ(read_full(fds[0], told, sizeof(told)), sizeof(told));
    CHECK_EQ(told[0], pid);
    CHECK_EQ(told[1], me);
    CHECK(pid != me);
    JOIN(pid);
    CHECK_EQ(getpid(), me);
}

/* The low eight bits of what a program ends with, or the signal that ended it. */
static void statuses(void)
{
    static const int codes[] = {0, 1, 2, 42, 127, 128, 255, 256, 257, -1, 0x7fffff00};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        int status = join(exits(codes[i]));
        CHECK_EQ(status, (codes[i] & 255) << 8);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == (codes[i] & 255));
    }
}

static void wait_errors(void)
{
    int status = 77;
    pid_t pid;

    CHECK_ERR(wait(&status), ECHILD);
    CHECK_ERR(waitpid(getppid(), &status, 0), ECHILD);
    CHECK_ERR(waitpid(getpid(), &status, WNOHANG), ECHILD);
    CHECK_ERR(waitpid(-1, &status, WNOHANG), ECHILD);
    pid = exits(0);
    CHECK_ERR(waitpid(pid, &status, 0x10000000 | 16), EINVAL);
    CHECK_ERR(waitpid(pid + 1000000, &status, 0), ECHILD);
    CHECK_ERR(waitpid(-12345678, &status, 0), ECHILD);
    CHECK_EQ(status, 77);
    JOIN(pid);
    CHECK_ERR(waitpid(pid, &status, 0), ECHILD);
    pid = exits(5);
    CHECK_EQ(syscall(SYS_wait4, pid, 0, 0, 0), pid);
}

static void no_hang(void)
{
    int go[2], status = 77;
    pid_t pid;
    char c;

    CHECK_OK(pipe(go));
    pid = CHECK_OK(fork());
    if (pid == 0) {
        close(go[1]);
        _exit(read(go[0], &c, 1) == 0 ? 9 : 1);
    }
    close(go[0]);
    for (int i = 0; i < 20; i++) {
        CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
        CHECK_EQ(waitpid(-1, &status, WNOHANG), 0);
    }
    CHECK_EQ(status, 77);
    close(go[1]);
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK_EQ(WEXITSTATUS(status), 9);
}

/* Each of many children is reported once, with its own status, in whatever order. */
static void many(void)
{
    enum {
        N = 100
    };
    static bool seen[N];
    static pid_t pids[N];

    for (int i = 0; i < N; i++)
        pids[i] = exits(i);
    for (int i = 0; i < N; i++) {
        int status, k = 0;
        pid_t pid = CHECK_OK(wait(&status));
        while (k < N && pids[k] != pid)
            k++;
        CHECK(k < N && !seen[k]);
        CHECK_EQ(WEXITSTATUS(status), k);
        seen[k] = true;
    }
    CHECK_ERR(wait(NULL), ECHILD);
}

/* Waiting for one, for any of a group, for the last first. */
static void which(void)
{
    pid_t a = exits(1), b = exits(2), c = exits(3);
    int status;

    CHECK_EQ(waitpid(c, &status, 0), c);
    CHECK_EQ(WEXITSTATUS(status), 3);
    CHECK_EQ(waitpid(b, &status, 0), b);
    CHECK_EQ(WEXITSTATUS(status), 2);
    CHECK_EQ(waitpid(0, &status, 0), a);
    CHECK_EQ(WEXITSTATUS(status), 1);
    a = exits(4);
    CHECK_EQ(waitpid(-getpgrp(), &status, 0), a);
    CHECK_EQ(WEXITSTATUS(status), 4);
}

/* The dead keep their number until they are waited for. */
static void zombie(void)
{
    char path[40], text[2000];
    int fds[2];
    pid_t pid;

    CHECK_OK(pipe(fds));
    pid = CHECK_OK(fork());
    if (pid == 0) {
        close(fds[0]);
        _exit(1);
    }
    close(fds[1]);
    CHECK_EQ(read(fds[0], text, 1), 0); /* its descriptors are closed: it has ended, nearly */
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    for (int i = 0; i < 1000; i++) {
        read_file(path, text, sizeof(text));
        if (strstr(text, "State:\tZ"))
            break;
        sched_yield();
    }
    CHECK(strstr(text, "State:\tZ") != NULL);
    CHECK_OK(kill(pid, 0));
    CHECK_OK(kill(pid, SIGKILL));
    CHECK_EQ(WEXITSTATUS(join(pid)), 1);
    CHECK_ERR(kill(pid, 0), ESRCH);
    CHECK(!exists(path));
}

static void orphan_parent(void *arg)
{
    int *fds = arg;
    pid_t parent = getpid();

    if (CHECK_OK(fork()) != 0)
        return;
    while (getppid() == parent)
        sched_yield();
    pid_t now = getppid();
    write_full(fds[1], &now, sizeof(now));
    _exit(0);
}

/* Children of the dead are given to init, which waits for them. */
static void orphans(void)
{
    int fds[2];
    pid_t parent;

    CHECK_OK(pipe(fds));
    for (int i = 0; i < 10; i++) {
        JOIN(spawn(orphan_parent, fds));
        CHECK_EQ(read_full(fds[0], &parent, sizeof(parent)), sizeof(parent));
        CHECK(reference || parent == 1);
        CHECK(parent != getpid());
    }
    CHECK_ERR(wait(NULL), ECHILD);
}

static void generations(void *arg)
{
    long left = (long)arg;

    if (left > 0)
        JOIN(spawn(generations, (void *)(left - 1)));
}

static void deep(void)
{
    JOIN(spawn(generations, (void *)40));
}

/* Two processes that fork and wait as fast as they can. */
static void fork_and_wait(void *arg)
{
    for (long i = 0; i < (long)arg; i++)
        CHECK_EQ(WEXITSTATUS(join(exits(i))), i & 255);
}

static void side_by_side(void)
{
    long n = stress ? 5000 : 100;
    pid_t a = spawn(fork_and_wait, (void *)n), b = spawn(fork_and_wait, (void *)n);

    fork_and_wait((void *)n);
    JOIN(a);
    JOIN(b);
}

/* Open files are shared with the child: one position for both. */
static void shared_position(void)
{
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    char text[10] = "";
    pid_t pid = CHECK_OK(fork());

    if (pid == 0) {
        write_full(fd, "child ", 6);
        _exit(0);
    }
    JOIN(pid);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 6);
    CHECK_EQ(lseek(fd, 2, SEEK_SET), 2);
    CHECK_EQ(read(fd, text, 3), 3);
    CHECK_EQ(strcmp(text, "ild"), 0);
}

static void usage(void)
{
    struct rusage u;
    volatile long x = 0;
    pid_t pid = CHECK_OK(fork());
    int status;

    if (pid == 0) {
        char *p = map(4 * MiB, PROT_READ | PROT_WRITE);
        memset(p, 1, 4 * MiB);
        for (int i = 0; i < 5 * 1000 * 1000; i++)
            x = x + i;
        _exit(0);
    }
    CHECK_EQ(wait4(pid, &status, 0, &u), pid);
    CHECK(u.ru_utime.tv_sec + u.ru_utime.tv_usec + u.ru_stime.tv_usec > 0);
    CHECK(u.ru_utime.tv_usec < 1000000 && u.ru_stime.tv_usec < 1000000);
}

/* --- to exhaustion --- */

struct crowd {
    long most;  /* stop at so many children */
    int result; /* where to write how many there were; its end: all of them are gone */
};

/*
 * Forks children that do nothing but wait, until there is no room or there are enough. If memory
 * runs out in a fault instead of in fork, the kernel kills the largest process: the one with the
 * ballast, or this one.
 */
static void crowd(void *arg)
{
    struct crowd *c = arg;
    char *mine = map(2 * MiB, PROT_READ | PROT_WRITE), dummy;
    long n = 0;
    int go[2];

    CHECK_OK(pipe(go));
    memset(mine, 1, 2 * MiB);
    for (; n < c->most; n++) {
        pid_t pid = fork();
        if (pid < 0)
            break;
        if (pid == 0) {
            close(go[1]);
            _exit(read(go[0], &dummy, 1) == 0 ? 0 : 1);
        }
    }
    CHECK(n == c->most || errno == EAGAIN || errno == ENOMEM);
    close(go[1]);
    for (long i = 0; i < n; i++)
        CHECK(CHECK_OK(wait(NULL)) > 0);
    CHECK_ERR(wait(NULL), ECHILD);
    write_full(c->result, &n,
               sizeof(n)); /* only now: before, there was no memory for a pipe's page */
}

static void run_crowd(long most)
{
    struct crowd c = {.most = most};
    int fds[2], status;
    long n = 0;
    pid_t pid;

    CHECK_OK(pipe(fds));
    c.result = fds[1];
    pid = spawn(crowd, &c);
    close(fds[1]);
    CHECK(read_full(fds[0], &n, sizeof(n)) == 0 || n > 20);
    CHECK_EQ(read(fds[0], &n, 1), 0);
    close(fds[0]);
    status = join(pid);
    CHECK(status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    fork_and_wait((void *)10);
}

static void hundreds(void)
{
    run_crowd(250);
}

struct ballast {
    long kib;
    int ready, go;
};

static void ballast(void *arg)
{
    struct ballast *b = arg;
    char *p = map(b->kib * KiB, PROT_READ | PROT_WRITE), c;

    for (long i = 0; i < b->kib / 4; i++)
        p[i * PAGE] = 1;
    write_full(b->ready, "r", 1);
    read(b->go, &c, 1);
}

/*
 * With most of the memory taken, so that it is soon that no more processes fit. Of what is left,
 * some is the kernel's reserve, and some lies on other processors' lists (384 KiB each).
 */
static void exhaustion(void)
{
    long before = free_memory(0), after;
    struct ballast b = {.kib = before - 16384};
    int ready[2], go[2], status;
    pid_t pid;
    char c;

    if (before > (long)(GiB / KiB) && !stress)
        skip("takes too long with so much memory: use -s");
    CHECK_OK(pipe(ready));
    CHECK_OK(pipe(go));
    b.ready = ready[1];
    b.go = go[0];
    pid = spawn(ballast, &b);
    CHECK_EQ(read(ready[0], &c, 1), 1);
    run_crowd(600);
    write_full(go[1], "g", 1);
    status = join(pid);
    CHECK(status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    after = free_memory(before - 1024);
    if (after < before - 1024)
        FAIL("%ld KiB were free before, %ld after", before, after);
}

const struct test fork_tests[] = {
    {"fork-numbers", numbers, 0},
    {"fork-statuses", statuses, 0},
    {"fork-wait-errors", wait_errors, 0},
    {"fork-no-hang", no_hang, 0},
    {"fork-many", many, 0},
    {"fork-which", which, 0},
    {"fork-zombie", zombie, 0},
    {"fork-orphans", orphans, 0},
    {"fork-deep", deep, 0},
    {"fork-side-by-side", side_by_side, 0},
    {"fork-shared-position", shared_position, 0},
    {"fork-usage", usage, 0},
    {"fork-hundreds", hundreds, 0},
    {"fork-exhaustion", exhaustion, T_OWN},
    {NULL, NULL, 0},
};
