/* SPDX-License-Identifier: MIT */
/* Memory that processes share: anonymous, by /dev/zero, by memfd_create(), and by shm_open(). */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_SHARED | MAP_ANONYMOUS)

static char *map_shared(int fd, unsigned long size)
{
    return (char *)CHECK_OK(mmap(NULL, size, RW, MAP_SHARED, fd, 0));
}

static void check_area(const void *at, const char *perms, const char *name)
{
    struct area a;

    CHECK(area_at((unsigned long)at, &a));
    if (strcmp(a.perms, perms) != 0 || strcmp(a.name, name) != 0)
        FAIL("area %#lx is %s \"%s\", not %s \"%s\"", a.start, a.perms, a.name, perms, name);
}

/* --- anonymous --- */

static void answer(void *arg)
{
    volatile char *p = arg;

    CHECK_EQ(p[0], 'q');
    CHECK_EQ(p[PAGE], 0);
    p[PAGE] = 'a';
    p[3 * PAGE] = 'n'; /* a page that the parent never touched */
}

static void anonymous(void)
{
    char *p = (char *)CHECK_OK(mmap(NULL, 4 * PAGE, RW, ANON, -1, 0));

    CHECK(all_bytes(p, 3 * PAGE, 0));
    check_area(p, "rw-s", "/dev/zero (deleted)");
    p[0] = 'q';
    JOIN(spawn(answer, p));
    CHECK_EQ(p[PAGE], 'a');
    CHECK_EQ(p[3 * PAGE], 'n');
    CHECK_OK(munmap(p + PAGE, PAGE));
    EXPECT_SIGNAL(do_read, p + PAGE, SIGSEGV);
    CHECK_EQ(p[3 * PAGE], 'n');
}

struct counters {
    volatile int turn;
    volatile long n[2];
};

static void count_in_turn(void *arg)
{
    struct counters *c = arg;

    for (int i = 0; i < 200; i++) {
        while (c->turn != 1)
            usleep(0);
        c->n[1]++;
        c->turn = 0;
    }
}

/* Two processes that run at one time see each other's stores. */
static void at_once(void)
{
    struct counters *c = (void *)CHECK_OK(mmap(NULL, PAGE, RW, ANON, -1, 0));
    pid_t pid = spawn(count_in_turn, c);

    for (int i = 0; i < 200; i++) {
        while (c->turn != 0)
            usleep(0);
        CHECK_EQ(c->n[1], i);
        c->n[0]++;
        c->turn = 1;
    }
    JOIN(pid);
    CHECK_EQ(c->n[0], 200);
    CHECK_EQ(c->n[1], 200);
}

static void touch_all(void *arg)
{
    char *p = arg;

    for (unsigned long at = 0; at < 8 * MiB; at += PAGE)
        p[at]++;
}

/* It lives as long as somebody has it mapped, whoever made it. */
static void given_back(void)
{
    long before = free_memory(0);
    char *p = (char *)CHECK_OK(mmap(NULL, 8 * MiB, RW, ANON, -1, 0));

    touch_all(p);
    JOIN(spawn(touch_all, p));
    CHECK_EQ(p[5 * MiB], 2);
    if (!reference) {
        CHECK(meminfo("Shmem") >= 8 * 1024);
        CHECK(free_memory(0) < before - 7 * 1024);
    }
    CHECK_OK(munmap(p, 4 * MiB));
    CHECK_EQ(p[5 * MiB], 2);
    CHECK_OK(munmap(p + 4 * MiB, 4 * MiB));
    if (!reference)
        CHECK(free_memory(before - 512) >= before - 512);
}

static void protections(void)
{
    char *p = (char *)CHECK_OK(mmap(NULL, 3 * PAGE, PROT_READ, ANON, -1, 0));

    CHECK_EQ(p[0], 0);
    EXPECT_SIGNAL(do_write, p, SIGSEGV);
    CHECK_OK(mprotect(p, 3 * PAGE, RW));
    p[0] = 1;
    CHECK_OK(mprotect(p, PAGE, PROT_NONE));
    EXPECT_SIGNAL(do_read, p, SIGSEGV);
    CHECK_OK(mprotect(p, PAGE, PROT_READ));
    CHECK_EQ(p[0], 1);
    EXPECT_SIGNAL(do_write, p, SIGSEGV);
    check_area(p, "r--s", "/dev/zero (deleted)");
    check_area(p + PAGE, "rw-s", "/dev/zero (deleted)");
}

/* --- /dev/zero --- */

static void zero_child(void *arg)
{
    char *p = arg;

    CHECK_EQ(p[0], 'q');
    p[PAGE] = 'a';
}

static void zero_device(void)
{
    int fd = open("/dev/zero", O_RDWR);

    if (fd < 0)
        skip("no right to write to /dev/zero");
    char *s = map_shared(fd, 2 * PAGE), *other = map_shared(fd, 2 * PAGE);
    char *p = (char *)CHECK_OK(mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0));

    check_area(s, "rw-s", "/dev/zero (deleted)");
    check_area(p, "rw-p", "/dev/zero");
    s[0] = p[0] = 'q';
    JOIN(spawn(zero_child, s));
    CHECK_EQ(s[PAGE], 'a');
    CHECK_EQ(other[0], 0); /* each mapping is memory of its own */
    CHECK_OK(close(fd));
    CHECK_EQ(p[0], 'q');
    CHECK_EQ(s[0], 'q');
}

static void zero_private_child(void *arg)
{
    char *p = arg;

    CHECK_EQ(p[0], 'q');
    p[0] = 'c';
}

static void zero_private(void)
{
    int fd = CHECK_OK(open("/dev/zero", O_RDONLY));
    char *p = (char *)CHECK_OK(mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, PAGE));
    char *r = (char *)CHECK_OK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0));

    CHECK(all_bytes(p, 2 * PAGE, 0));
    p[0] = 'q';
    JOIN(spawn(zero_private_child, p));
    CHECK_EQ(p[0], 'q');
    CHECK_EQ(r[0], 0);
    check_area(p, "rw-p", "/dev/zero");
    check_area(r, "r--s", "/dev/zero");
    CHECK_ERR(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EACCES);
    CHECK_ERR(mprotect(r, PAGE, RW), EACCES);
}

static void no_memory_devices(void)
{
    static const char *const paths[] = {"/dev/null", "/dev/full", "/dev/urandom"};

    for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        int fd = open(paths[i], O_RDONLY);

        if (fd < 0)
            skip("no right to open devices");
        CHECK_ERR(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), ENODEV);
        CHECK_ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0), ENODEV);
    }
}

/* --- memfd --- */

static void memfd_child(void *arg)
{
    int fd = (int)(long)arg;
    char *p = map_shared(fd, 2 * PAGE), buf[10];

    CHECK_EQ(p[10], 'p');
    p[PAGE] = 'c';
    CHECK_EQ(pread(fd, buf, 2, PAGE), 2);
    CHECK(buf[0] == 'c' && buf[1] == 0);
    CHECK_EQ(pwrite(fd, "w", 1, PAGE + 1), 1);
    CHECK_EQ(p[PAGE + 1], 'w');
}

static void memfd(void)
{
    int fd = CHECK_OK(memfd_create("a name", 0));

    CHECK_OK(ftruncate(fd, 2 * PAGE));
    char *p = map_shared(fd, 2 * PAGE);
    char *private = (char *)CHECK_OK(mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0));
    check_area(p, "rw-s", "/memfd:a name (deleted)");
    check_area(private, "rw-p", "/memfd:a name (deleted)");
    p[10] = 'p';
    private[1] = 'x'; /* a copy of the page, with what was in it */
    CHECK_EQ(private[10], 'p');
    CHECK_EQ(p[1], 0);
    JOIN(spawn(memfd_child, (void *)(long)fd));
    CHECK_EQ(p[PAGE], 'c');
    CHECK_EQ(p[PAGE + 1], 'w');
    CHECK_EQ(private[PAGE], 'c');
    p[10] = 'q';
    CHECK_EQ(private[10], 'p');
    CHECK_OK(close(fd));
    CHECK_EQ(p[PAGE], 'c');
}

/* --- shm_open() --- */

static char name[40];

static void open_other(void *arg)
{
    int fd = CHECK_OK(shm_open(name, O_RDWR, 0));
    char *p = map_shared(fd, PAGE);

    (void)arg;
    CHECK_OK(close(fd));
    CHECK(strcmp(p, "from one") == 0);
    strcpy(p, "from another");
}

static void posix(void)
{
    char path[60], gone[80];
    struct stat st;

    snprintf(name, sizeof(name), "/usertests.%d", (int)getpid());
    CHECK_ERR(shm_open(name, O_RDWR, 0600), ENOENT);
    int fd = CHECK_OK(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
    CHECK_ERR(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_size, 0);
    CHECK_EQ(st.st_mode, S_IFREG | 0600);
    CHECK_OK(ftruncate(fd, PAGE));
    char *p = map_shared(fd, PAGE), *twice = map_shared(fd, PAGE);
    CHECK(p != twice);
    snprintf(path, sizeof(path), "/dev/shm%s", name);
    check_area(p, "rw-s", path);
    strcpy(p, "from one");
    JOIN(spawn(open_other, NULL));
    CHECK(strcmp(p, "from another") == 0 && strcmp(twice, p) == 0);

    /* Without users and mappings it is still there. */
    CHECK_OK(close(fd));
    CHECK_OK(munmap(p, PAGE));
    CHECK_OK(munmap(twice, PAGE));
    fd = CHECK_OK(shm_open(name, O_RDONLY, 0));
    CHECK_ERR(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EACCES);
    p = (char *)CHECK_OK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0));
    CHECK(strcmp(p, "from another") == 0);

    CHECK_OK(shm_unlink(name));
    CHECK_ERR(shm_unlink(name), ENOENT);
    CHECK_ERR(shm_open(name, O_RDWR, 0600), ENOENT);
    snprintf(gone, sizeof(gone), "%s (deleted)", path);
    check_area(p, "r--s", gone);
    CHECK(strcmp(p, "from another") == 0);
}

static void touch_beyond(void *arg)
{
    char *p = arg;

    for (unsigned long at = 0; at < 2000 * PAGE; at += PAGE)
        p[at] = 1;
}

/* A store for which the file system has no page left. */
static void no_room(void)
{
    unsigned long room = 1ul << 40, at = 0;
    char path[40];

    snprintf(path, sizeof(path), "/dev/shm/usertests.%d", (int)getpid());
    int fill = CHECK_OK(open(path, O_RDWR | O_CREAT, 0600));
    CHECK_OK(unlink(path));
    int fd = CHECK_OK(open(path, O_RDWR | O_CREAT, 0600));
    CHECK_OK(unlink(path));
    while (room > 500 * PAGE) /* less than a thousand pages stay free */
        if (fallocate(fill, 0, at, room) == 0)
            at += room;
        else
            room /= 2;
    CHECK_OK(ftruncate(fd, 2000 * PAGE));
    char *p = map_shared(fd, 2000 * PAGE);
    EXPECT_SIGNAL(touch_beyond, p, SIGBUS);
    CHECK_EQ(p[0], 1);
    CHECK_OK(close(fill));
    JOIN(spawn(touch_beyond, p));
    CHECK_EQ(p[1999 * PAGE], 1);
}

static void touch_until_killed(void *arg)
{
    unsigned long size = meminfo("MemTotal") * KiB;
    char *p = (char *)CHECK_OK(mmap(NULL, size, RW, ANON, -1, 0));

    (void)arg;
    for (unsigned long at = 0; at < size; at += PAGE)
        p[at] = 1;
}

static void hold_until_read(void *arg)
{
    const int *fds = arg;
    char byte;

    touch_all((char *)CHECK_OK(mmap(NULL, 8 * MiB, RW, ANON, -1, 0)));
    CHECK_EQ(write(fds[3], "r", 1), 1);
    CHECK_EQ(read(fds[0], &byte, 1), 1);
}

/* All shared memory is not all memory: who wants more gets SIGBUS, and nobody else suffers. */
static void too_much(void)
{
    long before = free_memory(0);
    int fds[4];
    char byte;

    CHECK_OK(pipe(fds));
    CHECK_OK(pipe(fds + 2));
    pid_t pid = spawn(hold_until_read, fds);
    CHECK_EQ(read(fds[2], &byte, 1), 1);
    EXPECT_SIGNAL(touch_until_killed, NULL, SIGBUS);
    EXPECT_SIGNAL(touch_until_killed, NULL, SIGBUS);
    CHECK_EQ(write(fds[1], "g", 1), 1);
    JOIN(pid);
    CHECK(free_memory(before - 512) >= before - 512);
}

const struct test shm_tests[] = {
    {"shm-anonymous", anonymous, 0},
    {"shm-at-once", at_once, 0},
    {"shm-given-back", given_back, 0},
    {"shm-protections", protections, 0},
    {"shm-zero-device", zero_device, 0},
    {"shm-zero-private", zero_private, 0},
    {"shm-no-memory-devices", no_memory_devices, 0},
    {"shm-memfd", memfd, 0},
    {"shm-posix", posix, 0},
    {"shm-no-room", no_room, T_OWN},
    {"shm-too-much", too_much, T_OWN},
    {NULL, NULL, 0},
};
