/* SPDX-License-Identifier: MIT */
/* Small calls: names, random numbers, limits, ids, and calls that do not exist. */
#include "test.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <unistd.h>

extern const Elf64_Ehdr __executable_start; /* this program's own header */

/* What programs for this machine say in their headers is what the kernel calls it. */
static void names(void)
{
    const char *machine = __executable_start.e_machine == EM_RISCV    ? "riscv64"
                          : __executable_start.e_machine == EM_X86_64 ? "x86_64"
                                                                      : "";
    struct utsname u;

    CHECK_OK(uname(&u));
    CHECK(u.sysname[0] && u.nodename[0] && u.release[0] && u.version[0]);
    CHECK_EQ(strcmp(u.machine, machine), 0);
}

static void random_numbers(void)
{
    unsigned char a[256], b[256];
    int bits = 0;

    CHECK_EQ(getrandom(a, sizeof(a), 0), sizeof(a));
    CHECK_EQ(getrandom(b, sizeof(b), GRND_NONBLOCK), sizeof(b));
    CHECK(memcmp(a, b, sizeof(a)) != 0);
    for (size_t i = 0; i < sizeof(a); i++) {
        for (int k = 0; k < 8; k++)
            bits += a[i] >> k & 1;
    }
    CHECK(bits > 850 && bits < 1200); /* of 2048; off by more once in 10^13 runs */
    CHECK_EQ(getrandom(a, 0, 0), 0);
    CHECK_ERR(getrandom(a, 16, 0x1000), EINVAL);
}

static void unknown_calls(void)
{
    static const long numbers[] = {2000, 10000, 1l << 20, 1l << 31, -1, -2};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        CHECK_ERR(syscall(numbers[i], 1, 2, 3, 4, 5, 6), ENOSYS);
    for (int i = 0; i < 100; i++)
        CHECK_ERR(syscall(3000 + i % 3), ENOSYS);
}

static void limits(void)
{
    struct rlimit old, r;

    for (int i = 0; i < 16; i++) {
        CHECK_OK(getrlimit(i, &r));
        CHECK(r.rlim_cur <= r.rlim_max);
    }
    CHECK_ERR(getrlimit(16, &r), EINVAL);
    CHECK_ERR(getrlimit(-1, &r), EINVAL);
    CHECK_OK(getrlimit(RLIMIT_NOFILE, &old));
    r = old;
    r.rlim_cur = 20;
    CHECK_OK(prlimit(0, RLIMIT_NOFILE, &r, &old));
    CHECK_OK(prlimit(getpid(), RLIMIT_NOFILE, NULL, &r));
    CHECK_EQ(r.rlim_cur, 20);
    CHECK_EQ(r.rlim_max, old.rlim_max);
    r.rlim_cur = 30;
    r.rlim_max = 25;
    CHECK_ERR(setrlimit(RLIMIT_NOFILE, &r), EINVAL);
    CHECK_ERR(prlimit(0x3ffffff0, RLIMIT_NOFILE, NULL, &r), ESRCH);
    r = (struct rlimit){20, old.rlim_max - 1};
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &r));
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &r));
    CHECK_ERR(setrlimit(RLIMIT_NOFILE, &old), EPERM); /* a hard limit is never raised */
    r.rlim_cur = r.rlim_max;
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &r));
    r.rlim_cur = 20;
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &r));
    /* A child has its parent's. */
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        CHECK_OK(getrlimit(RLIMIT_NOFILE, &r));
        _exit(r.rlim_cur == 20 ? 0 : 1);
    }
    JOIN(pid);
}

#define ASK 0xffffffff

static void has_personality(void *arg)
{
    CHECK_EQ(personality(ASK), (long)arg);
    CHECK_EQ(personality(0), (long)arg);
    CHECK_EQ(personality(ASK), 0);
}

/* Any is taken, known or not; a child has its parent's, and changes its own. */
static void personalities(void)
{
    static const long some[] = {ADDR_NO_RANDOMIZE, ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT, 6,
                                0x12345678, PER_LINUX};
    long before = personality(ASK);

    for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
        CHECK_EQ(personality(some[i]), before);
        before = some[i];
        CHECK_EQ(personality(ASK), before);
        CHECK_EQ(syscall(SYS_personality, ASK | 1ul << 32), before); /* 32 bits count */
        JOIN(spawn(has_personality, (void *)before));
        CHECK_EQ(personality(ASK), before);
    }
}

static void yield(void)
{
    for (int i = 0; i < 1000; i++)
        CHECK_OK(sched_yield());
}

static void ids(void)
{
    CHECK_EQ(getuid(), geteuid());
    CHECK_EQ(getgid(), getegid());
    CHECK_EQ(syscall(SYS_gettid), getpid());
    CHECK_EQ(getpgid(0), getpgrp());
    CHECK_EQ(getpgid(getpid()), getpid()); /* the runner made us a group of our own */
    CHECK_ERR(getpgid(0x3ffffff0), ESRCH);
    CHECK_ERR(getpgid(-1), ESRCH);
    CHECK_ERR(setpgid(0x3ffffff0, 0), ESRCH);
    CHECK_ERR(setpgid(0, -1), EINVAL);
    CHECK_ERR(setsid(), EPERM); /* a group leader cannot */
    pid_t pid = CHECK_OK(fork());
    if (pid == 0) {
        CHECK_EQ(setsid(), getpid());
        CHECK_EQ(getpgrp(), getpid());
        CHECK_EQ(getsid(0), getpid());
        _exit(0);
    }
    JOIN(pid);
}

static void cpu_times(void)
{
    struct tms t;
    struct rusage u;

    CHECK(times(&t) != -1);
    CHECK(t.tms_utime >= 0 && t.tms_stime >= 0);
    CHECK_OK(getrusage(RUSAGE_SELF, &u));
    CHECK_OK(getrusage(RUSAGE_CHILDREN, &u));
    CHECK_ERR(getrusage(77, &u), EINVAL);
}

/* Registers that a call does not return in keep their values, whatever it does. */
static void registers_kept(void)
{
    for (int i = 0; i < 200; i++) {
        volatile long a = i, b = i * 3, c = ~i;
        double x = i / 3.0, y = x * 7;
        syscall(SYS_getppid);
        syscall(SYS_read, -1, NULL, 5);
        sched_yield();
        CHECK(a == i && b == i * 3 && c == ~i && y == i / 3.0 * 7);
    }
}

static void float_worker(void *arg)
{
    volatile double sum = 0, start = (double)(long)arg;

    for (int i = 0; i < 20000; i++) {
        sum = sum + start / 4;
        if (i % 500 == 0)
            sched_yield();
    }
    CHECK(sum == 20000 * start / 4);
}

/* Each process has floating-point registers of its own. */
static void floating_point(void)
{
    pid_t pid[6];

    for (long i = 0; i < 6; i++)
        pid[i] = spawn(float_worker, (void *)(i + 1));
    float_worker((void *)9);
    for (int i = 0; i < 6; i++)
        JOIN(pid[i]);
}

#ifdef SYS_arch_prctl
/* Where the thread pointer is set by a call: it stays, and is no address of the kernel's. */
static void thread_pointer(void)
{
    enum {
        SET_FS = 0x1002,
        GET_FS = 0x1003,
        SHADOW_STACK_STATUS = 0x3001
    };
    unsigned long own, fresh = (unsigned long)map(PAGE, PROT_READ | PROT_WRITE), got = 0;

    CHECK_ERR(syscall(SYS_arch_prctl, SHADOW_STACK_STATUS, &got), EINVAL);
    CHECK_ERR(syscall(SYS_arch_prctl, SET_FS, slot_va(272)), EPERM);
    CHECK_ERR(syscall(SYS_arch_prctl, GET_FS, 8), EFAULT);
    CHECK_OK(syscall(SYS_arch_prctl, GET_FS, &own));
    /* Until it is back, nothing that another library would look for it in. */
    syscall(SYS_arch_prctl, SET_FS, fresh);
    for (int i = 0; i < 20; i++)
        syscall(SYS_sched_yield);
    syscall(SYS_arch_prctl, GET_FS, &got);
    syscall(SYS_arch_prctl, SET_FS, own);
    CHECK_EQ(got, fresh);
}
#endif

const struct test misc_tests[] = {
    {"misc-uname", names, 0},
    {"misc-random", random_numbers, 0},
    {"misc-unknown-calls", unknown_calls, 0},
    {"misc-limits", limits, 0},
    {"misc-personality", personalities, 0},
    {"misc-yield", yield, 0},
    {"misc-ids", ids, 0},
    {"misc-cpu-times", cpu_times, 0},
    {"misc-registers-kept", registers_kept, 0},
    {"misc-floating-point", floating_point, 0},
#ifdef SYS_arch_prctl
    {"misc-thread-pointer", thread_pointer, 0},
#endif
    {NULL, NULL, 0},
};
