/* SPDX-License-Identifier: MIT */
/*
 * Using up the machine's memory: whoever takes it all is killed, the others go on, and all of it is
 * there again afterwards. On a machine with very much memory this is left to -s.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define RW    (PROT_READ | PROT_WRITE)
#define SLACK 1024 /* KiB that may be missing after a test */

static long total(void)
{
    long kib = meminfo("MemTotal");

    if (kib > (long)(GiB / KiB) && !stress)
        skip("takes too long with so much memory: use -s");
    return kib;
}

static void hog(void *arg)
{
    unsigned long size = (unsigned long)arg;
    char *p = map(size, RW);

    for (unsigned long at = 0; at < size; at += PAGE)
        p[at] = 1;
    _exit(9); /* not reached: there is not so much memory */
}

static void check_was_killed(int status)
{
    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGKILL);
}

static void check_memory_back(long before)
{
    long after = free_memory(before - SLACK);

    if (after < before - SLACK)
        FAIL("MemFree was %ld KiB and is %ld", before, after);
}

/* Keeps a pattern in memory and answers that it is there, whenever asked. */
static void witness(void *arg)
{
    int *p = arg;
    char *memory = map(1 * MiB, RW), c;

    close(p[1]);
    fill_pattern(memory, 1 * MiB, 3);
    write_full(p[3], "r", 1);
    while (read(p[0], &c, 1) == 1) {
        check_pattern(memory, 1 * MiB, 3);
        write_full(p[3], &c, 1);
    }
}

static void killed_alone(void)
{
    unsigned long size = total() * KiB * 2;
    long before;
    pid_t other;
    int p[4];
    char c;

    CHECK_OK(pipe(p));
    CHECK_OK(pipe(p + 2));
    before = free_memory(0);
    other = spawn(witness, p);
    CHECK_EQ(read(p[2], &c, 1), 1);
    for (int i = 0; i < (stress ? 20 : 2); i++) {
        check_was_killed(join(spawn(hog, (void *)size)));
        write_full(p[1], "?", 1);
        CHECK_EQ(read(p[2], &c, 1), 1);
        CHECK_EQ(c, '?');
    }
    CHECK_OK(close(p[1]));
    JOIN(other);
    check_memory_back(before);
}

static void several_hogs(void)
{
    unsigned long size = total() * KiB * 2;
    long before = free_memory(0);
    pid_t pid[3];

    for (int i = 0; i < 3; i++)
        pid[i] = spawn(hog, (void *)size);
    for (int i = 0; i < 3; i++)
        check_was_killed(join(pid[i]));
    check_memory_back(before);
}

/* The kernel itself runs into it, on a program's behalf. */
static void read_hog(void *arg)
{
    unsigned long size = (unsigned long)arg;
    char *p = map(size, RW);
    int fd = CHECK_OK(open("/dev/zero", O_RDONLY));

    for (unsigned long at = 0; at < size; at += 1 * MiB)
        if (read(fd, p + at, 1 * MiB) < 0)
            _exit(errno == ENOMEM || errno == EFAULT ? 10 : 11);
    _exit(9);
}

static void by_system_call(void)
{
    unsigned long size = total() * KiB * 2;
    long before = free_memory(0);
    int status = join(spawn(read_hog, (void *)size));

    if (WIFEXITED(status))
        CHECK_EQ(WEXITSTATUS(status), 10);
    else
        check_was_killed(status);
    check_memory_back(before);
}

static void brk_hog(void *arg)
{
    for (unsigned long size = (unsigned long)arg; size > 0; size -= 1 * MiB) {
        char *p = sbrk(1 * MiB);
        if (p == (void *)-1)
            _exit(10);
        for (unsigned long at = 0; at < 1 * MiB; at += PAGE)
            p[at] = 1;
    }
    _exit(9);
}

static void by_brk(void)
{
    unsigned long size = total() * KiB * 2;
    long before = free_memory(0);
    int status = join(spawn(brk_hog, (void *)(size & -MiB)));

    if (!WIFEXITED(status) || WEXITSTATUS(status) != 10)
        check_was_killed(status);
    check_memory_back(before);
}

/* Copies that fork had put off come due when there is no room for them. */
static void copies_child(void *arg)
{
    unsigned long size = (unsigned long)arg;
    char *p = map(size, RW);
    pid_t pid[4];

    for (unsigned long at = 0; at < size; at += PAGE)
        p[at] = 1;
    for (int i = 0; i < 4; i++) {
        pid[i] = fork();
        if (pid[i] == 0) {
            for (unsigned long at = 0; at < size; at += PAGE)
                p[at]++;
            _exit(0);
        }
    }
    for (int i = 0; i < 4; i++)
        if (pid[i] > 0)
            waitpid(pid[i], NULL, 0);
}

static void by_copies(void)
{
    long before = (total(), free_memory(0));
    int fds[2], status;
    pid_t pid;
    char c;

    CHECK_OK(pipe(fds)); /* all who copy hold its other end, also when their parent is killed */
    pid = spawn(copies_child, (void *)(before / 3 * KiB & -PAGE));
    close(fds[1]);
    CHECK_EQ(read(fds[0], &c, 1), 0);
    status = join(pid);
    if (status != 0)
        check_was_killed(status);
    check_memory_back(before);
}

/*
 * Pipes full of bytes that nobody reads, by a number of processes. They have some memory as well,
 * for it is by that that the kernel finds the largest process when another one's fault cannot be
 * served.
 */
static void pipe_hog(void *arg)
{
    static char block[65536];
    int fds[2], go = *(int *)arg;
    char c;

    memset(map(1 * MiB, RW), 1, 1 * MiB);
    while (pipe2(fds, O_NONBLOCK) == 0)
        if (write(fds[1], block, sizeof(block)) < 0 && errno != EAGAIN)
            break;
    CHECK(errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == EAGAIN);
    read(go, &c, 1);
}

static void by_pipes(void)
{
    long n = total() / 16384, before = free_memory(0);
    struct rlimit r = {1024, 1024};
    pid_t pid[12];
    int go[2];

    n = n > 12 ? 12 : n;
    setrlimit(RLIMIT_NOFILE, &r);
    CHECK_OK(pipe(go));
    fcntl(go[0], F_SETFL, O_NONBLOCK);
    for (int i = 0; i < n; i++)
        pid[i] = spawn(pipe_hog, &go[0]);
    for (int i = 0; i < n; i++) {
        int status = join(pid[i]);
        if (status != 0)
            check_was_killed(status);
    }
    check_memory_back(before);
}

/*
 * Many small processes that together want a quarter more than there is: about as many of them die
 * as have to, soon, and not all who happened to ask while memory was out.
 */
struct share {
    unsigned long size;
    int start, ready, go[2];
};

static void take_share(void *arg)
{
    const struct share *s = arg;
    char *p = map(s->size, RW), c;

    close(s->go[1]);
    CHECK_EQ(read(s->start, &c, 1), 1);
    for (unsigned long at = 0; at < s->size; at += PAGE)
        p[at] = 1;
    write_full(s->ready, "r", 1);
    read(s->go[0], &c, 1);
}

static void crowd(void)
{
    static char bytes[300];
    long before = (total(), free_memory(0)), killed = 0;
    long n = before > (long)sizeof(bytes) * 1024 ? (long)sizeof(bytes) : before / 1024;
    struct share s = {.size = (unsigned long)(before / 4 * 5 / n) * KiB & -PAGE};
    int start[2], ready[2];

    CHECK_OK(pipe(start));
    CHECK_OK(pipe(ready));
    CHECK_OK(pipe(s.go));
    s.start = start[0];
    s.ready = ready[1];
    CHECK_OK(fcntl(ready[0], F_SETFL, O_NONBLOCK));
    for (long i = 0; i < n; i++)
        spawn(take_share, &s);
    write_full(start[1], bytes, (size_t)n);
    for (long left = n; left > 0;) {
        int status;
        char c;

        if (read(ready[0], &c, 1) == 1) {
            left--;
        } else if (waitpid(-1, &status, WNOHANG) > 0) {
            check_was_killed(status);
            killed++;
            left--;
        } else {
            usleep(5000);
        }
    }
    CHECK_OK(close(s.go[1]));
    while (wait(NULL) > 0)
        ;
    CHECK(killed > 0 && killed < n / 2);
    check_memory_back(before);
}

static void exact_hog(void *arg)
{
    unsigned long size = (unsigned long)arg;
    char *p = map(size, RW);

    for (unsigned long at = 0; at < size; at += PAGE)
        p[at] = 1;
}

/*
 * What the page cache holds is given up before anybody is killed. The child takes some more than is
 * free; the rest of the file makes up for what it cannot have: the kernel's reserve (8 MiB of 1
 * GiB), page tables, and what lies on other processors' lists (384 KiB each).
 */
static void cache_gives_way(void)
{
    static char block[65536];
    long file_kib = 16384, spare;
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    struct statfs fs;

    total();
    CHECK_OK(statfs(".", &fs));
    if (fs.f_bavail * 4 < (unsigned long)file_kib + 4096)
        skip("not enough room on the disk");
    drop_caches();
    for (long i = 0; i < file_kib / 64; i++) {
        fill_pattern(block, sizeof(block), i);
        write_full(fd, block, sizeof(block));
    }
    CHECK_OK(fsync(fd));
    CHECK(meminfo("Cached") > file_kib / 2);
    spare = meminfo("MemFree") + file_kib / 8;
    JOIN(spawn(exact_hog, (void *)(spare * KiB & -PAGE)));
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    for (long i = 0; i < file_kib / 64; i++) {
        CHECK_EQ(read_full(fd, block, sizeof(block)), sizeof(block));
        check_pattern(block, sizeof(block), i);
    }
}

const struct test oom_tests[] = {
    {"oom-killed-alone", killed_alone, T_OWN},
    {"oom-several-hogs", several_hogs, T_OWN},
    {"oom-by-system-call", by_system_call, T_OWN},
    {"oom-by-brk", by_brk, T_OWN},
    {"oom-by-copies", by_copies, T_OWN},
    {"oom-by-pipes", by_pipes, T_OWN},
    {"oom-crowd", crowd, T_OWN},
    {"oom-cache-gives-way", cache_gives_way, T_OWN},
    {NULL, NULL, 0},
};
