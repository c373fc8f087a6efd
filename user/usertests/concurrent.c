/* SPDX-License-Identifier: MIT */
/* Several processes at the same names and the same bytes at the same time. */
#include "test.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORKERS 4

/* Runs fn with 0 .. WORKERS-1 in as many processes; all must end well. */
static void all_workers(child_fn *fn)
{
    pid_t pid[WORKERS];

    for (long i = 0; i < WORKERS; i++)
        pid[i] = spawn(fn, (void *)i);
    for (int i = 0; i < WORKERS; i++)
        JOIN(pid[i]);
}

static int rounds(int usual)
{
    return stress ? usual * 50 : usual;
}

/* The call worked, or lost a race in one of the ways there are. */
static void lost(long r, int e1, int e2, int e3)
{
    if (r == -1 && errno != e1 && errno != e2 && errno != e3)
        FAIL("unexpected: %s", strerror(errno));
}

static void empty_directory(const char *path)
{
    struct dirent *e;
    DIR *dir = opendir(path);
    int n = 0;

    CHECK(dir != NULL);
    while ((e = readdir(dir)))
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    CHECK_EQ(n, 0);
    CHECK_OK(rmdir(path));
}

/* Each its own names in one directory: nothing is lost, nothing is left. */
static void own_names(void *arg)
{
    char name[40], data[64];

    for (int i = 0; i < rounds(30); i++) {
        snprintf(name, sizeof(name), "dir/%ld-%d", (long)arg, i % 7);
        snprintf(data, sizeof(data), "%ld %d", (long)arg, i);
        write_file(name, data, strlen(data));
        CHECK_EQ(read_file(name, data, sizeof(data)), strlen(data));
        CHECK_OK(unlink(name));
        CHECK(!exists(name));
    }
}

static void create_unlink(void)
{
    CHECK_OK(mkdir("dir", 0755));
    all_workers(own_names);
    empty_directory("dir");
}

/* All the same names: of those who create with O_EXCL, or unlink, one wins each time. */
static void same_names(void *arg)
{
    unsigned long state = (unsigned long)arg + seed;
    char name[20], other[20];

    for (int i = 0; i < rounds(60); i++) {
        snprintf(name, sizeof(name), "dir/%lu", draw(&state) % 6);
        snprintf(other, sizeof(other), "dir/%lu", draw(&state) % 6);
        switch (draw(&state) % 5) {
        case 0: {
            int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
            lost(fd, EEXIST, 0, 0);
            if (fd >= 0) {
                write_full(fd, name, sizeof(name));
                close(fd);
            }
            break;
        }
        case 1:
            lost(unlink(name), ENOENT, 0, 0);
            break;
        case 2:
            lost(rename(name, other), ENOENT, 0, 0);
            break;
        case 3:
            lost(link(name, other), ENOENT, EEXIST, 0);
            break;
        default:
            lost(access(name, F_OK), ENOENT, 0, 0);
        }
    }
}

static void same_files(void)
{
    char name[20];

    CHECK_OK(mkdir("dir", 0755));
    all_workers(same_names);
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof(name), "dir/%d", i);
        lost(unlink(name), ENOENT, 0, 0);
    }
    empty_directory("dir");
}

/* One name, made by all at once: exactly one of them makes it. */
static int start_line[2];

static void create_exclusive(void *arg)
{
    char c;

    (void)arg;
    CHECK_EQ(read(start_line[0], &c, 1), 1);
    _exit(open("one", O_RDWR | O_CREAT | O_EXCL, 0600) >= 0 ? 7 : errno == EEXIST ? 8 : 9);
}

static void one_winner(void)
{
    for (int round = 0; round < rounds(10); round++) {
        pid_t pid[WORKERS];
        int winners = 0;

        CHECK_OK(pipe(start_line));
        for (int i = 0; i < WORKERS; i++)
            pid[i] = spawn(create_exclusive, NULL);
        write_full(start_line[1], "gggg", WORKERS);
        for (int i = 0; i < WORKERS; i++) {
            int status = join(pid[i]) >> 8;
            CHECK(status == 7 || status == 8);
            winners += status == 7;
        }
        CHECK_EQ(winners, 1);
        CHECK_OK(unlink("one"));
        close(start_line[0]);
        close(start_line[1]);
    }
}

/* Directories made, moved into each other, and removed. */
static void tree_worker(void *arg)
{
    unsigned long state = (unsigned long)arg * 77 + seed;
    static const char *const paths[] = {"dir/a",   "dir/b",     "dir/a/x",
                                        "dir/b/x", "dir/a/x/y", "dir/b/x/y"};

    for (int i = 0; i < rounds(60); i++) {
        const char *p = paths[draw(&state) % 6], *q = paths[draw(&state) % 6];
        switch (draw(&state) % 3) {
        case 0:
            lost(mkdir(p, 0755), ENOENT, EEXIST, 0);
            break;
        case 1:
            lost(rmdir(p), ENOENT, ENOTEMPTY, 0);
            break;
        default:
            if (rename(p, q) == -1 && errno != EINVAL)
                lost(-1, ENOENT, ENOTEMPTY, EEXIST);
        }
    }
}

static void clear_tree(const char *path)
{
    char below[200];

    for (const char *name = "abxy"; *name; name++) {
        snprintf(below, sizeof(below), "%s/%c", path, *name);
        if (exists(below))
            clear_tree(below);
    }
    CHECK_OK(rmdir(path));
}

static void trees(void)
{
    CHECK_OK(mkdir("dir", 0755));
    all_workers(tree_worker);
    clear_tree("dir");
}

/* Appended records arrive whole, all of them. */
static void append_worker(void *arg)
{
    unsigned char record[64];
    int fd = CHECK_OK(open("log", O_WRONLY | O_APPEND));

    memset(record, (int)(long)arg + 1, sizeof(record));
    for (int i = 0; i < rounds(50); i++)
        CHECK_EQ(write(fd, record, sizeof(record)), sizeof(record));
}

static void appending(void)
{
    unsigned char record[64];
    int count[WORKERS + 1] = {0}, fd;

    write_file("log", "", 0);
    all_workers(append_worker);
    fd = CHECK_OK(open("log", O_RDONLY));
    while (read_full(fd, record, sizeof(record)) == sizeof(record)) {
        CHECK(record[0] >= 1 && record[0] <= WORKERS && all_bytes(record, 64, record[0]));
        count[record[0]]++;
    }
    for (int i = 1; i <= WORKERS; i++)
        CHECK_EQ(count[i], rounds(50));
}

/* Each its own part of every page of one file. */
static void stripe_worker(void *arg)
{
    long me = (long)arg;
    char stripe[1024], back[1024];
    int fd = CHECK_OK(open("stripes", O_RDWR));

    memset(stripe, (int)me + 'A', sizeof(stripe));
    for (long i = 0; i < 100; i++) {
        long at = (i * 37 % 100) * 4096 + me * 1024;
        CHECK_EQ(pwrite(fd, stripe, sizeof(stripe), at), sizeof(stripe));
        CHECK_EQ(pread(fd, back, sizeof(back), at), sizeof(back));
        CHECK(memcmp(stripe, back, sizeof(back)) == 0);
    }
}

static void stripes(void)
{
    static char page[4096];
    int fd;

    write_file("stripes", "", 0);
    all_workers(stripe_worker);
    for (int round = 0; round < 2; round++) {
        fd = CHECK_OK(open("stripes", O_RDONLY));
        for (int i = 0; i < 100; i++) {
            CHECK_EQ(read_full(fd, page, sizeof(page)), sizeof(page));
            for (int w = 0; w < WORKERS; w++)
                CHECK(all_bytes(page + w * 1024, 1024, 'A' + w));
        }
        CHECK_EQ(read(fd, page, 1), 0);
        close(fd);
        drop_caches();
    }
}

/* What one has written the other reads at once, through other descriptors and another name. */
static void coherence_child(void *arg)
{
    int *p = arg, fd = CHECK_OK(open("second-name", O_RDWR));
    long n, back;

    while (read_full(p[0], &n, sizeof(n)) == sizeof(n)) {
        CHECK_EQ(pread(fd, &back, sizeof(back), n * 1000), sizeof(back));
        CHECK_EQ(back, n);
        back = -n;
        CHECK_EQ(pwrite(fd, &back, sizeof(back), n * 1000 + 8), sizeof(back));
        write_full(p[3], &n, sizeof(n));
        if (n == 99)
            break;
    }
}

static void coherence(void)
{
    int p[4], fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    pid_t pid;

    CHECK_OK(link("file", "second-name"));
    CHECK_OK(pipe(p));
    CHECK_OK(pipe(p + 2));
    pid = spawn(coherence_child, p);
    for (long n = 0; n < 100; n++) {
        long back = n;
        CHECK_EQ(pwrite(fd, &n, sizeof(n), n * 1000), sizeof(n));
        write_full(p[1], &n, sizeof(n));
        CHECK_EQ(read_full(p[2], &back, sizeof(back)), sizeof(back));
        CHECK_EQ(pread(fd, &back, sizeof(back), n * 1000 + 8), sizeof(back));
        CHECK_EQ(back, -n);
    }
    JOIN(pid);
}

/*
 * Truncating against writing and reading: sizes and contents are always one of the possible ones.
 */
static void cut_worker(void *arg)
{
    static char block[9000];
    unsigned long state = (unsigned long)arg + seed;
    int fd = CHECK_OK(open("file", O_RDWR));

    for (int i = 0; i < rounds(60); i++) {
        long n = draw(&state) % sizeof(block), at = draw(&state) % 50000;
        if ((long)arg == 0) {
            CHECK_OK(ftruncate(fd, at));
        } else if ((long)arg == 1) {
            memset(block, 'w', n);
            CHECK_EQ(pwrite(fd, block, n, at), n);
        } else {
            n = CHECK_OK(pread(fd, block, n, at));
            for (long k = 0; k < n; k++)
                CHECK(block[k] == 'w' || block[k] == 0);
        }
    }
}

static void truncating(void)
{
    write_file("file", "", 0);
    all_workers(cut_worker);
}

const struct test concurrent_tests[] = {
    {"concurrent-create-unlink", create_unlink, 0},
    {"concurrent-same-files", same_files, 0},
    {"concurrent-one-winner", one_winner, 0},
    {"concurrent-trees", trees, 0},
    {"concurrent-append", appending, 0},
    {"concurrent-stripes", stripes, 0},
    {"concurrent-coherence", coherence, 0},
    {"concurrent-truncate", truncating, 0},
    {NULL, NULL, 0},
};
