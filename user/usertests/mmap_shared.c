/* SPDX-License-Identifier: MIT */
/* Shared anonymous memory: zeroes at first, the same for a family, gone with its last mapping. */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define RW     (PROT_READ | PROT_WRITE)
#define SHARED (MAP_SHARED | MAP_ANONYMOUS)

static char *map_shared(unsigned long size, int prot)
{
    return (char *)CHECK_OK(mmap(NULL, size, prot, SHARED, -1, 0));
}

static void child_writes(void *arg)
{
    char *p = arg;

    check_pattern(p, 4 * PAGE, 1);
    fill_pattern(p, 8 * PAGE, 2);
}

static void basic(void)
{
    char *p = map_shared(8 * PAGE, RW);

    CHECK(all_bytes(p, 8 * PAGE, 0));
    fill_pattern(p, 4 * PAGE, 1);
    JOIN(spawn(child_writes, p));
    check_pattern(p, 8 * PAGE, 2);
    CHECK_OK(munmap(p, 8 * PAGE));
    EXPECT_SIGNAL(do_read, p, SIGSEGV);
    p = map_shared(8 * PAGE, RW);
    CHECK(all_bytes(p, 8 * PAGE, 0));
}

/* Pages that nobody touched before the fork are shared as well, whoever is first. */
static void touch_late(void *arg)
{
    write_byte((unsigned long)arg + 100 * PAGE, 7);
}

static void late(void)
{
    char *p = map_shared(200 * PAGE, RW);

    JOIN(spawn(touch_late, p));
    CHECK_EQ(p[100 * PAGE], 7);
    CHECK_EQ(p[101 * PAGE], 0);
}

/* Two mappings made alike are two memories; /dev/zero mapped twice as well. */
static void separate(void)
{
    char *a = map_shared(PAGE, RW), *b = map_shared(PAGE, RW), *c, *d;
    int fd = CHECK_OK(open("/dev/zero", O_RDWR));

    c = (char *)CHECK_OK(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0));
    d = (char *)CHECK_OK(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0));
    *a = 1;
    *c = 3;
    CHECK_EQ(*b, 0);
    CHECK_EQ(*d, 0);
    JOIN(spawn(do_write, c));
    CHECK_EQ(*c, 1);
}

/* Each process has its own protections, and its own areas. */
static void child_unmaps(void *arg)
{
    char *p = arg;

    CHECK_OK(mprotect(p, PAGE, PROT_READ));
    EXPECT_SIGNAL(do_write, p, SIGSEGV);
    CHECK_OK(munmap(p + PAGE, PAGE));
    EXPECT_SIGNAL(do_read, p + PAGE, SIGSEGV);
    CHECK_OK(madvise(p + 2 * PAGE, PAGE, MADV_DONTNEED));
    CHECK_EQ(p[2 * PAGE], 3); /* only the table's entry went */
}

static void own_areas(void)
{
    char *p = map_shared(4 * PAGE, RW);

    for (int i = 0; i < 4; i++)
        p[i * PAGE] = i + 1;
    JOIN(spawn(child_unmaps, p));
    for (int i = 0; i < 4; i++)
        CHECK_EQ(p[i * PAGE], i + 1);
    *p = 9;
}

/* The last one who has it keeps it. */
static void grandchild(void *arg)
{
    char *p = ((char **)arg)[0];
    int *fds = ((int **)arg)[1];
    char c;

    close(fds[1]);
    CHECK_EQ(read(fds[0], &c, 1), 0);
    check_pattern(p, 4 * PAGE, 5);
}

static void child_leaves(void *arg)
{
    void **a = arg;

    fill_pattern(a[0], 4 * PAGE, 5);
    *(pid_t *)a[2] = spawn(grandchild, arg);
    CHECK_OK(munmap(a[0], 4 * PAGE));
}

static void outlives(void)
{
    char *p = map_shared(4 * PAGE, RW);
    pid_t *pid = (pid_t *)map_shared(PAGE, RW);
    int fds[2];
    void *arg[3] = {p, fds, pid};

    CHECK_OK(pipe(fds));
    JOIN(spawn(child_leaves, arg));
    check_pattern(p, 4 * PAGE, 5);
    CHECK_OK(munmap(p, 4 * PAGE));
    close(fds[1]);
    for (int i = 0; i < 2000 && kill(*pid, 0) == 0; i++)
        usleep(1000);
    CHECK_ERR(kill(*pid, 0), ESRCH);
}

static void add(void *arg)
{
    atomic_int *counter = arg;

    for (int i = 0; i < 20000; i++)
        atomic_fetch_add(&counter[i % 4 * (PAGE / sizeof(*counter))], 1);
}

/* Several processors at the same words. */
static void atomics(void)
{
    atomic_int *counter = (atomic_int *)map_shared(4 * PAGE, RW);
    pid_t pid[4];

    for (int i = 0; i < 4; i++)
        pid[i] = spawn(add, counter);
    for (int i = 0; i < 4; i++)
        JOIN(pid[i]);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(counter[i * (PAGE / sizeof(*counter))], 20000);
}

static void perms(void)
{
    char *p = map_shared(PAGE, PROT_READ);
    struct area a;

    CHECK_EQ(*p, 0);
    EXPECT_SIGNAL(do_write, p, SIGSEGV);
    CHECK(area_at((unsigned long)p, &a));
    CHECK_EQ(strcmp(a.perms, "r--s"), 0);
    CHECK_EQ(strcmp(a.name, "/dev/zero (deleted)"), 0);
    CHECK_OK(mprotect(p, PAGE, RW));
    *p = 4;
    JOIN(spawn(do_write, p));
    CHECK_EQ(*p, 1);
}

const struct test mmap_shared_tests[] = {
    {"mmap-shared-basic", basic, 0},       {"mmap-shared-late", late, 0},
    {"mmap-shared-separate", separate, 0}, {"mmap-shared-own-areas", own_areas, 0},
    {"mmap-shared-outlives", outlives, 0}, {"mmap-shared-atomics", atomics, 0},
    {"mmap-shared-permissions", perms, 0}, {NULL, NULL, 0},
};
