/* SPDX-License-Identifier: MIT */
/* Clocks go forward, and sleeping takes at least as long as it was asked to. */
#include "test.h"
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000l

static long now(int clock)
{
    struct timespec t;

    CHECK_OK(syscall(SYS_clock_gettime, clock, &t));
    CHECK(t.tv_nsec >= 0 && t.tv_nsec < SECOND);
    return t.tv_sec * SECOND + t.tv_nsec;
}

static void monotonic(void)
{
    long last = now(CLOCK_MONOTONIC), first = last;

    for (int i = 0; i < 5000; i++) {
        long t = now(CLOCK_MONOTONIC);
        CHECK(t >= last);
        last = t;
    }
    CHECK(last > first);
}

/* Also from one processor to another: each child takes the time where it happens to run. */
static void monotonic_everywhere(void)
{
    for (int i = 0; i < 50; i++) {
        long before = now(CLOCK_MONOTONIC), there = 0;
        int fds[2];
        CHECK_OK(pipe(fds));
        pid_t pid = CHECK_OK(fork());
        if (pid == 0) {
            sched_yield();
            there = now(CLOCK_MONOTONIC);
            write_full(fds[1], &there, sizeof(there));
            _exit(0);
        }
        CHECK_EQ(read_full(fds[0], &there, sizeof(there)), sizeof(there));
        CHECK(there >= before);
        CHECK(now(CLOCK_MONOTONIC) >= there);
        JOIN(pid);
        close(fds[0]);
        close(fds[1]);
    }
}

static void wall_clock(void)
{
    struct timeval tv;
    long t;

    CHECK_OK(syscall(SYS_gettimeofday, &tv, NULL));
    t = now(CLOCK_REALTIME);
    CHECK(t / SECOND - tv.tv_sec >= 0 && t / SECOND - tv.tv_sec <= 1);
    CHECK(tv.tv_usec >= 0 && tv.tv_usec < 1000000);
    CHECK(time(NULL) - t / SECOND <= 1);
}

static void sleeping(void)
{
    static const long lengths[] = {0, 1, 1000, 1000000, 10000000, 30000000};

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct timespec t = {0, lengths[i]};
        long before = now(CLOCK_MONOTONIC);
        CHECK_OK(nanosleep(&t, NULL));
        CHECK(now(CLOCK_MONOTONIC) - before >= lengths[i]);
    }
}

static void sleep_until(void)
{
    long until = now(CLOCK_MONOTONIC) + 20 * 1000 * 1000;
    struct timespec t = {until / SECOND, until % SECOND};

    CHECK_EQ(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0);
    CHECK(now(CLOCK_MONOTONIC) >= until);
    t.tv_sec = 0; /* long past */
    CHECK_EQ(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0);
}

static void sleep_20ms(void *arg)
{
    const struct timespec t = {0, 20 * 1000 * 1000};

    (void)arg;
    for (int i = 0; i < 5; i++)
        CHECK_OK(nanosleep(&t, NULL));
}

/* Many sleepers at once do not wait for each other. */
static void together(void)
{
    enum {
        N = 20
    };
    long before = now(CLOCK_MONOTONIC);
    pid_t pid[N];

    for (int i = 0; i < N; i++)
        pid[i] = spawn(sleep_20ms, NULL);
    for (int i = 0; i < N; i++)
        JOIN(pid[i]);
    CHECK(now(CLOCK_MONOTONIC) - before < N * 100 * 1000000l);
}

static void errors(void)
{
    const struct timespec wrong[] = {{0, SECOND}, {0, -1}, {-1, 0}};
    struct timespec t;

    for (int i = 0; i < 3; i++)
        CHECK_ERR(syscall(SYS_nanosleep, &wrong[i], NULL), EINVAL);
    CHECK_ERR(syscall(SYS_clock_gettime, 12345, &t), EINVAL);
    CHECK_ERR(syscall(SYS_clock_nanosleep, 12345, 0, &wrong[0], NULL), EINVAL);
}

/* A process that does nothing else is taken off the processor for others. */
static void preempted(void)
{
    const struct timespec pause = {0, 5 * 1000 * 1000};
    pid_t pid[9];

    for (int i = 0; i < 9; i++) {
        pid[i] = CHECK_OK(fork());
        if (pid[i] == 0)
            for (volatile long n = 0;; n++)
                ;
    }
    for (int i = 0; i < 5; i++)
        CHECK_OK(nanosleep(&pause, NULL));
    for (int i = 0; i < 9; i++) {
        CHECK_OK(kill(pid[i], SIGKILL));
        join(pid[i]);
    }
}

const struct test time_tests[] = {
    {"time-monotonic", monotonic, 0},
    {"time-monotonic-everywhere", monotonic_everywhere, 0},
    {"time-wall-clock", wall_clock, 0},
    {"time-sleep", sleeping, 0},
    {"time-sleep-until", sleep_until, 0},
    {"time-together", together, 0},
    {"time-errors", errors, 0},
    {"time-preempted", preempted, 0},
    {NULL, NULL, 0},
};
