/* SPDX-License-Identifier: MIT */
/*
 * Several tasks in one address space, on several CPUs: what one maps or takes away, all see at
 * once, and the kernel keeps its tables in order whatever they do to each other.
 *
 * They share the C library's variables, so the tasks use system calls that leave errno alone, or
 * do not look at it, and report by their exit status.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define TASKS 4
#define STACK (64 * KiB)
#define SHARE (CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD)

static pid_t start(int (*fn)(void *), void *arg)
{
    char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(stack != MAP_FAILED);
    return CHECK_OK(clone(fn, stack + STACK, SHARE, arg));
}

/* All of them, then until all have ended well. */
static void run_all(int (*fn)(void *))
{
    pid_t pid[TASKS];

    for (long i = 0; i < TASKS; i++)
        pid[i] = start(fn, (void *)i);
    for (int i = 0; i < TASKS; i++)
        CHECK_EQ(join(pid[i]), 0);
}

static int rounds(int usual)
{
    return stress ? usual * 30 : usual;
}

static volatile int shared_value;

static int set_value(void *arg)
{
    shared_value = (int)(long)arg;
    return 7;
}

static void one_memory(void)
{
    pid_t pid = start(set_value, (void *)42);

    CHECK_EQ(join(pid), 7 << 8);
    CHECK_EQ(shared_value, 42);
}

static char *volatile late;
static atomic_int stage;

static void wait_stage(int n)
{
    while (atomic_load(&stage) < n)
        sched_yield();
}

/* Reads what the other maps, and dies of what it takes away. */
static int reader(void *arg)
{
    (void)arg;
    wait_stage(1);
    if (late[0] != 1)
        return 1;
    late[0] = 2;
    atomic_store(&stage, 2);
    wait_stage(3);
    return late[0];
}

static void unmapped_everywhere(void)
{
    atomic_store(&stage, 0);
    pid_t pid = start(reader, NULL);
    char *p = map(PAGE, PROT_READ | PROT_WRITE);
    p[0] = 1;
    late = p;
    atomic_store(&stage, 1);
    wait_stage(2);
    CHECK_EQ(p[0], 2);
    CHECK_OK(munmap(p, PAGE));
    atomic_store(&stage, 3);
    CHECK_EQ(join(pid), SIGSEGV);
}

/* A store after mprotect() has returned must fault, on whatever CPU: no value is changed then. */
static char *arena;
static atomic_int stop;

static int storing(void *arg)
{
    volatile char *p = arena + (long)arg * PAGE;

    while (!atomic_load(&stop))
        for (int i = 0; i < 100; i++)
            p[0]++;
    return 0;
}

static void protected_everywhere(void)
{
    pid_t pid[TASKS];

    for (int round = 0; round < rounds(5); round++) {
        arena = map(TASKS * PAGE, PROT_READ | PROT_WRITE);
        atomic_store(&stop, 0);
        for (long i = 0; i < TASKS; i++)
            pid[i] = start(storing, (void *)i);
        usleep(2000);
        CHECK_OK(mprotect(arena, TASKS * PAGE, PROT_READ));
        char before[TASKS], after[TASKS];
        for (int i = 0; i < TASKS; i++)
            before[i] = arena[(size_t)i * PAGE];
        usleep(1000);
        for (int i = 0; i < TASKS; i++)
            after[i] = arena[(size_t)i * PAGE];
        CHECK(memcmp(before, after, TASKS) == 0);
        atomic_store(&stop, 1);
        for (int i = 0; i < TASKS; i++) {
            int status = join(pid[i]);
            /* One that never ran before the end had nothing to store. */
            CHECK(status == SIGSEGV || status == 0);
        }
        CHECK_OK(munmap(arena, TASKS * PAGE));
    }
}

/* A child forked while others store has one state of each page, whole, and keeps it. */
static void forked_meanwhile(void)
{
    pid_t pid[TASKS];

    arena = map(TASKS * PAGE, PROT_READ | PROT_WRITE);
    atomic_store(&stop, 0);
    for (long i = 0; i < TASKS; i++)
        pid[i] = start(storing, (void *)i);
    for (int round = 0; round < rounds(8); round++) {
        pid_t child = CHECK_OK(fork());
        if (child == 0) {
            char copy[TASKS];
            for (int i = 0; i < TASKS; i++)
                copy[i] = arena[(size_t)i * PAGE];
            for (int n = 0; n < 5; n++) {
                sched_yield();
                for (int i = 0; i < TASKS; i++)
                    if (arena[(size_t)i * PAGE] != copy[i])
                        _exit(1);
            }
            _exit(0);
        }
        CHECK_EQ(join(child), 0);
    }
    atomic_store(&stop, 1);
    for (int i = 0; i < TASKS; i++)
        CHECK_EQ(join(pid[i]), 0);
}

/* Each its own pages of one arena: neighbours come and go, and nobody's bytes change. */
static int mapping(void *arg)
{
    unsigned long state = seed + (unsigned long)arg;
    char *base = arena + (size_t)arg * 64 * PAGE;

    for (int i = 0; i < rounds(40); i++) {
        size_t first = draw(&state) % 60, n = 1 + draw(&state) % 4;
        char *p = base + first * PAGE;
        if (mmap(p, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                 0) != p)
            return 1;
        if (p[0] != 0 || p[n * PAGE - 1] != 0)
            return 2;
        memset(p, (int)i, n * PAGE);
        if (mprotect(p, n * PAGE, PROT_READ) != 0)
            return 3;
        for (size_t k = 0; k < n; k++)
            if (p[k * PAGE + 17] != (char)i)
                return 4;
        if (draw(&state) % 2 && munmap(p, n * PAGE) != 0)
            return 5;
    }
    return 0;
}

static void mapping_together(void)
{
    arena = map(TASKS * 64 * PAGE, PROT_NONE);
    run_all(mapping);
    CHECK_OK(munmap(arena, TASKS * 64 * PAGE));
}

/* All at the same pages: whatever comes of it, each call does what it says or what it may. */
static int fighting(void *arg)
{
    unsigned long state = seed * 31 + (unsigned long)arg;

    for (int i = 0; i < rounds(100); i++) {
        char *p = arena + draw(&state) % 32 * PAGE;
        size_t n = (1 + draw(&state) % 8) * PAGE;
        switch (draw(&state) % 6) {
        case 0:
            mmap(p, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
            break;
        case 1:
            munmap(p, n);
            break;
        case 2:
            mprotect(p, n, PROT_READ);
            break;
        case 3:
            mprotect(p, n, PROT_READ | PROT_WRITE);
            break;
        case 4: /* the kernel's own accesses, which find what they find */
            (void)!write(-1, p, 1);
            sigprocmask(SIG_SETMASK, NULL, (sigset_t *)p);
            break;
        default: {
            pid_t child = fork();
            if (child == 0)
                _exit(0);
            if (child > 0)
                waitpid(child, NULL, 0);
        }
        }
    }
    return 0;
}

static void fighting_together(void)
{
    arena = map(40 * PAGE, PROT_READ | PROT_WRITE);
    run_all(fighting);
    munmap(arena, 40 * PAGE);
}

/* What one of them opens the others have; after exec() the program has a table of its own. */
static int opened;

static int opening(void *arg)
{
    opened = dup((int)(long)arg);
    return opened < 0;
}

static int closing_by_exec(void *arg)
{
    (void)arg;
    execl("/bin/true", "true", NULL);
    return 1;
}

static void descriptors(void)
{
    int fds[2];
    char byte = 'x';

    CHECK_OK(pipe2(fds, O_CLOEXEC));
    CHECK_EQ(join(start(opening, (void *)(long)fds[1])), 0);
    CHECK_EQ(write(opened, &byte, 1), 1);
    CHECK_EQ(join(start(closing_by_exec, NULL)), 0);
    /* exec() has closed its own copies of the ends, not ours. */
    CHECK_EQ(write(fds[1], &byte, 1), 1);
    CHECK_EQ(read(fds[0], &byte, 1), 1);
}

static int volatile vfork_seen;

static void vfork_shares(void)
{
    vfork_seen = 0;
    pid_t pid = vfork();
    if (pid == 0) {
        vfork_seen = 1;
        _exit(3);
    }
    CHECK_OK(pid);
    CHECK_EQ(vfork_seen, 1);
    CHECK_EQ(join(pid), 3 << 8);
}

const struct test tasks_tests[] = {
    {"tasks-one-memory", one_memory, 0},
    {"tasks-unmapped-everywhere", unmapped_everywhere, 0},
    {"tasks-protected-everywhere", protected_everywhere, 0},
    {"tasks-forked-meanwhile", forked_meanwhile, 0},
    {"tasks-mapping", mapping_together, 0},
    {"tasks-fighting", fighting_together, 0},
    {"tasks-descriptors", descriptors, 0},
    {"tasks-vfork-shares", vfork_shares, 0},
    {0},
};
