/* SPDX-License-Identifier: MIT */
/*
 * Where signals, processes and waiting meet: stopping and continuing, calls that a signal ends or
 * that go on after it, clone() with odd arguments, what is not to be executed.
 */
#include "test.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    CLONE_VM = 0x100,
    CLONE_VFORK = 0x4000,
    CLONE_WAIT = 0x40000000 /* __WALL */
};

static void pause_ms(long ms)
{
    const struct timespec t = {0, ms * 1000000};

    nanosleep(&t, NULL);
}

static volatile int caught;

static void catch (int signo)
{
    caught = signo;
}

static void install(int signo, int flags)
{
    struct sigaction act;

    memset(&act, 0, sizeof(act));
    act.sa_handler = catch;
    act.sa_flags = flags;
    CHECK_OK(sigaction(signo, &act, NULL));
}

static void sleep_long(void *arg)
{
    const struct timespec t = {1000, 0};

    (void)arg;
    nanosleep(&t, NULL);
}

/* SIGCONT right after SIGSTOP finds the task stopped, or about to: it runs in the end. */
static void stop_continue(void)
{
    int question[2], answer[2];
    char c = 'x';
    pid_t pid;

    CHECK_OK(pipe(question));
    CHECK_OK(pipe(answer));
    pid = CHECK_OK(fork());
    if (pid == 0) {
        close(question[1]);
        while (read(question[0], &c, 1) == 1)
            write_full(answer[1], &c, 1);
        _exit(0);
    }
    for (int i = 0; i < 3000; i++) {
        CHECK_OK(kill(pid, SIGSTOP));
        for (volatile int j = 0; j < i % 64 * 8; j++)
            ;
        CHECK_OK(kill(pid, SIGCONT));
        write_full(question[1], &c, 1);
        CHECK_EQ(read(answer[0], &c, 1), 1);
    }
    close(question[0]);
    close(question[1]);
    JOIN(pid);
}

static void continue_later(void *pid)
{
    pause_ms(30);
    kill((pid_t)(long)pid, SIGCONT);
    sleep_long(NULL); /* its end would wake the parent as well */
}

/* A parent asleep in wait4() hears of both; who goes on is no longer reported as stopped. */
static void wait_continued(void)
{
    pid_t pid = spawn(sleep_long, NULL), helper;
    int status;

    CHECK_OK(kill(pid, SIGSTOP));
    CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    helper = spawn(continue_later, (void *)(long)pid);
    CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
    CHECK_EQ(status, 0xffff);
    CHECK_OK(kill(helper, SIGKILL));
    CHECK_EQ(join(helper), SIGKILL);

    install(SIGCHLD, 0);
    caught = 0;
    CHECK_OK(kill(pid, SIGSTOP));
    while (!caught)
        pause_ms(1);
    CHECK_OK(kill(pid, SIGCONT));
    CHECK_EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0);
    CHECK_OK(kill(pid, SIGKILL));
    CHECK_EQ(join(pid), SIGKILL);
}

/* Neither ends in EINTR when no handler ran, nor does sleeping begin anew. */
static void stopped_sleep(void *arg)
{
    const struct timespec t = {0, 200 * 1000000};

    (void)arg;
    CHECK_OK(nanosleep(&t, NULL));
}

static void sleep_goes_on(void)
{
    struct timespec start, end;
    pid_t pid = spawn(stopped_sleep, NULL);

    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < 15; i++) {
        pause_ms(20);
        kill(pid, SIGSTOP);
        pause_ms(1);
        kill(pid, SIGCONT);
    }
    JOIN(pid);
    clock_gettime(CLOCK_MONOTONIC, &end);
    CHECK(end.tv_sec - start.tv_sec < 3);
}

static void send_usr1(void *arg)
{
    pause_ms(30);
    kill(getppid(), SIGUSR1);
    (void)arg;
}

/* sigsuspend() and sleeping end with a handler even if that would restart other calls. */
static void suspend_restart(void)
{
    const struct timespec t = {100, 0};
    sigset_t empty, usr1;
    pid_t pid;

    install(SIGUSR1, SA_RESTART);
    sigemptyset(&empty);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    CHECK_OK(sigprocmask(SIG_BLOCK, &usr1, NULL));
    pid = spawn(send_usr1, NULL);
    CHECK_ERR(sigsuspend(&empty), EINTR);
    CHECK_EQ(caught, SIGUSR1);
    JOIN(pid);
    CHECK_OK(sigprocmask(SIG_SETMASK, NULL, &usr1));
    CHECK_EQ(sigismember(&usr1, SIGUSR1), 1);

    CHECK_OK(sigprocmask(SIG_SETMASK, &empty, NULL));
    pid = spawn(send_usr1, NULL);
    CHECK_ERR(nanosleep(&t, NULL), EINTR);
    JOIN(pid);
}

/* The signal for the parent is a number from the program: 200 is none. */
static void odd_exit_signals(void)
{
    static const int signals[] = {0, SIGUSR1, 64, 65, 128, 200, 255};

    install(SIGUSR1, 0);
    signal(64, SIG_IGN);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        pid_t pid = syscall(SYS_clone, signals[i], 0, 0, 0, 0);
        int status;
        if (pid == 0)
            _exit(7);
        if (pid < 0) {
            CHECK_EQ(errno, EINVAL);
            CHECK(signals[i] > 64);
            continue;
        }
        while (waitpid(pid, &status, CLONE_WAIT) < 0)
            CHECK_EQ(errno, EINTR);
        CHECK_EQ(status, 7 << 8);
    }
}

/* The child shares the parent's memory and does not let go of it. */
static void vfork_and_sleep(void *arg)
{
    (void)arg;
    if (syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0) == 0)
        sleep_long(NULL);
}

static void vfork_parent_dies(void)
{
    pid_t pid = spawn(vfork_and_sleep, NULL);

    pause_ms(50);
    CHECK_OK(kill(pid, SIGKILL));
    CHECK_EQ(join_or_kill(pid, 3000), SIGKILL);
}

/* A signal for a group whose leader is forking reaches the child, too: none is left to wait. */
static void fork_in_group(void *arg)
{
    (void)arg;
    setpgid(0, 0);
    for (pid_t me = getpid();;) {
        pid_t pid = CHECK_OK(fork());
        if (pid == 0) {
            for (volatile int i = 0; i < 1000; i++)
                ;
            if (getppid() != me)
                sleep_long(NULL);
            _exit(0);
        }
        join(pid);
    }
}

static void group_dies(void)
{
    for (int i = 0; i < 12; i++) {
        pid_t pid = spawn(fork_in_group, NULL);
        setpgid(pid, pid);
        pause_ms(5);
        CHECK_OK(kill(-pid, SIGKILL));
        /* A zombie is still of the group: until we, and init for its child, have waited. */
        join(pid);
        for (int tries = 0; kill(-pid, 0) == 0; tries++) {
            CHECK(tries < 1000);
            pause_ms(2);
        }
        CHECK_EQ(errno, ESRCH);
    }
}

static void not_executable_kinds(void)
{
    char *argv[] = {"x", NULL};

    CHECK_OK(mkfifo("fifo", 0755));
    CHECK_ERR(execv("fifo", argv), EACCES);
    CHECK_ERR(execv("/dev/console", argv), EACCES);
    write_file("script", "#!fifo\n", 7);
    CHECK_ERR(execv("./script", argv), EACCES);
}

static void exec_self(void *arg)
{
    char *argv[] = {(char *)self_path(), "-l", "core-small-stack", NULL};
    const struct rlimit limit = {64 * KiB, 64 * KiB};

    (void)arg;
    CHECK_OK(setrlimit(RLIMIT_STACK, &limit));
    close(1);
    execv(argv[0], argv);
    FAIL("execv: %s", strerror(errno));
}

/* Small, but enough for a program and its arguments. */
static void small_stack(void)
{
    JOIN(spawn(exec_self, NULL));
}

/* Process 1 gets the signals that it asked for, and no others. */
static void init_stays(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGKILL, SIGSTOP, SIGTERM};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        CHECK_OK(kill(1, signals[i]));
    pause_ms(20);
    CHECK_OK(kill(1, 0));
    CHECK_ERR(syscall(SYS_tgkill, 1, getpid(), 0), ESRCH);
    CHECK_ERR(kill(-2147483647 - 1, 0), ESRCH);
}

const struct test core_tests[] = {
    {"core-stop-continue", stop_continue, 0},
    {"core-wait-continued", wait_continued, 0},
    {"core-sleep-goes-on", sleep_goes_on, 0},
    {"core-suspend-restart", suspend_restart, 0},
    {"core-odd-exit-signals", odd_exit_signals, 0},
    {"core-vfork-parent-dies", vfork_parent_dies, 0},
    {"core-group-dies", group_dies, 0},
    {"core-not-executable-kinds", not_executable_kinds, 0},
    {"core-small-stack", small_stack, 0},
    {"core-init-stays", init_stays, T_OWN},
    {NULL, NULL, 0},
};
