/* SPDX-License-Identifier: MIT */
/*
 * memfd_create(): memory that is a file without a name, and its seals. What mappings of it show is
 * in shm.c; here is what the descriptor does.
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
#include <unistd.h>

/* Not in every C library's headers. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8
#define MFD_EXEC        16
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif
#define ALL_SEALS 0x3f
#define RW        (PROT_READ | PROT_WRITE)

static int make(unsigned flags, unsigned long size)
{
    int fd = CHECK_OK(memfd_create("test", flags));

    CHECK_OK(ftruncate(fd, size));
    return fd;
}

static void seal(int fd, unsigned seals)
{
    CHECK_EQ(fcntl(fd, F_ADD_SEALS, seals), 0);
}

/* --- the file --- */

static void flags_and_names(void)
{
    char name[300];

    CHECK_ERR(memfd_create("x", 0x40), EINVAL);
    CHECK_ERR(memfd_create("x", 21u << 26), EINVAL);
    CHECK_ERR(memfd_create("x", MFD_EXEC | MFD_NOEXEC_SEAL), EINVAL);
    CHECK_ERR(memfd_create((char *)8, 0), EFAULT);
    CHECK_ERR(memfd_create((char *)USER_LIMIT, 0), EFAULT);
    memset(name, 'n', sizeof(name));
    name[250] = 0;
    CHECK_ERR(memfd_create(name, 0), EINVAL);
    name[249] = 0;
    CHECK_OK(memfd_create(name, 0));
    CHECK_OK(memfd_create("", 0));
    CHECK_OK(memfd_create("a/b", 0));
    CHECK_EQ(fcntl(CHECK_OK(memfd_create("x", MFD_CLOEXEC)), F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(CHECK_OK(memfd_create("x", 0)), F_GETFD), 0);
    CHECK_EQ(fcntl(CHECK_OK(memfd_create("x", 0)), F_GETFL) & O_ACCMODE, O_RDWR);
}

/* Names are for people: two files may have one, and it leads to neither. */
static void path(void)
{
    char link[40], text[100];
    struct stat a, b;
    int fd = make(0, 10), other = make(0, 20), again;
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = CHECK_OK(readlink(link, text, sizeof(text) - 1));
    text[n] = 0;
    CHECK(strcmp(text, "/memfd:test (deleted)") == 0);
    CHECK_ERR(open(text, O_RDWR), ENOENT);

    CHECK_OK(fstat(fd, &a));
    CHECK_OK(fstat(other, &b));
    CHECK_EQ(a.st_dev, b.st_dev);
    CHECK(a.st_ino != b.st_ino);
    CHECK_EQ(a.st_mode, S_IFREG | 0777);
    CHECK_EQ(a.st_nlink, 0);
    CHECK_EQ(a.st_size, 10);
    CHECK_EQ(b.st_size, 20);

    /* By its descriptor's link it is opened anew, with a position of its own. */
    CHECK_EQ(write(fd, "abc", 3), 3);
    again = CHECK_OK(open(link, O_RDONLY));
    CHECK_EQ(read(again, text, sizeof(text)), 10);
    CHECK(memcmp(text, "abc\0\0\0\0\0\0\0", 10) == 0);
    CHECK_ERR(write(again, "d", 1), EBADF);
    CHECK_OK(fstat(again, &b));
    CHECK_EQ(a.st_ino, b.st_ino);
}

static void read_write(void)
{
    static char buf[3 * PAGE + 100], got[sizeof(buf)];
    int fd = make(0, 0);
    struct stat st;

    CHECK_EQ(read(fd, got, 10), 0);
    fill_pattern(buf, sizeof(buf), 1);
    write_full(fd, buf, sizeof(buf));
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_size, sizeof(buf));
    CHECK_EQ(st.st_blocks, 4 * PAGE / 512);
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    CHECK_EQ(read_full(fd, got, sizeof(got)), sizeof(buf));
    check_pattern(got, sizeof(got), 1);
    CHECK_EQ(read(fd, got, 10), 0);

    /* Shorter, and longer again: what was cut is gone. */
    CHECK_OK(ftruncate(fd, PAGE + 8));
    CHECK_OK(ftruncate(fd, sizeof(buf)));
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_blocks, 2 * PAGE / 512);
    CHECK_EQ(pread(fd, got, sizeof(got), 0), sizeof(got));
    check_pattern(got, PAGE + 8, 1);
    CHECK(all_bytes(got + PAGE + 8, sizeof(got) - PAGE - 8, 0));

    /* Far out: all between is zeroes, and takes no memory, also when it is read. */
    CHECK_EQ(pwrite(fd, "z", 1, 5 * GiB), 1);
    CHECK_EQ(pread(fd, got, 2 * PAGE, 5 * GiB - 2 * PAGE + 1), 2 * PAGE);
    CHECK(all_bytes(got, 2 * PAGE - 1, 0) && got[2 * PAGE - 1] == 'z');
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_size, 5 * GiB + 1);
    CHECK_EQ(st.st_blocks, 3 * PAGE / 512);
    CHECK_OK(fsync(fd));
}

static void count_up(void *arg)
{
    int fd = (int)(long)arg;

    CHECK_EQ(pwrite(fd, "child", 5, 100), 5);
    CHECK_EQ(lseek(fd, 42, SEEK_SET), 42);
}

/* A child has the same open file; the last descriptor to go takes the memory with it. */
static void shared_by_fork(void)
{
    long before = free_memory(0);
    char buf[8] = "", *block = map(MiB, RW);
    int fd = make(0, 0);

    JOIN(spawn(count_up, (void *)(long)fd));
    CHECK_EQ(pread(fd, buf, 5, 100), 5);
    CHECK(strcmp(buf, "child") == 0);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 42);

    memset(block, 'm', MiB);
    for (int i = 0; i < 8; i++)
        CHECK_EQ(pwrite(fd, block, MiB, i * MiB), MiB);
    if (!reference)
        CHECK(meminfo("Shmem") >= 8 * 1024);
    CHECK_OK(munmap(block, MiB));
    CHECK_OK(close(fd));
    if (!reference)
        CHECK(free_memory(before - 512) >= before - 512);
}

static void breathe(void *arg)
{
    char *p = map(2 * MiB, RW);

    (void)arg;
    memset(p, 'b', 2 * MiB);
}

/* What no mapping shows, nobody can be killed for: before it is all of memory, it is too much. */
static void too_much(void)
{
    long before = free_memory(0), most = meminfo("MemTotal") / 4 * 3;
    char *block = map(64 * KiB, RW);
    int fd = make(0, 0), other = make(0, 0);
    long total = 0, n;

    memset(block, 't', 64 * KiB);
    while ((n = write(fd, block, 64 * KiB)) > 0)
        total += n;
    CHECK_EQ(errno, ENOSPC);
    CHECK(total / 1024 <= most);
    CHECK(total / 1024 >= most - 4096 || before < most + 4096);
    CHECK_ERR(pwrite(other, block, PAGE, 0), ENOSPC);
    CHECK_ERR(fallocate(other, 0, 0, 64 * PAGE), ENOSPC);
    CHECK_EQ(pwrite(fd, block, PAGE, 0), PAGE);
    JOIN(spawn(breathe, NULL));
    JOIN(spawn(breathe, NULL));
    CHECK_OK(ftruncate(fd, PAGE));
    CHECK_EQ(pwrite(other, block, PAGE, 0), PAGE);
    CHECK_OK(close(fd));
    CHECK_OK(close(other));
    CHECK_OK(munmap(block, 64 * KiB));
    CHECK(free_memory(before - 512) >= before - 512);
}

/* --- seals --- */

static void which_seals(void)
{
    int plain = make(0, 0), fd = make(MFD_ALLOW_SEALING, 0), named, fds[2];

    CHECK_EQ(fcntl(plain, F_GET_SEALS), F_SEAL_SEAL);
    CHECK_ERR(fcntl(plain, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
    CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
    seal(fd, 0);
    CHECK_ERR(fcntl(fd, F_ADD_SEALS, 0x40), EINVAL);
    seal(fd, F_SEAL_GROW);
    seal(fd, F_SEAL_SHRINK | F_SEAL_GROW);
    CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW);
    seal(fd, F_SEAL_SEAL);
    CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
    CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL), EPERM);
    CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW);

    /* Other files: one of a disk knows no seals, a pipe even less. */
    named = CHECK_OK(open(self_path(), O_RDONLY));
    CHECK_ERR(fcntl(named, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
    CHECK_OK(pipe(fds));
    CHECK_ERR(fcntl(fds[1], F_GET_SEALS), EINVAL);
    CHECK_ERR(fcntl(fds[1], F_ADD_SEALS, F_SEAL_WRITE), EINVAL);
}

static void seal_size(void)
{
    static char buf[3 * PAGE];
    int fd = make(MFD_ALLOW_SEALING, 2 * PAGE + 10);

    seal(fd, F_SEAL_GROW);
    CHECK_ERR(ftruncate(fd, 2 * PAGE + 11), EPERM);
    CHECK_ERR(pwrite(fd, buf, 20, 2 * PAGE), EPERM);
    CHECK_ERR(pwrite(fd, buf, 1, 2 * PAGE + 10), EPERM);
    CHECK_EQ(pwrite(fd, buf, 10, 2 * PAGE), 10);
    CHECK_EQ(pwrite(fd, buf, 3 * PAGE, 0), 2 * PAGE); /* as far as whole pages may be written */
    CHECK_ERR(fallocate(fd, 0, 0, 2 * PAGE + 11), EPERM);
    CHECK_ERR(fallocate(fd, FALLOC_FL_KEEP_SIZE, 2 * PAGE, PAGE), EPERM);
    CHECK_OK(fallocate(fd, 0, 0, 2 * PAGE + 10));
    CHECK_OK(ftruncate(fd, 2 * PAGE + 10));
    CHECK_OK(ftruncate(fd, PAGE));

    seal(fd, F_SEAL_SHRINK);
    CHECK_ERR(ftruncate(fd, PAGE - 1), EPERM);
    CHECK_OK(ftruncate(fd, PAGE));
    CHECK_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, 100));
    CHECK_EQ(pwrite(fd, buf, PAGE, 0), PAGE);
}

static void seal_write(void)
{
    char buf[10] = "";
    int fd = make(MFD_ALLOW_SEALING, PAGE);

    CHECK_EQ(pwrite(fd, "before", 6, 0), 6);
    seal(fd, F_SEAL_WRITE);
    CHECK_ERR(pwrite(fd, "after", 5, 0), EPERM);
    CHECK_ERR(fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, 100), EPERM);
    CHECK_EQ(pread(fd, buf, 6, 0), 6);
    CHECK(strcmp(buf, "before") == 0);
    CHECK_OK(ftruncate(fd, 2 * PAGE));
    CHECK_OK(ftruncate(fd, 3));
    CHECK_OK(fallocate(fd, 0, 0, PAGE));
}

static void seal_exec(void)
{
    int fd = make(MFD_NOEXEC_SEAL, 0);
    struct stat st;

    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_mode, S_IFREG | 0666);
    CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_EXEC);
    CHECK_ERR(fchmod(fd, 0777), EPERM);
    CHECK_ERR(fchmod(fd, 0610), EPERM);
    CHECK_OK(fchmod(fd, 0600));
    seal(fd, F_SEAL_WRITE);
    CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_EXEC | F_SEAL_WRITE);

    /* Sealed as a program, it is sealed altogether. */
    fd = make(MFD_EXEC | MFD_ALLOW_SEALING, 0);
    seal(fd, F_SEAL_EXEC);
    CHECK_EQ(fcntl(fd, F_GET_SEALS), ALL_SEALS & ~F_SEAL_SEAL);
    CHECK_ERR(fchmod(fd, 0666), EPERM);
    CHECK_ERR(write(fd, "x", 1), EPERM);
}

/* --- seals and mappings --- */

static char *map_fd(int fd, int prot, int flags)
{
    return (char *)CHECK_OK(mmap(NULL, PAGE, prot, flags, fd, 0));
}

static void hold_mapping(void *arg)
{
    (void)arg;
    pause();
}

/* While anybody could store to it, it cannot be sealed against that. */
static void seal_busy(void)
{
    int fd = make(MFD_ALLOW_SEALING, PAGE);
    char *p = map_fd(fd, RW, MAP_SHARED);

    CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
    CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW), EBUSY);
    CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_EXEC), EBUSY); /* for it is a program */
    CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
    pid_t pid = spawn(hold_mapping, NULL);
    CHECK_OK(munmap(p, PAGE));
    CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY); /* the child's */
    CHECK_OK(kill(pid, SIGKILL));
    join(pid);

    p = map_fd(fd, PROT_READ, MAP_SHARED); /* which mprotect() could make writable */
    CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
    CHECK_OK(mprotect(p, PAGE, RW));
    p[0] = 'm';
    CHECK_OK(munmap(p, PAGE));
    p = map_fd(fd, RW, MAP_PRIVATE);
    p[0] = 'p';
    seal(fd, F_SEAL_WRITE);
    CHECK_EQ(p[0], 'p');
}

static void sealed_mappings(void)
{
    int fd = make(MFD_ALLOW_SEALING, PAGE);
    char *p;

    CHECK_EQ(pwrite(fd, "sealed", 6, 0), 6);
    seal(fd, F_SEAL_WRITE);
    CHECK_ERR(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EPERM);
    CHECK_ERR(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, fd, 0), EPERM);
    p = map_fd(fd, PROT_READ, MAP_SHARED);
    CHECK_EQ(p[0], 's');
    CHECK_ERR(mprotect(p, PAGE, RW), EACCES);
    EXPECT_SIGNAL(do_write, p, SIGSEGV);
    p = map_fd(fd, RW, MAP_PRIVATE);
    p[0] = 'p';
    CHECK_EQ(map_fd(fd, PROT_READ, MAP_SHARED)[0], 's');
    seal(fd, F_SEAL_FUTURE_WRITE);
}

/* Who has a mapping may go on; a new one is no continuation of it. */
static void seal_future(void)
{
    int fd = make(MFD_ALLOW_SEALING, 2 * PAGE);
    char *room = map(2 * PAGE, PROT_NONE), byte;

    CHECK_OK(mmap(room, PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0));
    room[0] = 'b';
    seal(fd, F_SEAL_FUTURE_WRITE);
    room[0] = 'a';
    CHECK_EQ(pread(fd, &byte, 1, 0), 1);
    CHECK_EQ(byte, 'a');
    CHECK_ERR(pwrite(fd, "x", 1, 0), EPERM);
    CHECK_ERR(mmap(room + PAGE, PAGE, RW, MAP_SHARED | MAP_FIXED, fd, PAGE), EPERM);
    CHECK_ERR(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EPERM);
    CHECK_ERR(mprotect(map_fd(fd, PROT_READ, MAP_SHARED), PAGE, RW), EACCES);
    CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
    CHECK_OK(munmap(room, PAGE));
    seal(fd, F_SEAL_WRITE);
}

static volatile bool stop;

static void on_signal(int signo)
{
    (void)signo;
    stop = true;
}

/* Maps and unmaps all the time; whenever it succeeds, its store must not come after the seal. */
static void map_and_store(void *arg)
{
    int fd = (int)(long)arg;

    while (!stop) {
        char *p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);

        if (p == MAP_FAILED) {
            CHECK_EQ(errno, EPERM);
            continue;
        }
        if (fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE)
            FAIL("a writable mapping of a sealed file");
        CHECK_OK(munmap(p, PAGE));
    }
}

static void seal_race(void)
{
    signal(SIGTERM, on_signal);
    for (int round = 0; round < 20; round++) {
        int fd = make(MFD_ALLOW_SEALING, PAGE), tries = 0;
        pid_t pid = spawn(map_and_store, (void *)(long)fd);

        usleep(1000);
        while (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) < 0) {
            CHECK_EQ(errno, EBUSY);
            CHECK(++tries < 1000000);
        }
        CHECK_ERR(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EPERM);
        usleep(1000);
        CHECK_OK(kill(pid, SIGTERM));
        JOIN(pid);
        CHECK_OK(close(fd));
    }
}

const struct test memfd_tests[] = {
    {"memfd-flags-and-names", flags_and_names, 0},
    {"memfd-path", path, 0},
    {"memfd-read-write", read_write, 0},
    {"memfd-shared-by-fork", shared_by_fork, 0},
    {"memfd-too-much", too_much, T_OWN},
    {"memfd-which-seals", which_seals, 0},
    {"memfd-seal-size", seal_size, 0},
    {"memfd-seal-write", seal_write, 0},
    {"memfd-seal-exec", seal_exec, 0},
    {"memfd-seal-busy", seal_busy, 0},
    {"memfd-sealed-mappings", sealed_mappings, 0},
    {"memfd-seal-future", seal_future, 0},
    {"memfd-seal-race", seal_race, 0},
    {NULL, NULL, 0},
};
