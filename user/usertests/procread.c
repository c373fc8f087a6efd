/* SPDX-License-Identifier: MIT */
/* Reading /proc: long texts in pieces, and of processes that change meanwhile, or have exited. */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)

static char text[256 * KiB];

/* Thousands of areas: what is read in pieces, at any offset, is one text. */
static void many_areas(void)
{
    int pages = stress ? 60000 : 2000, got, n = 0;
    char *p = map(pages * PAGE, RW), piece[100];
    unsigned long random = seed;
    size_t size = 0;
    ssize_t r;
    int fd;

    for (int i = 0; i < pages; i += 2) {
        if (mprotect(p + i * PAGE, PAGE, PROT_READ) < 0)
            FAIL("page %d: %s", i, strerror(errno));
    }
    got = areas_in((unsigned long)p, (unsigned long)p + pages * PAGE);
    CHECK_EQ(got, pages);
    fd = CHECK_OK(open("/proc/self/smaps", O_RDONLY));
    while ((r = CHECK_OK(read(fd, text, 10007))) > 0)
        for (ssize_t i = 0; i < r; i++)
            n += text[i] == '\n';
    CHECK(n > 20 * pages);
    close(fd);

    fd = CHECK_OK(open("/proc/self/maps", O_RDONLY));
    size = read_full(fd, text, sizeof(text));
    CHECK(size > 80000);
    for (int i = 0; i < 30; i++) {
        size_t at = draw(&random) % (size - sizeof(piece));
        r = CHECK_OK(pread(fd, piece, 1 + draw(&random) % sizeof(piece), at));
        CHECK(r > 0 && memcmp(piece, text + at, r) == 0);
    }
    CHECK_EQ(pread(fd, piece, sizeof(piece), 1l << 40), 0);
    close(fd);
}

static void wait_byte(void *arg)
{
    char c;

    read(*(int *)arg, &c, 1);
}

/* Of a process that has exited nothing is left to be seen, and nothing bad happens. */
static void gone(void)
{
    char path[64];
    int go[2], tables, map_fd;
    pid_t pid;

    CHECK_OK(pipe(go));
    pid = spawn(wait_byte, &go[0]);
    snprintf(path, sizeof(path), "/proc/%d/page_tables", (int)pid);
    tables = CHECK_OK(open(path, O_RDONLY));
    snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)pid);
    map_fd = CHECK_OK(open(path, O_RDONLY));
    write_full(go[1], "g", 1);
    JOIN(pid);
    CHECK_ERR(read(tables, text, sizeof(text)), ESRCH);
    CHECK_EQ(pread(map_fd, text, 8, (unsigned long)gone / PAGE * 8), 0);
}

/* --- while the process that is looked at changes --- */

static void restless(void *arg)
{
    int *alive = arg;

    close(alive[0]);
    for (int i = 0;; i++) {
        char *p = mmap(NULL, 64 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (int page = 0; page < 64; page += 3)
            p[page * PAGE] = 1;
        for (int page = 0; page < 64; page += 2)
            mprotect(p + page * PAGE, PAGE, i % 2 ? PROT_NONE : PROT_READ);
        munmap(p, 64 * PAGE);
        pid_t pid = fork();
        if (pid == 0)
            _exit(0);
        join(pid);
    }
}

static void read_all_of(pid_t pid)
{
    static const char *const files[] = {"maps",   "smaps",   "smaps_rollup", "status",
                                        "stat",   "statm",   "cmdline",      "auxv",
                                        "limits", "environ", "pagemap"};

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[64];
        ssize_t n = 0;
        int fd;

        snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, files[i]);
        fd = open(path, O_RDONLY);
        /* Not everybody may look at everything of a process that is on its way out. */
        if (fd < 0) {
            CHECK(errno == ENOENT || errno == ESRCH || errno == EACCES || errno == EPERM);
            continue;
        }
        for (int pieces = 0; pieces < 30 && (n = read(fd, text, 1000)) > 0; pieces++)
            ;
        CHECK(n >= 0 || errno == ESRCH || errno == EACCES || errno == EPERM);
        close(fd);
    }
}

static void reader(void *arg)
{
    pid_t pid = *(pid_t *)arg;

    for (long end = now_ms() + (stress ? 20000 : 400); now_ms() < end;)
        read_all_of(pid);
}

/* Readers look at a process that maps, unmaps and forks, until it is killed under their eyes. */
static void changing(void)
{
    int alive[2];
    pid_t pid, readers[2];

    CHECK_OK(pipe(alive));
    pid = spawn(restless, alive);
    for (int i = 0; i < 2; i++)
        readers[i] = spawn(reader, &pid);
    for (long end = now_ms() + 200; now_ms() < end;)
        read_all_of(pid);
    CHECK_OK(kill(pid, SIGKILL));
    read_all_of(pid);
    join(pid);
    read_all_of(pid);
    JOIN(readers[0]);
    JOIN(readers[1]);
}

const struct test procread_tests[] = {
    {"proc-many-areas", many_areas, 0},
    {"proc-gone", gone, T_OWN},
    {"proc-changing", changing, 0},
    {NULL, NULL, 0},
};
