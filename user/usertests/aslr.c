/* SPDX-License-Identifier: MIT */
/*
 * Address space layout randomization: where exec puts things differs from run to run, as much as
 * mm/README.md says and no more; personality() and randomize_va_space turn it off; fork keeps what
 * exec has chosen. And the two layouts, flexible and classic.
 *
 * The program that is started is this one, `usertests --probe places` (probe.c). It is linked to an
 * address: of its own file nothing moves.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNS     64
#define SETTING  "/proc/sys/kernel/randomize_va_space"
#define HEAP_TOP (32 * MiB) /* more than this program and its first heap take */

enum place {
    STACK, /* the end of its area */
    SP,
    MAPPING, /* the first that mmap() makes */
    HEAP,
    VDSO,
    NR_PLACES
};
static const char *const names[] = {"stack", "sp", "mapping", "heap", "vdso"};

/* A run of the program; the child's limits and personality are set by `prepare`. */
static void run(unsigned long places[NR_PLACES], void (*prepare)(void))
{
    char text[200], *p = text;
    int fds[2];
    pid_t pid;

    CHECK_OK(pipe(fds));
    pid = CHECK_OK(fork());
    if (pid == 0) {
        char *argv[] = {"usertests", "--probe", "places", NULL}, *envp[] = {NULL};
        dup2(fds[1], 1);
        close(fds[0]);
        close(fds[1]);
        if (prepare)
            prepare();
        execve(self_path(), argv, envp);
        FAIL("exec: %s", strerror(errno));
    }
    close(fds[1]);
    text[read_full(fds[0], text, sizeof(text) - 1)] = '\0';
    close(fds[0]);
    JOIN(pid);
    for (int i = 0; i < NR_PLACES; i++)
        places[i] = strtoul(p, &p, 16);
    CHECK_EQ(strcmp(p, "\n"), 0);
}

static void check_bounds(const unsigned long p[NR_PLACES])
{
    CHECK(p[STACK] % PAGE == 0 && p[STACK] <= USER_LIMIT);
    CHECK(p[SP] % 16 == 0 && p[SP] < p[STACK] && p[STACK] - p[SP] < 4 * PAGE);
    CHECK(p[MAPPING] % PAGE == 0 && p[MAPPING] + 8 * MiB < p[STACK]);
    CHECK(p[VDSO] % PAGE == 0 && p[VDSO] != p[MAPPING]);
    CHECK(p[HEAP] >= 0x10000 && p[HEAP] < p[MAPPING]);
}

/* How many values of a place there are among the runs. */
static int distinct(unsigned long runs[][NR_PLACES], int n, enum place place)
{
    int count = 0;

    for (int i = 0; i < n; i++) {
        int j = 0;
        while (j < i && runs[j][place] != runs[i][place])
            j++;
        count += j == i;
    }
    return count;
}

/* Of so many values out of thousands hardly two are the same. */
static void spread(void)
{
    static unsigned long runs[RUNS][NR_PLACES];

    for (int i = 0; i < RUNS; i++) {
        run(runs[i], NULL);
        check_bounds(runs[i]);
    }
    for (int place = 0; place < NR_PLACES; place++) {
        int n = distinct(runs, RUNS, place);
        if (n < RUNS - 4)
            FAIL("%s: only %d places in %d runs", names[place], n, RUNS);
    }
}

/* Every bit that is said to be random takes both values; the ends of the windows are kept. */
static void entropy(void)
{
    static unsigned long runs[RUNS][NR_PLACES];
    static const struct {
        enum place place;
        unsigned share; /* of the user half: 1 / 2^share */
    } windows[] = {{STACK, 8}, {MAPPING, 4}, {HEAP, 8}, {VDSO, 8}};
    unsigned long sp = 0;

    for (int i = 0; i < RUNS; i++) {
        run(runs[i], NULL);
        sp |= runs[i][SP] ^ runs[0][SP];
    }
    CHECK_EQ(sp & 0xff0, 0xff0);
    for (size_t w = 0; w < sizeof(windows) / sizeof(windows[0]); w++) {
        unsigned long size = user_end() >> windows[w].share, changed = 0, low = -1ul, high = 0;
        for (int i = 0; i < RUNS; i++) {
            unsigned long at = runs[i][windows[w].place];
            changed |= at ^ runs[0][windows[w].place];
            low = at < low ? at : low;
            high = at > high ? at : high;
        }
        if ((changed & (size - PAGE)) != size - PAGE)
            FAIL("%s: of the bits %#lx only %#lx are random", names[windows[w].place], size - PAGE,
                 changed);
        if (high - low >= size)
            FAIL("%s: from %#lx to %#lx is more than its window", names[windows[w].place], low,
                 high);
    }
}

static void not_random(void)
{
    CHECK_OK(personality(ADDR_NO_RANDOMIZE));
}

/* And all that it starts, since the personality is inherited. */
static void turned_off(void)
{
    unsigned long first[NR_PLACES], next[NR_PLACES];

    run(first, not_random);
    check_bounds(first);
    for (int i = 0; i < 8; i++) {
        run(next, not_random);
        CHECK_EQ(memcmp(first, next, sizeof(first)), 0);
    }
    CHECK_OK(personality(ADDR_NO_RANDOMIZE));
    run(next, NULL);
    CHECK_EQ(memcmp(first, next, sizeof(first)), 0);
}

/* The borders of the windows, which mm/README.md tells. */
static void fixed(void)
{
    unsigned long p[NR_PLACES], ceiling = USER_LIMIT - 128 * MiB - MiB;

    run(p, not_random);
    CHECK_EQ(p[STACK], USER_LIMIT);
    CHECK_EQ(p[VDSO], ceiling - PAGE);
    CHECK_EQ(p[MAPPING], ceiling - 2 * PAGE);
    CHECK(p[HEAP] < HEAP_TOP);
}

static void set(const char *value)
{
    int fd = CHECK_OK(open(SETTING, O_WRONLY));

    CHECK_EQ(write(fd, value, strlen(value)), (long)strlen(value));
    close(fd);
}

/* Others that run meanwhile do not mind. */
static void setting(void)
{
    unsigned long first[NR_PLACES], next[NR_PLACES];
    char text[8];
    int fd;

    read_file(SETTING, text, sizeof(text));
    CHECK_EQ(strcmp(text, "2\n"), 0);
    set("1");
    run(first, NULL);
    run(next, NULL);
    CHECK(first[STACK] != next[STACK] && first[MAPPING] != next[MAPPING]);
    CHECK(first[HEAP] == next[HEAP] && first[HEAP] < HEAP_TOP);
    set("0\n");
    run(first, NULL);
    run(next, NULL);
    CHECK_EQ(memcmp(first, next, sizeof(first)), 0);
    set("2");
    fd = CHECK_OK(open(SETTING, O_WRONLY));
    CHECK_ERR(write(fd, "3", 1), EINVAL);
    CHECK_ERR(write(fd, "on", 2), EINVAL);
    close(fd);
    run(first, NULL);
    run(next, NULL);
    CHECK(first[STACK] != next[STACK] && first[HEAP] != next[HEAP]);
}

struct snapshot {
    struct area areas[60];
    int n;
    unsigned long brk;
};

static void take(struct snapshot *s)
{
    s->n = read_areas(0, s->areas, 60);
    s->brk = (unsigned long)sbrk(0);
}

static void compare(void *arg)
{
    static struct snapshot now;
    const struct snapshot *was = arg;

    take(&now);
    CHECK_EQ(now.n, was->n);
    CHECK_EQ(now.brk, was->brk);
    for (int i = 0; i < now.n; i++) {
        CHECK_EQ(now.areas[i].start, was->areas[i].start);
        CHECK_EQ(strcmp(now.areas[i].name, was->areas[i].name), 0);
    }
}

static void fork_keeps(void)
{
    static struct snapshot s;

    take(&s);
    take(&s); /* the first may have moved something */
    for (int i = 0; i < 5; i++)
        JOIN(spawn(compare, &s));
}

static void compatible(void)
{
    CHECK_OK(personality(ADDR_COMPAT_LAYOUT));
}

static void compatible_fixed(void)
{
    CHECK_OK(personality(ADDR_COMPAT_LAYOUT | ADDR_NO_RANDOMIZE));
}

static void without_limit(void)
{
    const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};

    CHECK_OK(setrlimit(RLIMIT_STACK, &none));
}

/* From a third of the half upward, and at random there as well. */
static void classic(void)
{
    void (*const ways[])(void) = {compatible, without_limit};
    unsigned long third = USER_LIMIT / 3, first[NR_PLACES], next[NR_PLACES];

    for (int i = 0; i < 2; i++) {
        run(first, ways[i]);
        run(next, ways[i]);
        check_bounds(first);
        CHECK(first[MAPPING] > third && first[MAPPING] < third + user_end() / 8);
        CHECK(first[VDSO] >= third && first[VDSO] < first[MAPPING]);
        CHECK(first[MAPPING] != next[MAPPING] && first[VDSO] != next[VDSO]);
        CHECK(first[HEAP] < third);
    }
    run(first, compatible_fixed);
    CHECK_EQ(first[VDSO], (third + PAGE - 1) / PAGE * PAGE);
    CHECK_EQ(first[MAPPING], first[VDSO] + PAGE);
}

static void large_stack(void)
{
    const struct rlimit limit = {2 * GiB, RLIM_INFINITY};

    CHECK_OK(setrlimit(RLIMIT_STACK, &limit));
}

static void huge_stack(void)
{
    const struct rlimit limit = {user_end() / 2, RLIM_INFINITY};

    CHECK_OK(setrlimit(RLIMIT_STACK, &limit));
}

/* The flexible layout leaves the stack what its limit allows, up to an eighth of the half. */
static void room(void)
{
    unsigned long p[NR_PLACES];

    for (int i = 0; i < 8; i++) {
        run(p, large_stack);
        CHECK(p[MAPPING] + 2 * GiB < p[STACK] && p[VDSO] + 2 * GiB < p[STACK]);
        run(p, huge_stack);
        CHECK(p[MAPPING] + user_end() / 8 < p[STACK] && p[VDSO] + user_end() / 8 < p[STACK]);
        CHECK(p[MAPPING] > user_end() / 3 * 2);
    }
}

const struct test aslr_tests[] = {
    {"aslr-spread", spread, 0},
    {"aslr-entropy", entropy, T_OWN},
    {"aslr-off", turned_off, 0},
    {"aslr-fixed", fixed, T_OWN},
    {"aslr-setting", setting, T_OWN},
    {"aslr-fork-keeps", fork_keeps, 0},
    {"aslr-classic", classic, T_OWN},
    {"aslr-room-for-stack", room, T_OWN},
    {NULL, NULL, 0},
};
