/* SPDX-License-Identifier: MIT */
/*
 * What fork() does to each kind of area: private is copied on write in both directions, shared
 * stays shared, files are files; locks are not inherited, and madvise() may keep an area from
 * children.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)
#define N  6 /* pages of each kind */

/* Every kind of area, N pages each; the first half of them touched. */
enum kind {
    ANON,
    SHARED,
    FILE_PRIVATE,
    FILE_SHARED,
    KINDS
};

static char *area[KINDS];
static int file;

static void make_areas(void)
{
    static char block[N * PAGE];
    int flags[KINDS] = {MAP_PRIVATE | MAP_ANONYMOUS, MAP_SHARED | MAP_ANONYMOUS, MAP_PRIVATE,
                        MAP_SHARED};

    file = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    write_full(file, block, sizeof(block));
    for (int i = 0; i < KINDS; i++) {
        area[i] =
            (char *)CHECK_OK(mmap(NULL, N * PAGE, RW, flags[i], i >= FILE_PRIVATE ? file : -1, 0));
        for (int p = 0; p < N / 2; p++)
            area[i][p * PAGE] = 'a' + p;
    }
}

static bool is_shared(int kind)
{
    return kind == SHARED || kind == FILE_SHARED;
}

/* The byte that page p begins with, for one who has not written to it. */
static int untouched(int kind, int p)
{
    if (p < N / 2)
        return 'a' + p;
    return kind == FILE_PRIVATE ? area[FILE_SHARED][p * PAGE] : 0;
}

static void child_writes(void *arg)
{
    (void)arg;
    for (int i = 0; i < KINDS; i++)
        for (int p = 0; p < N; p++) {
            CHECK_EQ(area[i][p * PAGE], untouched(i, p));
            area[i][p * PAGE] = 'A' + i + p;
        }
    for (int i = 0; i < KINDS; i++)
        for (int p = 0; p < N; p++)
            CHECK_EQ(area[i][p * PAGE], 'A' + i + p);
}

static void both_directions(void)
{
    make_areas();
    JOIN(spawn(child_writes, NULL));
    for (int i = 0; i < KINDS; i++)
        for (int p = 0; p < N; p++)
            CHECK_EQ(area[i][p * PAGE], is_shared(i) ? 'A' + i + p : untouched(i, p));
}

/* The parent writes; what the child sees of it is only what is shared. */
static void parent_writes(void)
{
    int go[2];
    pid_t pid;
    char c;

    make_areas();
    CHECK_OK(pipe(go));
    pid = CHECK_OK(fork());
    if (pid == 0) {
        CHECK_EQ(read(go[0], &c, 1), 1);
        for (int i = 0; i < KINDS; i++)
            for (int p = 0; p < N; p++)
                CHECK_EQ(area[i][p * PAGE], is_shared(i) ? 'p' : untouched(i, p));
        _exit(0);
    }
    for (int i = 0; i < KINDS; i++)
        for (int p = 0; p < N; p++)
            area[i][p * PAGE] = 'p';
    write_full(go[1], "g", 1);
    JOIN(pid);
}

static void generation(void *arg)
{
    long depth = (long)arg;

    for (int i = 0; i < KINDS; i++)
        CHECK_EQ(area[i][0], is_shared(i) ? (depth ? 'a' + depth - 1 : 'a') : 'a' + depth);
    for (int i = 0; i < KINDS; i++)
        area[i][0] = is_shared(i) ? 'a' + depth : 'b' + depth;
    if (depth < 5)
        JOIN(spawn(generation, (void *)(depth + 1)));
    for (int i = 0; i < KINDS; i++)
        CHECK_EQ(area[i][0], is_shared(i) ? 'a' + 5 : 'b' + depth);
}

/* Children of children: each private page as its own parent had it. */
static void grandchildren(void)
{
    make_areas();
    JOIN(spawn(generation, (void *)0));
    for (int i = 0; i < KINDS; i++)
        CHECK_EQ(area[i][0], is_shared(i) ? 'f' : 'a');
}

/* Areas made, moved and removed by one are not those of the other. */
static void child_remaps(void *arg)
{
    (void)arg;
    for (int i = 0; i < KINDS; i++) {
        CHECK_OK(munmap(area[i], PAGE));
        CHECK_OK(mprotect(area[i] + PAGE, PAGE, PROT_NONE));
        CHECK(mmap(area[i] + 2 * PAGE, PAGE, RW, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
              MAP_FAILED);
    }
}

static void own_areas(void)
{
    make_areas();
    JOIN(spawn(child_remaps, NULL));
    for (int i = 0; i < KINDS; i++)
        for (int p = 0; p < N; p++)
            area[i][p * PAGE]++;
}

static void no_locks(void *arg)
{
    CHECK_EQ(self_status("VmLck"), 0);
    CHECK_OK(munlock(arg, N * PAGE));
    CHECK_OK(mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    CHECK_EQ(self_status("VmLck"), 0); /* nor is MCL_FUTURE */
}

static void locks(void)
{
    char *p = map(N * PAGE, RW);

    CHECK_OK(mlock(p, N * PAGE));
    CHECK_OK(mlockall(MCL_FUTURE));
    CHECK_EQ(self_status("VmLck"), N * 4);
    JOIN(spawn(no_locks, p));
    CHECK_EQ(self_status("VmLck"), N * 4);
}

static void not_there(void *arg)
{
    char *p = arg;

    CHECK_EQ(p[0], 1);
    CHECK_EQ(p[4 * PAGE], 1);
    CHECK_EQ(areas_in((unsigned long)p + PAGE, (unsigned long)p + 3 * PAGE), 0);
    EXPECT_SIGNAL(do_read, p + PAGE, SIGSEGV);
    CHECK(mmap(p + PAGE, 2 * PAGE, RW, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == p + PAGE);
}

static void dont_fork(void)
{
    char *p = map(5 * PAGE, RW);

    memset(p, 1, 5 * PAGE);
    CHECK_OK(madvise(p + PAGE, 2 * PAGE, MADV_DONTFORK));
    JOIN(spawn(not_there, p));
    CHECK(all_bytes(p, 5 * PAGE, 1));
    CHECK_OK(madvise(p, 5 * PAGE, MADV_DOFORK));
    JOIN(spawn(do_read, p + PAGE));
}

static void wiped(void *arg)
{
    char *p = arg;

    CHECK(all_bytes(p, PAGE, 1));
    CHECK(all_bytes(p + PAGE, 2 * PAGE, 0));
    CHECK(all_bytes(p + 3 * PAGE, 2 * PAGE, 1));
    memset(p, 2, 5 * PAGE);
    if (p[5 * PAGE]-- > 0) {
        p[0] = 1;
        memset(p, 1, 5 * PAGE);
        JOIN(spawn(wiped, p)); /* and so on for its own children */
    }
}

static void wipe_on_fork(void)
{
    char *p = map(6 * PAGE, RW);
    char *s = (char *)CHECK_OK(mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0));

    memset(p, 1, 5 * PAGE);
    p[5 * PAGE] = 1;
    CHECK_OK(madvise(p + PAGE, 2 * PAGE, MADV_WIPEONFORK));
    CHECK_ERR(madvise(s, PAGE, MADV_WIPEONFORK), EINVAL); /* private anonymous memory only */
    JOIN(spawn(wiped, p));
    CHECK(all_bytes(p, 5 * PAGE, 1));
    CHECK_OK(madvise(p + PAGE, 2 * PAGE, MADV_KEEPONFORK));
    JOIN(spawn(do_read, p + PAGE));
}

/* vfork() shares all memory, and the parent waits. */
static void vforked(void)
{
    volatile int *word = map(PAGE, RW);
    pid_t pid;
    int status;

    *word = 1;
    pid = vfork();
    if (pid == 0) {
        *word = 2;
        _exit(*word == 2 ? 5 : 6);
    }
    CHECK_OK(pid);
    CHECK_EQ(*word, 2);
    status = join(pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);
}

/* vfork() and exec(): the parent's memory is as it was, the program has its own. */
static void vfork_exec(void)
{
    char *p = map(16 * PAGE, RW);
    char *argv[] = {"u", "--probe", "echo", NULL};
    int fds[2];
    pid_t pid;
    char c;

    fill_pattern(p, 16 * PAGE, 7);
    CHECK_OK(pipe(fds));
    for (int i = 0; i < 5; i++) {
        pid = vfork();
        if (pid == 0) {
            dup2(fds[1], 1);
            execv(self_path(), argv);
            _exit(9);
        }
        JOIN(CHECK_OK(pid));
        check_pattern(p, 16 * PAGE, 7);
        CHECK_EQ(read(fds[0], &c, 1), 1);
    }
    pid = vfork();
    if (pid == 0) {
        execv("missing", argv);
        _exit(errno == ENOENT ? 0 : 9);
    }
    JOIN(CHECK_OK(pid));
    check_pattern(p, 16 * PAGE, 7);
}

const struct test forkmap_tests[] = {
    {"fork-areas-both-directions", both_directions, 0},
    {"fork-areas-parent-writes", parent_writes, 0},
    {"fork-areas-grandchildren", grandchildren, 0},
    {"fork-areas-own", own_areas, 0},
    {"fork-areas-locks", locks, 0},
    {"fork-areas-dont-fork", dont_fork, 0},
    {"fork-areas-wipe", wipe_on_fork, 0},
    {"fork-areas-vfork", vforked, 0},
    {"fork-areas-vfork-exec", vfork_exec, 0},
    {NULL, NULL, 0},
};
