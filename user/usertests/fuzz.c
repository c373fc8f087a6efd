/* SPDX-License-Identifier: MIT */
/*
 * Calls drawn at random with arguments drawn at random. Nothing is expected of them but that the
 * kernel, and everybody else, goes on. `usertests -S seed fuzz` repeats a run.
 *
 * Left out are calls that stop or change the machine as a whole, that end or stop other processes,
 * that make processes, and that only sleep. What is opened lies in this test's own directory.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const short calls[] = {
    SYS_read,
    SYS_write,
    SYS_pread64,
    SYS_pwrite64,
    SYS_readv,
    SYS_writev,
    SYS_lseek,
    SYS_openat,
    SYS_close,
    SYS_dup,
    SYS_dup3,
    SYS_fcntl,
    SYS_pipe2,
    SYS_ftruncate,
    SYS_truncate,
    SYS_newfstatat,
    SYS_fstat,
    SYS_faccessat,
    SYS_readlinkat,
    SYS_mkdirat,
    SYS_unlinkat,
    SYS_symlinkat,
    SYS_linkat,
    SYS_renameat2,
    SYS_getdents64,
    SYS_getcwd,
    SYS_chdir,
    SYS_fchdir,
    SYS_fsync,
    SYS_fchmodat,
    SYS_utimensat,
    SYS_mknodat,
    SYS_mmap,
    SYS_munmap,
    SYS_mprotect,
    SYS_brk,
    SYS_madvise,
    SYS_mremap,
    SYS_mincore,
    SYS_mlock,
    SYS_mlock2,
    SYS_munlock,
    SYS_munlockall,
    SYS_personality,
    SYS_msync,
    SYS_uname,
    SYS_sysinfo,
    SYS_clock_gettime,
    SYS_getrandom,
    SYS_getrusage,
    SYS_times,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigpending,
    SYS_sigaltstack,
    SYS_umask,
    SYS_sched_yield,
    SYS_wait4,
    SYS_getpid,
    SYS_getpgid,
    SYS_getsid,
    SYS_set_tid_address,
    SYS_set_robust_list,
    SYS_statfs,
    SYS_fstatfs,
    SYS_execve,
    SYS_ioctl,
    SYS_fallocate,
    SYS_sendfile,
    SYS_gettimeofday,
    SYS_clock_getres,
    SYS_sched_getaffinity,
    SYS_fdatasync,
#ifdef SYS_open
    SYS_open,
    SYS_creat,
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_readlink,
    SYS_link,
    SYS_symlink,
    SYS_unlink,
    SYS_rmdir,
    SYS_rename,
    SYS_mkdir,
    SYS_mknod,
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_pipe,
    SYS_dup2,
    SYS_getrlimit,
    SYS_setrlimit,
    SYS_time,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
#endif
#ifdef SYS_arch_prctl
    SYS_arch_prctl,
#endif
};
#define NCALLS (sizeof(calls) / sizeof(calls[0]))
#define ARENA  (64 * PAGE)

static char *arena; /* memory that arguments point to; the calls may do anything to it */

static const char *const strings[] = {"f", "d", "d/x", "", ".", "s", "f/x", "loop", "d/../f"};

static long argument(unsigned long *state)
{
    unsigned long r = draw(state), pick = draw(state) % 10;

    switch (pick) {
    case 0:
    case 1:
        return r % 12; /* a descriptor, a small number, a flag */
    case 2:
        return -(long)(r % 200);
    case 3:
        return (1l << r % 64) + (long)(r >> 8) % 3 - 1;
    case 4:
        return (long)r;
    case 5:
        return (long)(arena + r % ARENA);
    case 6:
        return (long)(arena + (r % ARENA & -PAGE));
    case 7:
        return (long)strings[r % (sizeof(strings) / sizeof(strings[0]))];
    case 8:
        return r % 64 * PAGE;
    default:
        return (long)slot_va(r % 512) + (long)(r >> 16) % 8192;
    }
}

static void one_call(unsigned long *state)
{
    long a[6], nr = calls[draw(state) % NCALLS];

    if (draw(state) % 50 == 0)
        nr = 500 + draw(state) % 100000;
    for (int i = 0; i < 6; i++)
        a[i] = argument(state);
    syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* What a child before has made of that name goes, if that is easy; else there is no file. */
static void make_file(const char *name)
{
    int fd;

    unlink(name);
    rmdir(name);
    fd = open(name, O_WRONLY | O_CREAT, 0755);
    if (fd >= 0) {
        write_full(fd, "contents", 8);
        close(fd);
    }
}

static void make_files(void)
{
    make_file("f");
    unlink("d");
    mkdir("d", 0755);
    make_file("d/x");
    symlink("f", "s");
    symlink("loop", "loop");
}

/* Descriptors 0 to 9: nothing that anybody waits for, and nothing of the runner's. */
static void open_files(void)
{
    int fds[2];

    for (int fd = 0; fd < 64; fd++)
        close(fd);
    open("/dev/null", O_RDWR);
    open("/dev/null", O_RDWR);
    open("/dev/null", O_RDWR);
    open("/dev/zero", O_RDWR);
    CHECK_OK(pipe2(fds, O_NONBLOCK));
    open("f", O_RDWR);
    open(".", O_RDONLY);
    open("f", O_RDWR | O_APPEND);
    open("/proc/self/maps", O_RDONLY);
}

static void fuzz_child(void *arg)
{
    unsigned long state = (unsigned long)arg;

    open_files();
    if (chroot(".") < 0 && reference)
        _exit(0);
    arena = map(ARENA, PROT_READ | PROT_WRITE);
    for (unsigned long i = 0; i < ARENA / 8; i++)
        ((unsigned long *)arena)[i] = draw(&state) >> draw(&state) % 64;
    for (int i = 0; i < 200; i++)
        one_call(&state);
}

/* The machine still does ordinary things. */
static void still_well(void)
{
    static char text[200];

    unlink("check");
    write_file("check", "all is well", 11);
    CHECK_EQ(read_file("check", text, sizeof(text)), 11);
    CHECK_EQ(strcmp(text, "all is well"), 0);
    CHECK(meminfo("MemFree") > 0);
    JOIN(spawn(do_read, text));
}

static void system_calls(void)
{
    int children = stress ? 3000 : 40;

    for (int i = 0; i < children; i++) {
        make_files();
        join_or_kill(spawn(fuzz_child, (void *)(seed * 1000003 + i)), 400);
    }
    still_well();
}

static void several_child(void *arg)
{
    for (int i = 0; i < (stress ? 500 : 6); i++)
        join_or_kill(spawn(fuzz_child, (void *)((unsigned long)arg + i)), 400);
}

/* The same by several processes in one directory. */
static void side_by_side(void)
{
    pid_t pid[4];

    make_files();
    for (unsigned long i = 0; i < 4; i++)
        pid[i] = spawn(several_child, (void *)(seed * 77003 + i * 100000));
    for (int i = 0; i < 4; i++)
        join(pid[i]);
    still_well();
}

/* One call with everything random, many times: the most that a single call can be surprised. */
static void each_call(void *arg)
{
    unsigned long state = seed + 5;
    short nr = (short)(long)arg;

    open_files();
    if (chroot(".") < 0 && reference)
        _exit(0);
    arena = map(ARENA, PROT_READ | PROT_WRITE);
    for (int i = 0; i < 60; i++) {
        long a[6];
        for (int k = 0; k < 6; k++)
            a[k] = argument(&state);
        syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
}

static void call_by_call(void)
{
    for (size_t i = 0; i < NCALLS; i++) {
        make_files();
        join_or_kill(spawn(each_call, (void *)(long)calls[i]), 300);
    }
    still_well();
}

/* Returning from a signal that never came, with a made-up frame on the stack. */
static __attribute__((noinline)) void sigreturn_child(void *arg)
{
    volatile unsigned long frame[400];
    unsigned long state = (unsigned long)arg;

    for (int i = 0; i < 400; i++)
        switch (draw(&state) % 4) {
        case 0:
            frame[i] = draw(&state);
            break;
        case 1:
            frame[i] = slot_va(272 + draw(&state) % 200) + draw(&state) % 65536;
            break;
        case 2:
            frame[i] = -draw(&state) % 65536;
            break;
        default:
            frame[i] = (unsigned long)&frame[i / 2];
        }
    syscall(SYS_rt_sigreturn, frame);
}

static void signal_return(void)
{
    for (unsigned long i = 0; i < (stress ? 2000 : 50); i++)
        join_or_kill(spawn(sigreturn_child, (void *)(seed + i)), 300);
    still_well();
}

const struct test fuzz_tests[] = {
    {"fuzz-system-calls", system_calls, 0},
    {"fuzz-side-by-side", side_by_side, 0},
    {"fuzz-call-by-call", call_by_call, 0},
    {"fuzz-signal-return", signal_return, 0},
    {NULL, NULL, 0},
};
