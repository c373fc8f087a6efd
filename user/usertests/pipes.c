/* SPDX-License-Identifier: MIT */
/* Pipes: order, blocking, ends, atomic writes, many of them in a chain. */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int fds[2];

static void basic(void)
{
    struct stat st;
    char text[20];
    int n;

    CHECK_OK(pipe(fds));
    CHECK_EQ(write(fds[1], "hello", 5), 5);
    CHECK_EQ(write(fds[1], " world", 6), 6);
    CHECK_OK(ioctl(fds[0], FIONREAD, &n));
    CHECK_EQ(n, 11);
    CHECK_EQ(read(fds[0], text, 3), 3);
    CHECK_EQ(read(fds[0], text + 3, sizeof(text) - 3), 8);
    CHECK(memcmp(text, "hello world", 11) == 0);
    CHECK_EQ(read(fds[0], text, 0), 0);
    CHECK_ERR(read(fds[1], text, 1), EBADF);
    CHECK_ERR(write(fds[0], text, 1), EBADF);
    CHECK_OK(fstat(fds[0], &st));
    CHECK(S_ISFIFO(st.st_mode));
    CHECK_ERR(pipe2(fds, 0x12345), EINVAL);
}

static void end_of_file(void)
{
    char c;
    int extra;

    CHECK_OK(pipe(fds));
    extra = CHECK_OK(dup(fds[1]));
    write_full(fds[1], "x", 1);
    CHECK_OK(close(fds[1]));
    CHECK_EQ(read(fds[0], &c, 1), 1);
    CHECK_OK(close(extra));
    for (int i = 0; i < 3; i++)
        CHECK_EQ(read(fds[0], &c, 1), 0);
}

static void write_broken(void *arg)
{
    (void)arg;
    write_full(fds[1], "x", 1);
}

static void broken(void)
{
    CHECK_OK(pipe(fds));
    CHECK_OK(close(fds[0]));
    EXPECT_SIGNAL(write_broken, NULL, SIGPIPE);
    CHECK(signal(SIGPIPE, SIG_IGN) == SIG_DFL);
    CHECK_ERR(write(fds[1], "x", 1), EPIPE);
    CHECK_ERR(write(fds[1], "x", 1), EPIPE);
}

static void reader_leaves(void *arg)
{
    char block[1000];

    (void)arg;
    close(fds[1]);
    read(fds[0], block, sizeof(block));
}

/* A writer that sleeps because the pipe is full hears it when the reader goes. */
static void broken_while_waiting(void)
{
    static char block[200000];
    pid_t pid;

    CHECK(signal(SIGPIPE, SIG_IGN) == SIG_DFL);
    CHECK_OK(pipe(fds));
    pid = spawn(reader_leaves, NULL);
    CHECK_OK(close(fds[0]));
    ssize_t n = write(fds[1], block, sizeof(block));
    CHECK((n == -1 && errno == EPIPE) || (n > 0 && n < (ssize_t)sizeof(block)));
    JOIN(pid);
}

static void send_pattern(void *arg)
{
    static char block[8192];
    unsigned long state = 5, size = (unsigned long)arg;

    close(fds[0]);
    for (unsigned long at = 0; at < size;) {
        size_t n = draw(&state) % sizeof(block) + 1;
        n = n > size - at ? size - at : n;
        for (size_t i = 0; i < n; i++)
            block[i] = (at + i) * 7 + (at + i) / 256;
        write_full(fds[1], block, n);
        at += n;
    }
}

/* Far more than a pipe holds, in pieces of every size on both sides. */
static void transfer(void)
{
    static char block[8192];
    unsigned long size = stress ? 64 * MiB : 1 * MiB, at = 0, state = 6;
    ssize_t n;
    pid_t pid;

    CHECK_OK(pipe(fds));
    pid = spawn(send_pattern, (void *)size);
    close(fds[1]);
    while ((n = CHECK_OK(read(fds[0], block, draw(&state) % sizeof(block) + 1))) > 0) {
        for (ssize_t i = 0; i < n; i++)
            if (block[i] != (char)((at + i) * 7 + (at + i) / 256))
                FAIL("byte %lu is wrong", at + i);
        at += n;
    }
    CHECK_EQ(at, size);
    JOIN(pid);
}

#define RECORD 500

static void write_records(void *arg)
{
    unsigned char record[RECORD];

    memset(record, (int)(long)arg, sizeof(record));
    for (int i = 0; i < 100; i++)
        CHECK_EQ(write(fds[1], record, sizeof(record)), sizeof(record));
}

/* Writes of up to PIPE_BUF bytes by several processes do not mix. */
static void atomic(void)
{
    static unsigned char record[RECORD];
    int count[5] = {0};
    pid_t pid[4];

    CHECK_OK(pipe(fds));
    for (long i = 0; i < 4; i++)
        pid[i] = spawn(write_records, (void *)(i + 1));
    close(fds[1]);
    while (read_full(fds[0], record, RECORD) == RECORD) {
        CHECK(record[0] >= 1 && record[0] <= 4);
        CHECK(all_bytes(record, RECORD, record[0]));
        count[record[0]]++;
    }
    for (int i = 0; i < 4; i++) {
        JOIN(pid[i]);
        CHECK_EQ(count[i + 1], 100);
    }
}

static void nonblocking(void)
{
    static char block[4096];
    long total = 0;
    ssize_t n;

    CHECK_OK(pipe2(fds, O_NONBLOCK));
    CHECK_ERR(read(fds[0], block, 1), EAGAIN);
    while ((n = write(fds[1], block, sizeof(block))) > 0)
        total += n;
    CHECK_EQ(errno, EAGAIN);
    CHECK(total >= 4096);
    CHECK_EQ(read(fds[0], block, 100), 100);
    n = write(fds[1], block, sizeof(block)); /* all of PIPE_BUF bytes, or nothing */
    CHECK(n == -1 ? errno == EAGAIN : n == sizeof(block));
    total += n > 0 ? n : 0;
    for (total -= 100; total > 0; total -= n)
        n = CHECK_OK(read(fds[0], block, sizeof(block)));
    CHECK_ERR(read(fds[0], block, 1), EAGAIN);
    CHECK_OK(close(fds[1]));
    CHECK_EQ(read(fds[0], block, 1), 0);
}

static void close_on_exec(void)
{
    CHECK_OK(pipe2(fds, O_CLOEXEC));
    CHECK_EQ(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(fds[1], F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(fds[0], F_GETFL) & O_ACCMODE, O_RDONLY);
    CHECK_EQ(fcntl(fds[1], F_GETFL) & O_ACCMODE, O_WRONLY);
}

static void reply(void *arg)
{
    int *p = arg;
    long n;

    close(p[1]);
    close(p[2]);
    while (read_full(p[0], &n, sizeof(n)) == sizeof(n)) {
        n++;
        write_full(p[3], &n, sizeof(n));
    }
}

/* Back and forth: every byte wakes the one that waits for it. */
static void ping_pong(void)
{
    long rounds = stress ? 100000 : 1000;
    int p[4];
    pid_t pid;

    CHECK_OK(pipe(p));
    CHECK_OK(pipe(p + 2));
    pid = spawn(reply, p);
    close(p[0]);
    close(p[3]);
    for (long i = 0; i < rounds; i++) {
        long n = i;
        write_full(p[1], &n, sizeof(n));
        CHECK_EQ(read_full(p[2], &n, sizeof(n)), sizeof(n));
        CHECK_EQ(n, i + 1);
    }
    close(p[1]);
    JOIN(pid);
}

/*
 * Takes numbers from the left; the first is a prime, and those it does not divide go to the right.
 */
static void sieve(int left, int result)
{
    int prime, n, right[2];
    pid_t pid;

    if (read_full(left, &prime, sizeof(prime)) == 0)
        return;
    write_full(result, &prime, sizeof(prime));
    CHECK_OK(pipe(right));
    pid = CHECK_OK(fork());
    if (pid == 0) {
        close(left);
        close(right[1]);
        sieve(right[0], result);
        _exit(0);
    }
    close(right[0]);
    while (read_full(left, &n, sizeof(n)) == sizeof(n))
        if (n % prime != 0)
            write_full(right[1], &n, sizeof(n));
    close(right[1]);
    JOIN(pid);
}

static void primes(void)
{
    static const int expected[] = {2,  3,  5,  7,  11, 13, 17, 19, 23, 29,
                                   31, 37, 41, 43, 47, 53, 59, 61, 67, 71};
    int numbers[2], result[2], n;
    pid_t pid;

    CHECK_OK(pipe(numbers));
    CHECK_OK(pipe(result));
    pid = CHECK_OK(fork());
    if (pid == 0) {
        close(numbers[1]);
        sieve(numbers[0], result[1]);
        _exit(0);
    }
    close(numbers[0]);
    close(result[1]);
    for (n = 2; n < 73; n++)
        write_full(numbers[1], &n, sizeof(n));
    close(numbers[1]);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        CHECK_EQ(read_full(result[0], &n, sizeof(n)), sizeof(n));
        CHECK_EQ(n, expected[i]);
    }
    CHECK_EQ(read(result[0], &n, sizeof(n)), 0);
    JOIN(pid);
}

const struct test pipes_tests[] = {
    {"pipes-basic", basic, 0},
    {"pipes-end-of-file", end_of_file, 0},
    {"pipes-broken", broken, 0},
    {"pipes-broken-while-waiting", broken_while_waiting, 0},
    {"pipes-transfer", transfer, 0},
    {"pipes-atomic", atomic, 0},
    {"pipes-nonblocking", nonblocking, 0},
    {"pipes-close-on-exec", close_on_exec, 0},
    {"pipes-ping-pong", ping_pong, 0},
    {"pipes-primes", primes, 0},
    {NULL, NULL, 0},
};
