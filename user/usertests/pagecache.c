/* SPDX-License-Identifier: MIT */
/*
 * One page cache: read(), write(), mappings shared and private, and exec see the same bytes of a
 * file. Each test runs on a file of the disk and on one that is only memory.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)

static char buf[8 * PAGE];

static int disk_file(void)
{
    return CHECK_OK(open("file", O_RDWR | O_CREAT | O_TRUNC, 0700));
}

static int memory_file(void)
{
    return CHECK_OK(memfd_create("test", 0));
}

static int size_of(int fd)
{
    struct stat st;

    CHECK_OK(fstat(fd, &st));
    return (int)st.st_size;
}

/* --- the same bytes --- */

static void coherent(int fd)
{
    CHECK_OK(ftruncate(fd, 3 * PAGE));
    char *shared = map_file(fd, 3 * PAGE, RW, MAP_SHARED);
    char *again = map_file(fd, 3 * PAGE, PROT_READ, MAP_SHARED);
    char *private = map_file(fd, 3 * PAGE, RW, MAP_PRIVATE);

    CHECK(all_bytes(shared, 3 * PAGE, 0));
    CHECK_EQ(private[PAGE], 0);
    for (int i = 1; i <= 3; i++) {
        shared[PAGE + i] = (char)i; /* a store, seen by read() and all mappings */
        CHECK_EQ(pread(fd, buf, 1, PAGE + i), 1);
        CHECK_EQ(buf[0], i);
        CHECK_EQ(again[PAGE + i], i);
        CHECK_EQ(private[PAGE + i], i);
        memset(buf, 10 * i, 2); /* a write(), seen by all mappings */
        CHECK_EQ(pwrite(fd, buf, 2, 2 * PAGE - 1), 2);
        CHECK(shared[2 * PAGE - 1] == 10 * i && shared[2 * PAGE] == 10 * i);
        CHECK(again[2 * PAGE - 1] == 10 * i && private[2 * PAGE] == 10 * i);
    }
    private[PAGE] = 'p'; /* a page of its own from here on */
    shared[PAGE] = 's';
    CHECK(private[PAGE] == 'p' && again[PAGE] == 's' && private[PAGE + 1] == 1);
    CHECK_EQ(pread(fd, buf, PAGE, PAGE), PAGE);
    CHECK_EQ(buf[0], 's');
    shared[0] = 'f'; /* and only that page */
    CHECK_EQ(private[0], 'f');
}

/* write() from a mapping of the file itself, and read() into one. */
static void onto_itself(int fd)
{
    CHECK_OK(ftruncate(fd, 2 * PAGE));
    char *p = map_file(fd, 2 * PAGE, RW, MAP_SHARED);

    fill_pattern(p, PAGE, 5);
    CHECK_EQ(pwrite(fd, p, PAGE, PAGE), PAGE);
    check_pattern(p + PAGE, PAGE, 5);
    CHECK_EQ(pwrite(fd, p, PAGE, 0), PAGE);
    check_pattern(p, PAGE, 5);
    CHECK_EQ(pread(fd, p, 16, PAGE + 16), 16);
    CHECK(memcmp(p, p + PAGE + 16, 16) == 0);
}

static void store_in_child(void *arg)
{
    char *p = arg;

    CHECK_EQ(p[0], 'a');
    p[0] = 'b';
    p[PAGE] = 'b';
}

static void across_fork(int fd)
{
    CHECK_OK(ftruncate(fd, 2 * PAGE));
    char *shared = map_file(fd, 2 * PAGE, RW, MAP_SHARED);
    char *private = map_file(fd, 2 * PAGE, RW, MAP_PRIVATE);

    shared[0] = 'a';
    JOIN(spawn(store_in_child, shared));
    CHECK(shared[0] == 'b' && shared[PAGE] == 'b' && private[0] == 'b');
    private[0] = 'a';
    JOIN(spawn(store_in_child, private));
    CHECK(private[0] == 'a' && private[PAGE] == 'b' && shared[0] == 'b');
    CHECK_EQ(pread(fd, buf, 1, 0), 1);
    CHECK_EQ(buf[0], 'b');
}

/* --- sizes --- */

static void beyond_end(int fd)
{
    CHECK_OK(ftruncate(fd, PAGE + 100));
    char *p = map_file(fd, 4 * PAGE, RW, MAP_SHARED);
    char *q = map_file(fd, 4 * PAGE, RW, MAP_PRIVATE);

    CHECK(all_bytes(p, 2 * PAGE, 0) && all_bytes(q, 2 * PAGE, 0));
    p[PAGE + 200] = 'x'; /* behind the end, in its page: memory, but not the file's */
    CHECK_EQ(size_of(fd), PAGE + 100);
    CHECK_EQ(pread(fd, buf, PAGE, PAGE), 100);
    EXPECT_SIGNAL(do_read, p + 2 * PAGE, SIGBUS);
    EXPECT_SIGNAL(do_write, p + 2 * PAGE, SIGBUS);
    EXPECT_SIGNAL(do_read, q + 3 * PAGE, SIGBUS);
    EXPECT_SIGNAL(do_write, q + 2 * PAGE, SIGBUS);
    CHECK_EQ(pwrite(fd, "end", 3, 3 * PAGE), 3); /* now they are there */
    CHECK_EQ(p[3 * PAGE], 'e');
    CHECK_EQ(q[3 * PAGE + 2], 'd');
    CHECK_EQ(p[2 * PAGE], 0);
    p[2 * PAGE] = '2';
    CHECK_EQ(pread(fd, buf, 1, 2 * PAGE), 1);
    CHECK_EQ(buf[0], '2');
}

/* A file that grows shows zeroes, also where a mapping left something behind the old end. */
static void tail(int fd)
{
    CHECK_OK(ftruncate(fd, 100));
    char *p = map_file(fd, PAGE, RW, MAP_SHARED);

    p[200] = p[400] = 'x';
    CHECK_OK(ftruncate(fd, 300));
    CHECK_EQ(p[200], 0);
    p[400] = 'x';
    CHECK_EQ(pwrite(fd, "w", 1, 500), 1);
    CHECK(all_bytes(p, 500, 0) && p[500] == 'w');
    p[700] = 'x';
    CHECK_OK(fallocate(fd, 0, 0, 1000));
    CHECK_EQ(p[700], 0);
}

struct cut {
    char *shared, *private;
    int ready[2], go[2];
};

static void lose_pages(void *arg)
{
    struct cut *c = arg;
    char byte;

    c->private[PAGE] = 'c';
    c->private[3 * PAGE] = 'c';
    CHECK_EQ(c->shared[3 * PAGE], 'f');
    CHECK_EQ(write(c->ready[1], "r", 1), 1);
    CHECK_EQ(read(c->go[0], &byte, 1), 1);
    CHECK_EQ(c->shared[PAGE], 'f');
    CHECK_EQ(c->private[PAGE], 'c');
    EXPECT_SIGNAL(do_read, c->shared + 3 * PAGE, SIGBUS);
    EXPECT_SIGNAL(do_read, c->private + 3 * PAGE, SIGBUS);
    EXPECT_SIGNAL(do_read, c->shared + 2 * PAGE, SIGBUS);
}

/* truncate() takes pages from every process that shows them, and private copies as well. */
static void cut_under_mapping(int fd)
{
    struct cut c;
    char byte;

    memset(buf, 'f', 4 * PAGE);
    CHECK_EQ(pwrite(fd, buf, 4 * PAGE, 0), 4 * PAGE);
    c.shared = map_file(fd, 4 * PAGE, RW, MAP_SHARED);
    c.private = map_file(fd, 4 * PAGE, RW, MAP_PRIVATE);
    CHECK(all_bytes(c.shared, 4 * PAGE, 'f'));
    CHECK_OK(pipe(c.ready));
    CHECK_OK(pipe(c.go));
    pid_t pid = spawn(lose_pages, &c);
    CHECK_EQ(read(c.ready[0], &byte, 1), 1);
    CHECK_OK(ftruncate(fd, 2 * PAGE - 10));
    CHECK_EQ(write(c.go[1], "g", 1), 1);
    JOIN(pid);
    EXPECT_SIGNAL(do_write, c.shared + 2 * PAGE, SIGBUS);
    EXPECT_SIGNAL(do_read, c.private + 2 * PAGE, SIGBUS);
    CHECK_EQ(c.shared[2 * PAGE - 11], 'f');
    CHECK_EQ(c.shared[2 * PAGE - 10], 0);

    CHECK_OK(ftruncate(fd, 4 * PAGE));
    CHECK(all_bytes(c.shared + 2 * PAGE, 2 * PAGE, 0));
    CHECK(all_bytes(c.private + 2 * PAGE, 2 * PAGE, 0));
    CHECK_OK(ftruncate(fd, 0));
    EXPECT_SIGNAL(do_read, c.shared, SIGBUS);
    CHECK_OK(pwrite(fd, "new", 3, 0));
    CHECK(c.shared[0] == 'n' && c.private[0] == 'n');
}

/* A hole under mappings: shared ones show zeroes, private copies stay. */
static void punched(int fd)
{
    if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE) < 0)
        skip("no holes here");
    memset(buf, 'f', 4 * PAGE);
    CHECK_EQ(pwrite(fd, buf, 4 * PAGE, 0), 4 * PAGE);
    char *shared = map_file(fd, 4 * PAGE, RW, MAP_SHARED);
    char *private = map_file(fd, 4 * PAGE, RW, MAP_PRIVATE);
    CHECK(all_bytes(shared, 4 * PAGE, 'f') && all_bytes(private, 4 * PAGE, 'f'));
    private[PAGE] = 'p';
    CHECK_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE - 1, PAGE + 2));
    CHECK_EQ(shared[PAGE - 2], 'f');
    CHECK(all_bytes(shared + PAGE - 1, PAGE + 2, 0));
    CHECK_EQ(shared[2 * PAGE + 1], 'f');
    CHECK_EQ(private[PAGE], 'p');
    CHECK_EQ(private[PAGE - 1], 0);
    shared[PAGE] = 'n';
    CHECK_EQ(pread(fd, buf, 1, PAGE), 1);
    CHECK_EQ(buf[0], 'n');
    CHECK_OK(fsync(fd));
    CHECK_OK(munmap(shared, 4 * PAGE));
    drop_caches();
    CHECK_EQ(pread(fd, buf, 4 * PAGE, 0), 4 * PAGE);
    CHECK(all_bytes(buf, PAGE - 1, 'f') && buf[PAGE - 1] == 0 && buf[PAGE] == 'n');
    CHECK(all_bytes(buf + PAGE + 1, PAGE, 0) && all_bytes(buf + 2 * PAGE + 1, 2 * PAGE - 1, 'f'));
}

/* --- lives --- */

/* A file that is unlinked and closed lives in its mapping. */
static void unlinked(void)
{
    struct area a;
    int fd = disk_file();

    CHECK_EQ(pwrite(fd, "bytes", 5, PAGE), 5);
    char *p = map_file(fd, 2 * PAGE, RW, MAP_SHARED);
    CHECK_OK(close(fd));
    CHECK_OK(unlink("file"));
    CHECK(area_at((unsigned long)p, &a));
    CHECK(strstr(a.name, "/file (deleted)") != NULL);
    drop_caches();
    CHECK(memcmp(p + PAGE, "bytes", 6) == 0);
    p[0] = 'x';
    CHECK_EQ(p[0], 'x');
    CHECK_OK(munmap(p, 2 * PAGE));
}

/* What was stored is on the disk after msync() or fsync(), and never lost before. */
static void reaches_disk(void)
{
    int fd = disk_file();

    CHECK_OK(ftruncate(fd, 8 * PAGE));
    char *p = map_file(fd, 8 * PAGE, RW, MAP_SHARED);
    for (int round = 0; round < 4; round++) {
        fill_pattern(p, 8 * PAGE, round);
        if (round == 1)
            CHECK_OK(msync(p, 8 * PAGE, MS_SYNC));
        if (round == 2)
            CHECK_OK(fsync(fd));
        if (round == 3)
            CHECK_OK(munmap(p, 8 * PAGE));
        drop_caches();
        CHECK_EQ(pread(fd, buf, sizeof(buf), 0), sizeof(buf));
        check_pattern(buf, sizeof(buf), round);
    }
}

/* Stores again and again, with write-back in between: the last one counts. */
static void stored_again(void)
{
    int fd = disk_file();

    CHECK_OK(ftruncate(fd, PAGE));
    char *p = map_file(fd, PAGE, RW, MAP_SHARED);
    for (int i = 0; i < 20; i++) {
        p[i] = (char)i + 1;
        CHECK_OK(fsync(fd));
        p[i] = (char)i + 100;
        if (i % 3 == 0)
            drop_caches();
        CHECK_EQ(pread(fd, buf, i + 1, 0), i + 1);
        CHECK_EQ(buf[i], i + 100);
    }
    CHECK_OK(munmap(p, PAGE));
    drop_caches();
    CHECK_EQ(pread(fd, buf, 20, 0), 20);
    for (int i = 0; i < 20; i++)
        CHECK_EQ(buf[i], i + 100);
}

/* Stores fill holes; the file has its blocks then. */
static void fills_holes(void)
{
    struct stat st;
    int fd = disk_file();

    CHECK_OK(ftruncate(fd, 40 * PAGE));
    char *p = map_file(fd, 40 * PAGE, RW, MAP_SHARED);
    CHECK_EQ(p[20 * PAGE], 0);
    p[30 * PAGE] = 'h';
    CHECK_OK(msync(p, 40 * PAGE, MS_SYNC));
    CHECK_OK(munmap(p, 40 * PAGE));
    drop_caches();
    CHECK_OK(fstat(fd, &st));
    CHECK(st.st_blocks >= 8 && st.st_blocks < 40 * 8);
    CHECK_EQ(pread(fd, buf, 2 * PAGE, 30 * PAGE), 2 * PAGE);
    CHECK(buf[0] == 'h' && all_bytes(buf + 1, 2 * PAGE - 1, 0));
}

/* --- programs --- */

static void copy_self(int to)
{
    int from = CHECK_OK(open(self_path(), O_RDONLY));
    size_t n;

    while ((n = read_full(from, buf, sizeof(buf))) > 0)
        write_full(to, buf, n);
    CHECK_OK(close(from));
}

static int run(const char *path)
{
    char *argv[] = {"u", "--probe", "echo", NULL}, *envp[] = {NULL};
    int status, null = CHECK_OK(open("out", O_WRONLY | O_CREAT | O_TRUNC, 0600));
    pid_t pid = CHECK_OK(fork());

    if (pid == 0) {
        dup2(null, 1);
        execve(path, argv, envp);
        _exit(errno);
    }
    CHECK_OK(close(null));
    status = join(pid);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* A program that is only memory runs; one that can be stored to does not. */
static void programs(void)
{
    int fd = memory_file(), disk = disk_file();
    char path[40];

    copy_self(fd);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    CHECK_EQ(run(path), 0);
    int writer = CHECK_OK(open(path, O_RDWR));
    CHECK_EQ(run(path), ETXTBSY);
    CHECK_OK(close(writer));
    CHECK_EQ(run(path), 0);

    copy_self(disk);
    CHECK_EQ(run("./file"), ETXTBSY);
    char *p = map_file(disk, PAGE, RW, MAP_SHARED);
    CHECK_OK(close(disk));
    CHECK_EQ(run("./file"), ETXTBSY);
    CHECK_OK(munmap(p, PAGE));
    CHECK_EQ(run("./file"), 0);
}

/* A store through a mapping is in the program that is executed next. */
static void changed_program(void)
{
    int fd = disk_file();

    copy_self(fd);
    char *p = map_file(fd, PAGE, RW, MAP_SHARED);
    p[0] ^= 1;
    CHECK_OK(munmap(p, PAGE));
    CHECK_OK(close(fd));
    CHECK_EQ(run("./file"), ENOEXEC);
    fd = CHECK_OK(open("file", O_RDWR));
    p = map_file(fd, PAGE, RW, MAP_SHARED);
    p[0] ^= 1;
    CHECK_OK(munmap(p, PAGE));
    CHECK_OK(close(fd));
    CHECK_EQ(run("./file"), 0);
}

static void coherent_disk(void)
{
    coherent(disk_file());
}
static void coherent_memory(void)
{
    coherent(memory_file());
}
static void onto_itself_both(void)
{
    onto_itself(disk_file());
    onto_itself(memory_file());
}
static void across_fork_both(void)
{
    across_fork(disk_file());
    across_fork(memory_file());
}
static void beyond_end_both(void)
{
    beyond_end(disk_file());
    beyond_end(memory_file());
}
static void tail_both(void)
{
    tail(disk_file());
    tail(memory_file());
}
static void punched_disk(void)
{
    punched(disk_file());
}
static void punched_memory(void)
{
    punched(memory_file());
}
static void cut_disk(void)
{
    cut_under_mapping(disk_file());
}
static void cut_memory(void)
{
    cut_under_mapping(memory_file());
}

const struct test pagecache_tests[] = {
    {"pagecache-coherent", coherent_disk, 0},
    {"pagecache-coherent-memory", coherent_memory, 0},
    {"pagecache-onto-itself", onto_itself_both, 0},
    {"pagecache-across-fork", across_fork_both, 0},
    {"pagecache-beyond-end", beyond_end_both, 0},
    {"pagecache-tail", tail_both, T_OWN},
    {"pagecache-cut", cut_disk, 0},
    {"pagecache-cut-memory", cut_memory, 0},
    {"pagecache-punched", punched_disk, 0},
    {"pagecache-punched-memory", punched_memory, 0},
    {"pagecache-unlinked", unlinked, 0},
    {"pagecache-reaches-disk", reaches_disk, 0},
    {"pagecache-stored-again", stored_again, 0},
    {"pagecache-fills-holes", fills_holes, 0},
    {"pagecache-programs", programs, 0},
    {"pagecache-changed-program", changed_program, 0},
    {NULL, NULL, 0},
};
