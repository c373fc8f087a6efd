/* SPDX-License-Identifier: MIT */
/*
 * The stack: grows when it is touched, as far as RLIMIT_STACK and no farther, keeps its distance
 * from what lies below, and does not shrink.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_LIMIT (8 * MiB)
#define GUARD_GAP     (256 * PAGE)

static struct area stack_area(void)
{
    struct area a;

    CHECK(area_named("[stack]", &a));
    return a;
}

/*
 * Uses a frame of 1 KiB and more for each level; the sum keeps the compiler from making it a loop.
 */
static __attribute__((noinline)) long recurse(long levels)
{
    volatile char frame[1024];

    frame[0] = levels;
    frame[1023] = levels;
    if (levels > 0)
        frame[1] = recurse(levels - 1);
    return frame[0] + frame[1023];
}

static void grow(void)
{
    struct area before = stack_area(), after;

    CHECK(before.end - before.start < 1 * MiB);
    recurse(5 * 1024);
    after = stack_area();
    CHECK_EQ(after.end, before.end);
    CHECK(after.end - after.start > 5 * MiB && after.end - after.start <= DEFAULT_LIMIT);
    /* It stays that large, and what was left there can be read. */
    recurse(1);
    CHECK_EQ(stack_area().start, after.start);
    read_byte(after.start);
}

static void big_array(void)
{
    volatile char array[2 * MiB];

    for (size_t i = 0; i < sizeof(array); i += PAGE)
        array[i] = i / PAGE;
    for (size_t i = 0; i < sizeof(array); i += PAGE)
        CHECK_EQ(array[i], (char)(i / PAGE));
}

static void endless(void *arg)
{
    (void)arg;
    recurse(1l << 40);
}

static void overflow(void)
{
    EXPECT_SIGNAL(endless, NULL, SIGSEGV);
}

/* Touches downward from the present stack and says after each page how far it came. */
static void descend(void *arg)
{
    unsigned long at = stack_area().start;

    for (;;) {
        at -= PAGE;
        write_byte(at, 1);
        write_full(*(int *)arg, &at, sizeof(at));
    }
}

/* How many bytes of stack a child can have before SIGSEGV. */
static unsigned long reach(void)
{
    unsigned long at = 0, last = 0;
    int fds[2], status;
    pid_t pid;

    CHECK_OK(pipe(fds));
    pid = spawn(descend, &fds[1]);
    close(fds[1]);
    while (read_full(fds[0], &at, sizeof(at)) == sizeof(at))
        last = at;
    close(fds[0]);
    status = join(pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    CHECK(last != 0);
    return stack_area().end - last;
}

/* The limit is met to the page. */
static void limit(void)
{
    CHECK_EQ(reach(), DEFAULT_LIMIT);
}

/* It is the limit as it is at that moment. */
static void lower_limit(void)
{
    struct rlimit r;

    CHECK_OK(getrlimit(RLIMIT_STACK, &r));
    r.rlim_cur = 1 * MiB;
    CHECK_OK(setrlimit(RLIMIT_STACK, &r));
    CHECK_EQ(reach(), 1 * MiB);
    r.rlim_cur = 1 * MiB + 5 * PAGE;
    CHECK_OK(setrlimit(RLIMIT_STACK, &r));
    CHECK_EQ(reach(), 1 * MiB + 5 * PAGE);
}

/* Far below the stack pointer, with nothing in between touched. */
static void far_below(void)
{
    unsigned long top = stack_area().end;

    JOIN(spawn(do_write, (void *)(top - 1 * MiB)));
    JOIN(spawn(do_write, (void *)(top - 4 * MiB)));
    JOIN(spawn(do_read, (void *)(top - 7 * MiB)));
    JOIN(spawn(do_write, (void *)(top - DEFAULT_LIMIT)));
    EXPECT_SIGNAL(do_write, top - DEFAULT_LIMIT - 1, SIGSEGV);
    EXPECT_SIGNAL(do_read, top - DEFAULT_LIMIT - PAGE, SIGSEGV);
    EXPECT_SIGNAL(do_write, top - 9 * MiB, SIGSEGV);
    EXPECT_SIGNAL(do_write, top - 64 * MiB, SIGSEGV);
    EXPECT_SIGNAL(do_write, top, SIGSEGV);
    EXPECT_SIGNAL(do_jump, top - 1 * MiB, SIGSEGV);
}

/* A jump down leaves zeroes in between. */
static void zero_between(void)
{
    unsigned long top = stack_area().end;

    write_byte(top - 3 * MiB, 1);
    CHECK_EQ(stack_area().start, top - 3 * MiB);
    for (unsigned long at = top - 3 * MiB + 8; at < top - 1 * MiB; at += 8)
        CHECK_EQ(*(volatile long *)at, 0);
}

/* Something mapped below: the stack stops a guard gap above it. */
static void guard_gap(void)
{
    unsigned long top = stack_area().end, below = top - 4 * MiB;
    char *p = mmap((void *)(below - PAGE), PAGE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

    CHECK_EQ((unsigned long)p, below - PAGE);
    *p = 77;
    CHECK_EQ(reach(), top - below - GUARD_GAP);
    EXPECT_SIGNAL(do_write, below, SIGSEGV);
    EXPECT_SIGNAL(do_write, below + GUARD_GAP - PAGE, SIGSEGV);
    JOIN(spawn(do_write, (void *)(below + GUARD_GAP)));
    EXPECT_SIGNAL(endless, NULL, SIGSEGV);
    CHECK_EQ(*p, 77);
    CHECK_OK(munmap(p, PAGE));
    CHECK_EQ(reach(), DEFAULT_LIMIT);
}

/* Nothing is put into the guard gap by a mere hint. */
static void hint_near(void)
{
    unsigned long low = stack_area().start;

    for (unsigned long d = PAGE; d < GUARD_GAP; d *= 2) {
        unsigned long p = (unsigned long)mmap((void *)(low - d), PAGE, PROT_READ,
                                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(p != low - d);
    }
    recurse(1000);
}

/* The kernel grows the stack as the program would, when it writes to it. */
static void by_system_call(void)
{
    unsigned long top = stack_area().end;
    int fd = CHECK_OK(open("/dev/zero", O_RDONLY)), fds[2];

    write_byte(top - 256 * KiB, 1);
    CHECK_EQ(read(fd, (void *)(top - 1 * MiB), 3 * PAGE), 3 * PAGE);
    CHECK_EQ(stack_area().start, top - 1 * MiB);
    CHECK_ERR(read(fd, (void *)(top - 9 * MiB), PAGE), EFAULT);
    CHECK_OK(pipe(fds));
    CHECK_EQ(write(fds[1], (void *)(top - 2 * MiB), 100), 100);
    CHECK_EQ(stack_area().start, top - 2 * MiB);
}

/* A child starts with all of its parent's stack, and grows its own. */
static void child_grows(void *arg)
{
    CHECK_EQ(*(volatile char *)arg, 5);
    write_byte((unsigned long)arg, 6);
    recurse(4 * 1024);
}

static void after_fork(void)
{
    unsigned long at = stack_area().end - 2 * MiB, start;

    write_byte(at, 5);
    start = stack_area().start;
    JOIN(spawn(child_grows, (void *)at));
    JOIN(spawn(child_grows, (void *)at));
    CHECK_EQ(*(volatile char *)at, 5);
    CHECK_EQ(stack_area().start, start);
}

static void run_probe(const char *what, const char *size)
{
    char *argv[] = {"usertests", "--probe", (char *)what, (char *)size, NULL};
    pid_t pid = CHECK_OK(fork());

    if (pid == 0) {
        execv(self_path(), argv);
        FAIL("exec: %s", strerror(errno));
    }
    JOIN(pid);
}

/* A program started with a larger limit has the room for it. */
static void larger_limit(void)
{
    struct rlimit r;

    CHECK_OK(getrlimit(RLIMIT_STACK, &r));
    r.rlim_cur = 32 * MiB;
    if (r.rlim_max < r.rlim_cur)
        skip("the hard limit is lower");
    CHECK_OK(setrlimit(RLIMIT_STACK, &r));
    run_probe("stack", "30");
}

/* Without a limit there is no telling where the mappings should begin: they grow upward. */
static void no_limit(void)
{
    struct rlimit r;

    CHECK_OK(getrlimit(RLIMIT_STACK, &r));
    if (r.rlim_max != RLIM_INFINITY)
        skip("the hard limit is lower");
    r.rlim_cur = RLIM_INFINITY;
    CHECK_OK(setrlimit(RLIMIT_STACK, &r));
    run_probe("stack", "30");
    if (!reference)
        run_probe("bottom-up", "0");
}

const struct test stack_tests[] = {
    {"stack-grow", grow, 0},
    {"stack-big-array", big_array, 0},
    {"stack-overflow", overflow, 0},
    {"stack-limit", limit, 0},
    {"stack-lower-limit", lower_limit, 0},
    {"stack-far-below", far_below, 0},
    {"stack-zero-between", zero_between, 0},
    {"stack-guard-gap", guard_gap, 0},
    {"stack-hint-near", hint_near, 0},
    {"stack-by-system-call", by_system_call, 0},
    {"stack-after-fork", after_fork, 0},
    {"stack-larger-limit", larger_limit, 0},
    {"stack-no-limit", no_limit, 0},
    {NULL, NULL, 0},
};
