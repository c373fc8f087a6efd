/* SPDX-License-Identifier: MIT */
/* fork copies nothing and yet everything is private: copy on write, seen from both sides. */
#include "test.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 48
#define SIZE  (PAGES * PAGE)

static char *shared; /* what parent and child hold in common until one of them writes */

static void setup(unsigned long pattern)
{
    shared = map(SIZE, PROT_READ | PROT_WRITE);
    fill_pattern(shared, SIZE, pattern);
}

static void child_writes(void *arg)
{
    check_pattern(shared, SIZE, 1);
    fill_pattern(shared, SIZE, (unsigned long)arg);
    check_pattern(shared, SIZE, (unsigned long)arg);
}

static void basic(void)
{
    setup(1);
    JOIN(spawn(child_writes, (void *)2));
    check_pattern(shared, SIZE, 1);
    JOIN(spawn(child_writes, (void *)3));
    check_pattern(shared, SIZE, 1);
}

static void wait_then_check(void *arg)
{
    char go;

    CHECK_EQ(read(*(int *)arg, &go, 1), 1);
    check_pattern(shared, SIZE, 1);
}

/* The parent writes first: the child still has what was there at fork. */
static void parent_writes(void)
{
    int go[2];
    pid_t pid;

    setup(1);
    CHECK_OK(pipe(go));
    pid = spawn(wait_then_check, &go[0]);
    fill_pattern(shared, SIZE, 2);
    write_full(go[1], "g", 1);
    JOIN(pid);
    check_pattern(shared, SIZE, 2);
}

struct many {
    unsigned long id;
    int go;
};

static void one_of_many(void *arg)
{
    struct many *m = arg;
    char go;

    check_pattern(shared, SIZE, 1);
    fill_pattern(shared, SIZE / 2, m->id);
    CHECK_EQ(read(m->go, &go, 1), 1);
    check_pattern(shared, SIZE / 2, m->id);
    fill_pattern(shared, SIZE, m->id);
    check_pattern(shared, SIZE, m->id);
}

static void many_children(void)
{
    enum {
        N = 16
    };
    pid_t pid[N];
    int go[2];

    setup(1);
    CHECK_OK(pipe(go));
    for (int i = 0; i < N; i++) {
        struct many m = {100 + i, go[0]};
        pid[i] = spawn(one_of_many, &m);
    }
    for (int i = 0; i < N; i++)
        write_full(go[1], "g", 1);
    for (int i = 0; i < N; i++)
        JOIN(pid[i]);
    check_pattern(shared, SIZE, 1);
}

/* Each generation writes a page of its own and looks at what its ancestors wrote. */
static void generation(void *arg)
{
    unsigned long level = (unsigned long)arg;

    for (unsigned long i = 0; i < PAGES; i++)
        check_pattern(shared + i * PAGE, PAGE, i < level ? 1000 + i : 500 + i);
    fill_pattern(shared + level * PAGE, PAGE, 1000 + level);
    if (level < 12)
        JOIN(spawn(generation, (void *)(level + 1)));
    check_pattern(shared + level * PAGE, PAGE, 1000 + level);
    check_pattern(shared + (level + 1) * PAGE, PAGE, 501 + level);
}

static void nested(void)
{
    shared = map(SIZE, PROT_READ | PROT_WRITE);
    for (unsigned long i = 0; i < PAGES; i++)
        fill_pattern(shared + i * PAGE, PAGE, 500 + i);
    JOIN(spawn(generation, (void *)0));
    for (unsigned long i = 0; i < PAGES; i++)
        check_pattern(shared + i * PAGE, PAGE, 500 + i);
}

static long data_words[1024] = {1, 2, 3};
static long bss_words[1024];

struct places {
    long *data, *bss, *stack, *heap;
};

static void write_places(void *arg)
{
    struct places *p = arg;

    CHECK(p->data[1] == 2 && p->bss[1] == 0 && p->stack[1] == 22 && p->heap[1] == 33);
    for (int i = 0; i < 1024; i++)
        p->data[i] = p->bss[i] = p->stack[i] = p->heap[i] = -i;
}

/* All kinds of memory that a process has: data from the file, bss, stack, heap. */
static void every_kind(void)
{
    long stack_words[1024] = {11, 22};
    struct places p = {data_words, bss_words, stack_words, malloc(8192)};

    CHECK(p.heap != NULL);
    memset(p.heap, 0, 8192);
    p.heap[1] = 33;
    for (int i = 0; i < 3; i++)
        JOIN(spawn(write_places, &p));
    CHECK(data_words[0] == 1 && data_words[1] == 2 && data_words[2] == 3);
    CHECK(all_bytes(bss_words, sizeof(bss_words), 0));
    CHECK(stack_words[0] == 11 && stack_words[1] == 22 && stack_words[2] == 0);
    CHECK(p.heap[0] == 0 && p.heap[1] == 33);
}

static void child_reads_into(void *arg)
{
    CHECK_EQ(read_full(*(int *)arg, shared + PAGE / 2, 2 * PAGE), 2 * PAGE);
    CHECK(all_bytes(shared + PAGE / 2, 2 * PAGE, 'k'));
    check_pattern(shared, PAGE / 2, 1);
}

/* The kernel's own writes into a shared page break the sharing too. */
static void by_system_call(void)
{
    char block[PAGE];
    int fds[2];

    setup(1);
    CHECK_OK(pipe(fds));
    memset(block, 'k', sizeof(block));
    write_full(fds[1], block, PAGE);
    write_full(fds[1], block, PAGE);
    JOIN(spawn(child_reads_into, &fds[0]));
    check_pattern(shared, SIZE, 1);
}

static void make_writable(void *arg)
{
    (void)arg;
    CHECK_OK(mprotect(shared, SIZE, PROT_READ | PROT_WRITE));
    check_pattern(shared, SIZE, 1);
    fill_pattern(shared, SIZE, 2);
}

/* Read-only pages at fork, made writable afterwards, are still each process's own. */
static void after_mprotect(void)
{
    setup(1);
    CHECK_OK(mprotect(shared, SIZE, PROT_READ));
    JOIN(spawn(make_writable, NULL));
    check_pattern(shared, SIZE, 1);
    make_writable(NULL);
    JOIN(spawn(do_read, shared));
    check_pattern(shared, SIZE, 2);
}

static void child_unmaps(void *arg)
{
    CHECK_OK(munmap(shared + 8 * PAGE, 8 * PAGE));
    CHECK_OK(mprotect(shared, 4 * PAGE, PROT_NONE));
    write_byte((unsigned long)shared + 7 * PAGE, 1);
    (void)arg;
}

static void after_munmap(void)
{
    setup(1);
    JOIN(spawn(child_unmaps, NULL));
    check_pattern(shared, SIZE, 1);
    CHECK_OK(munmap(shared + 8 * PAGE, 8 * PAGE));
    check_pattern(shared, 8 * PAGE, 1);
}

static void grandchild(void *arg)
{
    int *fds = arg;
    char go;

    CHECK_EQ(read(fds[0], &go, 1), 1);
    check_pattern(shared, SIZE, 1);
    fill_pattern(shared, SIZE, 2);
    check_pattern(shared, SIZE, 2);
    write_full(fds[3], "k", 1);
}

static void middle(void *arg)
{
    check_pattern(shared, PAGE, 1);
    spawn(grandchild, arg);
    fill_pattern(shared, SIZE, 3);
}

/* Whoever made the pages is gone before they are written by those who inherited them. */
static void outlives_parent(void)
{
    int fds[4];
    char answer;

    setup(1);
    CHECK_OK(pipe(fds));
    CHECK_OK(pipe(fds + 2));
    JOIN(spawn(middle, fds));
    write_full(fds[1], "g", 1);
    close(fds[3]);
    CHECK_EQ(read(fds[2], &answer, 1), 1);
    check_pattern(shared, SIZE, 1);
}

/* All write the same pages at the same time; the first to write, and the last, must not be
 * confused. */
static void race(void)
{
    enum {
        N = 4
    };
    pid_t pid[N];
    int rounds = stress ? 400 : 15;

    shared = map(SIZE, PROT_READ | PROT_WRITE);
    for (int r = 0; r < rounds; r++) {
        fill_pattern(shared, SIZE, 1);
        for (unsigned long i = 0; i < N; i++)
            pid[i] = spawn(child_writes, (void *)(10 + i));
        fill_pattern(shared, SIZE, 50 + r);
        check_pattern(shared, SIZE, 50 + r);
        for (int i = 0; i < N; i++)
            JOIN(pid[i]);
        check_pattern(shared, SIZE, 50 + r);
    }
}

static void idle(void *arg)
{
    char go;

    read(*(int *)arg, &go, 1);
}

/* Forking with a quarter of the machine's free memory in hand costs next to nothing. */
static void costs_nothing(void)
{
    long before, after, size = free_memory(0) / 4;
    pid_t pid[3];
    int go[2];
    char *p;

    if (size > 64 * 1024)
        size = 64 * 1024;
    p = map(size * KiB, PROT_READ | PROT_WRITE);
    CHECK_OK(pipe(go));
    for (long i = 0; i < size / 4; i++)
        p[i * PAGE] = 1;
    before = free_memory(0);
    for (int i = 0; i < 3; i++)
        pid[i] = spawn(idle, &go[0]);
    after = meminfo("MemFree");
    write_full(go[1], "123", 3);
    for (int i = 0; i < 3; i++)
        JOIN(pid[i]);
    if (before - after > size / 4)
        FAIL("three forks of %ld KiB took %ld KiB", size, before - after);
}

const struct test cow_tests[] = {
    {"cow-basic", basic, 0},
    {"cow-parent-writes", parent_writes, 0},
    {"cow-many-children", many_children, 0},
    {"cow-nested", nested, 0},
    {"cow-every-kind", every_kind, 0},
    {"cow-by-system-call", by_system_call, 0},
    {"cow-after-mprotect", after_mprotect, 0},
    {"cow-after-munmap", after_munmap, 0},
    {"cow-outlives-parent", outlives_parent, 0},
    {"cow-race", race, 0},
    {"cow-costs-nothing", costs_nothing, T_OWN},
    {NULL, NULL, 0},
};
