/* SPDX-License-Identifier: MIT */
/*
 * Bad pointers to every system call that takes one: the answer is EFAULT, and nothing else happens.
 * badpath.c does the same for the calls that take a path.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Pages made for these tests: one that was unmapped, one read-only, one nobody may touch. */
static unsigned long unmapped, readonly, hidden, page_end;

static void make_pages(void)
{
    unsigned long p = (unsigned long)map(8 * PAGE, PROT_READ | PROT_WRITE);

    memset((void *)p, 'a', 8 * PAGE);
    readonly = p;
    hidden = p + 2 * PAGE;
    page_end = p + 5 * PAGE; /* the end of two good pages */
    unmapped = p + 5 * PAGE;
    CHECK_OK(mprotect((void *)readonly, PAGE, PROT_READ));
    CHECK_OK(mprotect((void *)hidden, PAGE, PROT_NONE));
    CHECK_OK(munmap((void *)unmapped, PAGE));
}

/* Addresses that are bad for reading and for writing. */
static size_t bad_addresses(unsigned long *out)
{
    const unsigned long bad[] = {
        8,
        PAGE,
        unmapped,
        unmapped + 64,
        hidden,
        USER_LIMIT,
        user_end() - 8,
        user_end(),
        user_end() * 2,
        1ul << 62,
        slot_va(256) - 8,
        slot_va(256),
        slot_va(272),
        slot_va(272) + 2 * GiB + 4 * MiB,
        slot_va(402),
        slot_va(468),
        0xffffffff80000000,
        0xffffffff80200000,
        0xffffffffffa00000,
        -PAGE,
        -16ul,
        -1ul,
    };

    memcpy(out, bad, sizeof(bad));
    return sizeof(bad) / sizeof(bad[0]);
}

enum direction {
    IN,  /* the kernel reads it */
    OUT, /* the kernel writes it */
};

struct call {
    const char *name;
    int nr;
    int which; /* the argument that is the pointer */
    enum direction dir;
    bool null_ok;  /* a null pointer has a meaning */
    bool optional; /* may be missing (ENOSYS) */
    long args[6];
};

/* Descriptors that the table below names by these numbers. */
enum {
    FD_FILE = 50,
    FD_PIPE_IN,
    FD_PIPE_OUT,
    FD_ZERO,
    FD_DIR
};

static void check_call(const struct call *c, unsigned long bad)
{
    long a[6], r;

    memcpy(a, c->args, sizeof(a));
    a[c->which] = bad;
    errno = 0;
    r = syscall(c->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (r == -1 && (errno == EFAULT || (errno == ENOSYS && c->optional)))
        return;
    if (r == -1 && errno == EPERM && !privileged())
        return;
    FAIL("%s with %#lx: expected EFAULT, got %ld (%s)", c->name, bad, r, strerror(errno));
}

static void open_descriptors(void)
{
    char data[512] = "data";
    int fds[2];

    write_file("file", data, sizeof(data));
    CHECK_EQ(dup2(CHECK_OK(open("file", O_RDWR)), FD_FILE), FD_FILE);
    CHECK_OK(pipe(fds));
    write_full(fds[1], data, sizeof(data));
    CHECK_EQ(dup2(fds[0], FD_PIPE_IN), FD_PIPE_IN);
    CHECK_EQ(dup2(fds[1], FD_PIPE_OUT), FD_PIPE_OUT);
    CHECK_EQ(dup2(CHECK_OK(open("/dev/zero", O_RDWR)), FD_ZERO), FD_ZERO);
    CHECK_EQ(dup2(CHECK_OK(open(".", O_RDONLY)), FD_DIR), FD_DIR);
}

static void check_table(const struct call *calls)
{
    unsigned long bad[32];
    size_t n;

    make_pages();
    open_descriptors();
    n = bad_addresses(bad);
    for (const struct call *c = calls; c->name; c++) {
        for (size_t i = 0; i < n; i++)
            check_call(c, bad[i]);
        if (!c->null_ok)
            check_call(c, 0);
        if (c->dir == OUT) {
            check_call(c, readonly);
            check_call(c, (unsigned long)check_table);
        }
    }
}

static void transfers(void)
{
    static const struct call calls[] = {
        {"read file", SYS_read, 1, OUT, 0, 0, {FD_FILE, 0, 100}},
        {"read pipe", SYS_read, 1, OUT, 0, 0, {FD_PIPE_IN, 0, 100}},
        {"read zero", SYS_read, 1, OUT, 0, 0, {FD_ZERO, 0, 100}},
        {"write file", SYS_write, 1, IN, 0, 0, {FD_FILE, 0, 100}},
        {"write pipe", SYS_write, 1, IN, 0, 0, {FD_PIPE_OUT, 0, 100}},
        {"pread64", SYS_pread64, 1, OUT, 0, 0, {FD_FILE, 0, 100, 0}},
        {"pwrite64", SYS_pwrite64, 1, IN, 0, 0, {FD_FILE, 0, 100, 0}},
        {"readv", SYS_readv, 1, IN, 0, 0, {FD_FILE, 0, 2}},
        {"writev", SYS_writev, 1, IN, 0, 0, {FD_FILE, 0, 2}},
        {"preadv", SYS_preadv, 1, IN, 0, 1, {FD_FILE, 0, 2, 0, 0}},
        {"pwritev", SYS_pwritev, 1, IN, 0, 1, {FD_FILE, 0, 2, 0, 0}},
        {"sendfile", SYS_sendfile, 2, IN, 1, 1, {FD_PIPE_OUT, FD_FILE, 0, 10}},
        {"ioctl FIONREAD", SYS_ioctl, 2, OUT, 0, 0, {FD_PIPE_IN, FIONREAD}},
        {"getdents64", SYS_getdents64, 1, OUT, 0, 0, {FD_DIR, 0, 1000}},
        {"fstat", SYS_fstat, 1, OUT, 0, 0, {FD_FILE}},
        {"fstatfs", SYS_fstatfs, 1, OUT, 0, 0, {FD_FILE}},
        {"getrandom", SYS_getrandom, 0, OUT, 0, 0, {0, 100, 0}},
        {"getcwd", SYS_getcwd, 0, OUT, 0, 0, {0, 256}},
        {NULL, 0, 0, 0, 0, 0, {0}},
    };
    char data[512];

    check_table(calls);
    /* Nothing was moved by all these. */
    CHECK_EQ(lseek(FD_FILE, 0, SEEK_CUR), 0);
    CHECK_EQ(lseek(FD_FILE, 0, SEEK_END), 512);
    CHECK_EQ(read(FD_PIPE_IN, data, sizeof(data)), 512);
    CHECK_EQ(strcmp(data, "data"), 0);
}

static void information(void)
{
    static const struct call calls[] = {
        {"uname", SYS_uname, 0, OUT, 0, 0, {0}},
        {"sysinfo", SYS_sysinfo, 0, OUT, 0, 0, {0}},
        {"clock_gettime", SYS_clock_gettime, 1, OUT, 0, 0, {1}},
        {"clock_getres", SYS_clock_getres, 1, OUT, 1, 1, {1}},
        {"gettimeofday", SYS_gettimeofday, 0, OUT, 1, 0, {0}},
        {"gettimeofday zone", SYS_gettimeofday, 1, OUT, 1, 0, {0, 0}},
        {"clock_settime", SYS_clock_settime, 1, IN, 0, 1, {0, 0}},
        {"getcpu", SYS_getcpu, 0, OUT, 1, 1, {0, 0}},
        {"sethostname", SYS_sethostname, 0, IN, 0, 1, {0, 5}},
        {"prctl SET_NAME", SYS_prctl, 1, IN, 0, 1, {15, 0}},
        {"prctl GET_NAME", SYS_prctl, 1, OUT, 0, 1, {16, 0}},
        {"rt_sigsuspend", SYS_rt_sigsuspend, 0, IN, 0, 1, {0, 8}},
        {"ppoll time", SYS_ppoll, 2, IN, 1, 1, {0, 0, 0, 0, 8}},
        {"ppoll mask", SYS_ppoll, 3, IN, 1, 1, {0, 0, 0, 0, 8}},
        {"times", SYS_times, 0, OUT, 1, 0, {0}},
        {"getrusage", SYS_getrusage, 1, OUT, 0, 0, {0}},
        {"prlimit64 new", SYS_prlimit64, 2, IN, 1, 0, {0, 7, 0, 0}},
        {"prlimit64 old", SYS_prlimit64, 3, OUT, 1, 0, {0, 7, 0, 0}},
        {"nanosleep", SYS_nanosleep, 0, IN, 0, 0, {0, 0}},
        {"clock_nanosleep", SYS_clock_nanosleep, 2, IN, 0, 0, {1, 0, 0, 0}},
        {"pipe2", SYS_pipe2, 0, OUT, 0, 0, {0, 0}},
        {"rt_sigaction new", SYS_rt_sigaction, 1, IN, 1, 0, {SIGUSR1, 0, 0, 8}},
        {"rt_sigaction old", SYS_rt_sigaction, 2, OUT, 1, 0, {SIGUSR1, 0, 0, 8}},
        {"rt_sigprocmask new", SYS_rt_sigprocmask, 1, IN, 1, 0, {0, 0, 0, 8}},
        {"rt_sigprocmask old", SYS_rt_sigprocmask, 2, OUT, 1, 0, {0, 0, 0, 8}},
        {"rt_sigpending", SYS_rt_sigpending, 0, OUT, 0, 1, {0, 8}},
        {"sched_getaffinity", SYS_sched_getaffinity, 2, OUT, 0, 1, {0, 128, 0}},
        {"sigaltstack", SYS_sigaltstack, 0, IN, 1, 1, {0, 0}},
        {"ppoll", SYS_ppoll, 0, IN, 0, 1, {0, 1, 0, 0, 8}},
        {"getitimer", SYS_getitimer, 1, OUT, 0, 1, {0}},
        {"setitimer", SYS_setitimer, 1, IN, 1, 1, {0, 0, 0}},
        {NULL, 0, 0, 0, 0, 0, {0}},
    };
    static const struct call log = {"syslog", SYS_syslog, 1, OUT, 1, 1, {3, 0, 100}};
    int next;

    check_table(calls);
    if (!reference) /* another system's log may be empty */
        check_call(&log, unmapped);
    /* A pipe whose descriptors could not be told was not made. */
    next = CHECK_OK(dup(1));
    CHECK_OK(close(next));
    for (int i = 0; i < 50; i++)
        CHECK_ERR(syscall(SYS_pipe2, unmapped, 0), EFAULT);
    CHECK_EQ(dup(1), next);
}

/* A pointer may be good and what it points to bad. */
static void vectors(void)
{
    struct iovec v[3];
    unsigned long bad[32];
    char good[16] = "0123456789abcde";
    size_t n;

    make_pages();
    open_descriptors();
    n = bad_addresses(bad);
    for (size_t i = 0; i < n; i++) {
        v[0] = (struct iovec){(void *)bad[i], 16};
        v[1] = (struct iovec){good, 16};
        CHECK_ERR(syscall(SYS_writev, FD_FILE, v, 2), EFAULT);
        CHECK_ERR(syscall(SYS_readv, FD_FILE, v, 2), EFAULT);
    }
    v[0] = (struct iovec){good, 16};
    v[1] = (struct iovec){(void *)unmapped, 16};
    CHECK_EQ(syscall(SYS_writev, FD_FILE, v, 2), 16); /* what could be moved was */
    CHECK_ERR(syscall(SYS_writev, FD_FILE, v, -1), EINVAL);
    CHECK_ERR(syscall(SYS_writev, FD_FILE, v, 1025), EINVAL);
    CHECK_EQ(syscall(SYS_writev, FD_FILE, v, 0), 0);
    v[0].iov_len = -1ul;
    CHECK_ERR(syscall(SYS_writev, FD_FILE, v, 1), EINVAL);
    CHECK_ERR(syscall(SYS_readv, FD_FILE, v, 1), EINVAL);
}

static bool moved_or_fault(long r, long most)
{
    return (r == -1 && errno == EFAULT) || (r >= 0 && r <= most);
}

/* Of /proc's text, too, what there is room for. */
static void check_proc_text(char *p, long room)
{
    static const char *const files[] = {"/proc/meminfo", "/proc/self/maps", "/proc/self/status"};

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        int fd = CHECK_OK(open(files[i], O_RDONLY));
        CHECK_EQ(read(fd, p, 400), room);
        CHECK_ERR(read(fd, (void *)unmapped, 400), EFAULT);
        CHECK(read(fd, p, 1) == 1); /* it goes on behind what was moved */
        CHECK_EQ(lseek(fd, 0, SEEK_CUR), room + 1);
        CHECK_OK(close(fd));
    }
}

/*
 * Buffers that begin well and run into a bad page: what there is is moved, to and from files and
 * the devices that are memory, also when a page of the file lies between; of a pipe maybe nothing.
 */
static void straddling(void)
{
    make_pages();
    open_descriptors();
    for (long room = 1; room < 400; room = room * 2 + 1) {
        char *p = (char *)page_end - room;
        CHECK_EQ(pread(FD_FILE, p, 400, 0), room);
        CHECK_EQ(read(FD_ZERO, p, 400), room);
        CHECK_EQ(syscall(SYS_getrandom, p, 400, 0), room);
        CHECK_EQ(pwrite(FD_FILE, p, 400, 0), room);
        CHECK(moved_or_fault(write(FD_PIPE_OUT, p, 400), room));
        check_proc_text(p, room);
    }
    for (long room = 1; room < 100; room += 13) {
        CHECK_ERR(syscall(SYS_uname, page_end - room), EFAULT);
        CHECK_ERR(syscall(SYS_fstat, FD_FILE, page_end - room), EFAULT);
        CHECK_ERR(syscall(SYS_sysinfo, page_end - room), EFAULT);
    }
    CHECK_EQ(lseek(FD_FILE, 0, SEEK_END), 512);
}

/* The file becomes as long as what could be written, and has just that in it. */
static void straddling_growth(void)
{
    static const long starts[] = {0, 1, PAGE - 50, PAGE, 3 * PAGE - 1};
    char *p, back[2 * PAGE];

    make_pages();
    p = (char *)page_end - 2 * PAGE;
    memset(p, 'b', 2 * PAGE);
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        for (long room = 1; room <= (long)(2 * PAGE); room = room * 3 - 1) {
            int fd = CHECK_OK(open("grown", O_RDWR | O_CREAT | O_TRUNC, 0600));
            CHECK_EQ(pwrite(fd, (char *)page_end - room, 4 * PAGE, starts[i]), room);
            CHECK_EQ(lseek(fd, 0, SEEK_END), starts[i] + room);
            CHECK_EQ(pread(fd, back, sizeof(back), starts[i]), room);
            CHECK_EQ(memcmp(back, p, room), 0);
            CHECK_ERR(pwrite(fd, (char *)page_end, PAGE, starts[i]), EFAULT);
            CHECK_EQ(lseek(fd, 0, SEEK_END), starts[i] + room);
            CHECK_OK(close(fd));
        }
}

/* Lengths that run off the end of the space, or wrap around. */
static void absurd_lengths(void)
{
    static const unsigned long sizes[] = {-1ul, -PAGE, 1ul << 63, (1ul << 63) - 1, -8ul};
    char buf[64];

    open_descriptors();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        CHECK_EQ(syscall(SYS_read, FD_ZERO, buf, sizes[i]), -1);
        CHECK(errno == EFAULT || errno == EINVAL);
        CHECK_EQ(syscall(SYS_write, FD_FILE, buf, sizes[i]), -1);
        CHECK(errno == EFAULT || errno == EINVAL);
    }
    CHECK_ERR(syscall(SYS_read, FD_ZERO, -PAGE, 2 * PAGE), EFAULT);
    CHECK_ERR(syscall(SYS_write, FD_FILE, user_end() - PAGE, 2 * PAGE), EFAULT);
    CHECK_EQ(lseek(FD_FILE, 0, SEEK_END), 512);
}

/* wait4: the status cannot be stored, but the call says so and the caller lives. */
static void wait_status(void)
{
    unsigned long bad[32];
    size_t n;

    make_pages();
    n = bad_addresses(bad);
    for (size_t i = 0; i < n; i++) {
        pid_t pid = CHECK_OK(fork());
        if (pid == 0)
            _exit(3);
        CHECK_ERR(syscall(SYS_wait4, pid, bad[i], 0, 0), EFAULT);
        waitpid(pid, NULL, 0);
    }
    pid_t pid = CHECK_OK(fork());
    if (pid == 0)
        _exit(3);
    CHECK_ERR(syscall(SYS_wait4, pid, 0, 0, unmapped), EFAULT);
}

/* Good addresses that are only not present yet are no error. */
static void not_yet_present(void)
{
    char *p = map(64 * PAGE, PROT_READ | PROT_WRITE);
    struct iovec v[2] = {{p + 20 * PAGE - 8, 16}, {p + 30 * PAGE - 8, 16}};

    open_descriptors();
    CHECK_EQ(read(FD_ZERO, p + PAGE - 10, 3 * PAGE), 3 * PAGE);
    CHECK_EQ(pread(FD_FILE, p + 10 * PAGE - 4, 512, 0), 512);
    CHECK_EQ(strcmp(p + 10 * PAGE - 4, "data"), 0);
    CHECK_EQ(readv(FD_FILE, v, 2), 32);
    CHECK_EQ(pwrite(FD_FILE, p + 40 * PAGE - 4, 512, 0), 512);
    CHECK_EQ(pread(FD_FILE, p, 512, 0), 512);
    CHECK(all_bytes(p, 512, 0));
    CHECK_OK(syscall(SYS_uname, p + 50 * PAGE - 100));
    CHECK(p[50 * PAGE - 100] != 0);
}

const struct test badptr_tests[] = {
    {"badptr-transfers", transfers, 0},
    {"badptr-information", information, 0},
    {"badptr-vectors", vectors, 0},
    {"badptr-straddling", straddling, 0},
    {"badptr-straddling-growth", straddling_growth, 0},
    {"badptr-absurd-lengths", absurd_lengths, 0},
    {"badptr-wait-status", wait_status, 0},
    {"badptr-not-yet-present", not_yet_present, 0},
    {NULL, NULL, 0},
};
