/* SPDX-License-Identifier: MIT */
/*
 * Registers are a process's own: whoever else runs, whatever signal comes. What a new program finds
 * in them is nobody's.
 */
#include "test.h"
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <arch/machinecode.h>
#include <arch/registers.h>

#define NSELECTORS (sizeof(selectors) / sizeof(selectors[0]))

/* Makes the call with values of its own in every floating-point register; afterwards they are
 * there. */
static long checked_call(unsigned k, long nr, long a, long b)
{
    uint64_t in[FP_WORDS], out[FP_WORDS];
    long ret;

    fp_values(in, k);
    ret = fp_syscall(in, out, nr, a, b, 0);
    for (int i = 0; i < FP_WORDS; i++)
        if (out[i] != in[i])
            FAIL("word %d of the registers was %#lx before system call %ld, and is %#lx", i,
                 (long)in[i], nr, (long)out[i]);
    return ret;
}

static void yield_often(void *arg)
{
    for (int i = 0; i < 300; i++)
        checked_call((unsigned)(long)arg + i, SYS_sched_yield, 0, 0);
}

static void kept_by_calls(void)
{
    pid_t pid[6];

    for (long i = 0; i < 6; i++)
        pid[i] = spawn(yield_often, (void *)(1000 * i));
    for (int i = 0; i < 6; i++)
        JOIN(pid[i]);
}

/* A sum that keeps many registers in use, and no memory; the same for the same start. */
static __attribute__((noinline)) double compute(double start, long rounds)
{
    double a = start, b = start + 1, c = start + 2, d = start + 3, e = start + 4, f = start + 5;

    while (rounds--) {
        a = b * 0.5 + 1.25;
        b = c * 0.75 - a * 0.125;
        c = d * 0.625 + 3.5;
        d = e * 0.25 + b * 0.375;
        e = f * 0.5 - 0.75;
        f = a * 0.875 + start * 0.125;
    }
    return a + b + c + d + e + f;
}

#define ROUNDS 20000

static void compute_often(void *arg)
{
    volatile double start = (double)(long)arg; /* volatile: or once is enough for a compiler */
    double first = compute(start, ROUNDS);

    for (int i = 0; i < 20; i++)
        CHECK(compute(start, ROUNDS) == first);
}

/* Without a call of their own: the others come when the time slice is over. */
static void kept_when_preempted(void)
{
    pid_t pid[8];

    for (long i = 0; i < 8; i++)
        pid[i] = spawn(compute_often, (void *)(i * i + 1));
    for (int i = 0; i < 8; i++)
        JOIN(pid[i]);
}

static volatile int handled;
static volatile double of_handler;

static void use_them(int signo)
{
    uint64_t in[FP_WORDS], out[FP_WORDS];

    fp_values(in, 77 + handled);
    fp_syscall(in, out, SYS_getppid, 0, 0, 0);
    of_handler = compute(handled, 100);
    handled += signo == SIGUSR1;
}

static void install(void)
{
    struct sigaction act;

    memset(&act, 0, sizeof(act));
    act.sa_handler = use_them;
    CHECK_OK(sigaction(SIGUSR1, &act, NULL));
}

static void kept_by_handlers(void)
{
    install();
    for (int i = 0; i < 50; i++)
        CHECK_EQ(checked_call(i, SYS_kill, getpid(), SIGUSR1), 0);
    CHECK_EQ(handled, 50);
}

static void send_many(void *arg)
{
    const struct timespec pause = {0, 500 * 1000};

    (void)arg;
    while (kill(getppid(), SIGUSR1) == 0)
        nanosleep(&pause, NULL);
}

/* The handler comes between any two instructions. */
static void kept_by_surprise(void)
{
    volatile double start = 5;
    double first = compute(start, ROUNDS);
    pid_t pid;

    install();
    pid = spawn(send_many, NULL);
    while (handled < 30)
        CHECK(compute(start, ROUNDS) == first);
    CHECK_OK(kill(pid, SIGKILL));
    join(pid);
}

/* A child is a copy in this too. */
static void forked(void)
{
    for (unsigned k = 0; k < 20; k++) {
        pid_t pid = (pid_t)checked_call(k, SYS_clone, SIGCHLD, 0);
        CHECK(pid >= 0);
        if (pid == 0)
            _exit(0);
        checked_call(k + 1, SYS_sched_yield, 0, 0);
        JOIN(pid);
    }
}

/* A new program has neither the values of the old one, nor anybody else's. */
static void exec_fresh(void)
{
    char *argv[] = {"fresh", NULL};
    pid_t other = spawn(yield_often, NULL);

    write_program("fresh", exit_fresh, sizeof(exit_fresh));
    for (unsigned k = 1; k <= 20; k++) {
        pid_t pid = CHECK_OK(fork());
        if (pid == 0) {
            uint64_t in[FP_WORDS], out[FP_WORDS];
            fp_values(in, k);
            fp_syscall(in, out, SYS_execve, (long)"fresh", (long)argv, 0);
            FAIL("no exec");
        }
        JOIN(pid);
    }
    JOIN(other);
}

static void keep_selectors(void *arg)
{
    unsigned k = (unsigned)(long)arg;
    unsigned short ds, es;

    for (int i = 0; i < 200; i++) {
        unsigned short d = selectors[(k + i) % NSELECTORS], e = selectors[(k + 2 * i) % NSELECTORS];
        load_selectors(d, e);
        sched_yield();
        read_selectors(&ds, &es);
        CHECK_EQ(ds, d);
        CHECK_EQ(es, e);
    }
}

/* Nobody sees anybody else's segment selectors, where there are such things. */
static void kept_selectors(void)
{
    pid_t pid[6];

    for (long i = 0; i < 6; i++)
        pid[i] = spawn(keep_selectors, (void *)i);
    for (int i = 0; i < 6; i++)
        JOIN(pid[i]);
}

const struct test registers_tests[] = {
    {"registers-calls", kept_by_calls, 0},
    {"registers-preempted", kept_when_preempted, 0},
    {"registers-handler", kept_by_handlers, 0},
    {"registers-surprise", kept_by_surprise, 0},
    {"registers-fork", forked, 0},
    {"registers-exec", exec_fresh, 0},
    {"registers-selectors", kept_selectors, 0},
    {NULL, NULL, 0},
};
