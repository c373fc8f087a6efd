/* SPDX-License-Identifier: MIT */
/*
 * Calls that later ones have replaced, and that this library does not make: where they have
 * numbers, programs from elsewhere make them. They have all of them or none.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef SYS_open
static struct stat status_of(const char *path)
{
    struct stat st;

    CHECK_OK(syscall(SYS_stat, path, &st));
    return st;
}

static void files(void)
{
    int fd = CHECK_OK(syscall(SYS_open, "f", O_CREAT | O_EXCL | O_RDWR, 0640));
    struct stat st, other;

    write_full(fd, "contents", 8);
    close(fd);
    st = status_of("f");
    CHECK_EQ(st.st_size, 8);
    CHECK_EQ(st.st_mode, S_IFREG | 0640);
    CHECK_OK(stat("f", &other));
    CHECK_EQ(memcmp(&st, &other, sizeof(st)), 0);
    CHECK_ERR(syscall(SYS_open, "f", O_CREAT | O_EXCL | O_RDWR, 0640), EEXIST);
    CHECK_ERR(syscall(SYS_open, "none", O_RDONLY), ENOENT);

    fd = CHECK_OK(syscall(SYS_creat, "f", 0600));
    CHECK_EQ(status_of("f").st_size, 0);
    CHECK_EQ(write(fd, "x", 1), 1);
    CHECK_ERR(read(fd, &st, 1), EBADF);
    close(fd);

    CHECK_OK(syscall(SYS_access, "f", R_OK | W_OK));
    CHECK_ERR(syscall(SYS_access, "f", X_OK), EACCES);
    CHECK_OK(syscall(SYS_chmod, "f", 04711));
    CHECK_EQ(status_of("f").st_mode, S_IFREG | 04711);
    CHECK_OK(syscall(SYS_access, "f", X_OK));
    if (privileged()) {
        CHECK_OK(syscall(SYS_chown, "f", 12, 34));
        CHECK_EQ(status_of("f").st_uid, 12);
        CHECK_EQ(status_of("f").st_gid, 34);
    } else
        CHECK_ERR(syscall(SYS_chown, "f", geteuid() + 1, getegid()), EPERM);
    CHECK_OK(syscall(SYS_mknod, "fifo", S_IFIFO | 0600, 0));
    CHECK(S_ISFIFO(status_of("fifo").st_mode));
}

static void names(void)
{
    char text[16] = "";
    struct stat st;
    int fd;

    CHECK_OK(syscall(SYS_mkdir, "d", 0755));
    CHECK(S_ISDIR(status_of("d").st_mode));
    write_file("d/f", "1", 1);
    CHECK_OK(syscall(SYS_link, "d/f", "f"));
    CHECK_EQ(status_of("d/f").st_nlink, 2);
    CHECK_ERR(syscall(SYS_rmdir, "d"), ENOTEMPTY);
    CHECK_ERR(syscall(SYS_rmdir, "f"), ENOTDIR);
    CHECK_ERR(syscall(SYS_unlink, "d"), EISDIR);
    CHECK_OK(syscall(SYS_unlink, "d/f"));
    CHECK_EQ(status_of("f").st_nlink, 1);

    CHECK_OK(syscall(SYS_symlink, "f", "s"));
    CHECK_EQ(syscall(SYS_readlink, "s", text, sizeof(text)), 1);
    CHECK_EQ(strcmp(text, "f"), 0);
    CHECK(S_ISREG(status_of("s").st_mode));
    if (privileged()) {
        CHECK_OK(syscall(SYS_lchown, "s", 5, 6));
        CHECK_OK(syscall(SYS_lstat, "s", &st));
        CHECK(S_ISLNK(st.st_mode) && st.st_uid == 5 && st.st_gid == 6);
        CHECK_EQ(status_of("f").st_uid, 0);
    }
    CHECK_OK(syscall(SYS_link, "s", "t")); /* the link itself */
    CHECK_OK(syscall(SYS_lstat, "t", &st));
    CHECK(S_ISLNK(st.st_mode));

    CHECK_OK(syscall(SYS_rename, "f", "g"));
    CHECK(!exists("f") && exists("g"));
    fd = CHECK_OK(open("d", O_RDONLY));
    CHECK_OK(syscall(SYS_renameat, AT_FDCWD, "g", fd, "h"));
    CHECK(!exists("g") && exists("d/h"));
    CHECK_OK(syscall(SYS_unlink, "d/h"));
    CHECK_OK(syscall(SYS_rmdir, "d"));
}

static void descriptors(void)
{
    int fds[2], fd;
    char c;

    CHECK_OK(syscall(SYS_pipe, fds));
    CHECK_EQ(fcntl(fds[0], F_GETFD), 0);
    CHECK_EQ(write(fds[1], "p", 1), 1);
    CHECK_EQ(syscall(SYS_dup2, fds[0], 20), 20);
    CHECK_EQ(read(20, &c, 1), 1);
    CHECK_EQ(c, 'p');
    fd = CHECK_OK(open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK_EQ(syscall(SYS_dup2, fd, 20), 20);
    CHECK_EQ(fcntl(20, F_GETFD), 0);
    CHECK_EQ(syscall(SYS_dup2, fd, fd), fd);
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_ERR(syscall(SYS_dup2, 30, 31), EBADF);
    CHECK_ERR(syscall(SYS_dup2, 30, 30), EBADF);
    CHECK_ERR(syscall(SYS_dup2, fd, -1), EBADF);
}

static void catch (int signo)
{
    (void)signo;
}

static void send_usr1(void *arg)
{
    const struct timespec t = {0, 30 * 1000000};

    (void)arg;
    nanosleep(&t, NULL);
    kill(getppid(), SIGUSR1);
}

/* poll(2)'s structure and two of its flags. */
struct watched {
    int fd;
    short events, revents;
};
#define READABLE 1
#define WRITABLE 4

static void waiting(void)
{
    struct watched p[2] = {{.events = READABLE}, {.events = WRITABLE}};
    struct sigaction act = {.sa_handler = catch};
    long start = now_ms();
    int fds[2];
    pid_t pid;

    CHECK_OK(pipe(fds));
    p[0].fd = fds[0];
    p[1].fd = -1;
    CHECK_EQ(syscall(SYS_poll, p, 2, 40), 0);
    CHECK(now_ms() - start >= 40);
    CHECK_EQ(syscall(SYS_poll, p, 2, 0), 0);
    p[1].fd = fds[1];
    CHECK_EQ(syscall(SYS_poll, p, 2, -1), 1);
    CHECK_EQ(p[1].revents, WRITABLE);
    CHECK_ERR(syscall(SYS_poll, NULL, 2, 0), EFAULT);

    CHECK_OK(sigaction(SIGUSR1, &act, NULL));
    pid = spawn(send_usr1, NULL);
    CHECK_ERR(syscall(SYS_pause), EINTR);
    JOIN(pid);
}

struct call {
    long nr, a, b, c;
};

/*
 * Makes these calls, as long as they return 0. All are made from one place, so that a child that
 * shares its parent's stack overwrites it with what is there already.
 */
static __attribute__((noinline)) long make_calls(const struct call *call)
{
    long r;

    do {
        r = syscall(call->nr, call->a, call->b, call->c);
        call++;
    } while (r == 0);
    return r;
}

static void processes(void)
{
    const struct timespec t = {0, 20 * 1000000};
    const struct call vfork_calls[] = {
        {SYS_vfork, 0, 0, 0},
        {SYS_nanosleep, (long)&t, 0, 0},
        {SYS_exit_group, 9, 0, 0},
    };
    long start = now_ms();
    int status;
    pid_t pid = CHECK_OK(syscall(SYS_fork));

    if (pid == 0)
        _exit(8);
    CHECK_EQ(join(pid), 8 << 8);
    pid = CHECK_OK(make_calls(vfork_calls));
    CHECK(now_ms() - start >= 20);
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK_EQ(status, 9 << 8);
    CHECK_EQ(syscall(SYS_getpgrp), getpgid(0));
}

static void limits(void)
{
    struct rlimit r, changed;

    CHECK_OK(syscall(SYS_getrlimit, RLIMIT_NOFILE, &r));
    r.rlim_cur = 50;
    CHECK_OK(syscall(SYS_setrlimit, RLIMIT_NOFILE, &r));
    CHECK_OK(getrlimit(RLIMIT_NOFILE, &changed));
    CHECK(changed.rlim_cur == 50 && changed.rlim_max == r.rlim_max);
    CHECK_ERR(syscall(SYS_getrlimit, RLIMIT_NOFILE, NULL), EFAULT);
    CHECK_ERR(syscall(SYS_setrlimit, RLIMIT_NOFILE, NULL), EFAULT);
    CHECK_ERR(syscall(SYS_getrlimit, 16, &r), EINVAL);
    CHECK_ERR(syscall(SYS_getrlimit, 16, NULL), EINVAL);
}

static void times_of_files(void)
{
    const struct timeval tv[2] = {{1000, 250000}, {2000, 999999}}, wrong[2] = {{1, 1000000}};
    const long seconds[2] = {3000, 4000};
    long now = CHECK_OK(syscall(SYS_time, NULL)), stored;
    struct timespec t;
    struct stat st;

    clock_gettime(CLOCK_REALTIME, &t);
    CHECK(t.tv_sec - now >= 0 && t.tv_sec - now < 3);
    now = CHECK_OK(syscall(SYS_time, &stored));
    CHECK_EQ(stored, now);

    write_file("f", "", 0);
    CHECK_OK(syscall(SYS_utimes, "f", tv));
    st = status_of("f");
    CHECK(st.st_atime == 1000 && st.st_mtime == 2000);
    CHECK_EQ(st.st_atim.tv_nsec, 250000000);
    CHECK_OK(syscall(SYS_utime, "f", seconds));
    st = status_of("f");
    CHECK(st.st_atime == 3000 && st.st_mtime == 4000);
    CHECK_OK(syscall(SYS_futimesat, AT_FDCWD, "f", tv));
    CHECK_EQ(status_of("f").st_mtime, 2000);
    CHECK_OK(syscall(SYS_utime, "f", NULL));
    CHECK(status_of("f").st_mtime >= now);
    CHECK_ERR(syscall(SYS_utimes, "f", wrong), EINVAL);
    CHECK_ERR(syscall(SYS_utimes, "none", tv), ENOENT);
}

static void bad_addresses(void)
{
    static const short first[] = {
        SYS_open,   SYS_creat,   SYS_stat,  SYS_lstat, SYS_access, SYS_readlink, SYS_link,
        SYS_unlink, SYS_symlink, SYS_rmdir, SYS_mkdir, SYS_rename, SYS_chmod,    SYS_chown,
        SYS_lchown, SYS_utimes,  SYS_pipe,  SYS_utime, SYS_time,
    };
    const unsigned long bad[] = {8, USER_LIMIT, slot_va(272), -PAGE};

    for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
        for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++)
            CHECK_ERR(syscall(first[i], bad[k], 0, 8), EFAULT);
}
#endif

const struct test oldcalls_tests[] = {
#ifdef SYS_open
    {"old-files", files, 0},
    {"old-names", names, 0},
    {"old-descriptors", descriptors, 0},
    {"old-waiting", waiting, 0},
    {"old-processes", processes, 0},
    {"old-limits", limits, 0},
    {"old-times", times_of_files, 0},
    {"old-bad-addresses", bad_addresses, 0},
#endif
    {NULL, NULL, 0},
};
