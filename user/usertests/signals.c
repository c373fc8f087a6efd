/* SPDX-License-Identifier: MIT */
/* Signals: default actions, ignoring, blocking, handlers. */
#include "test.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void raise_signal(void *arg)
{
    kill(getpid(), (int)(long)arg);
}

/* A child that sends itself this signal goes on and ends normally. */
static void check_harmless(int signo)
{
    int status = join(spawn(raise_signal, (void *)(long)signo));

    if (status != 0)
        FAIL("signal %d: status %#x", signo, status);
}

static void defaults(void)
{
    static const int deadly[] = {
        SIGHUP,  SIGINT,  SIGQUIT, SIGILL,  SIGTRAP, SIGABRT,   SIGBUS, SIGFPE,  SIGKILL,
        SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM,   16,     SIGXCPU, SIGXFSZ,
        SIGPROF, SIGSYS,  SIGIO,   SIGPWR,  64,      SIGVTALRM, 40,
    };
    static const int harmless[] = {SIGCHLD, SIGURG, SIGWINCH, SIGCONT};

    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
        EXPECT_SIGNAL(raise_signal, (long)deadly[i], deadly[i]);
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
        check_harmless(harmless[i]);
}

static void ignored(void)
{
    static const int some[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGPIPE, SIGSEGV};

    for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
        CHECK(signal(some[i], SIG_IGN) == SIG_DFL);
        check_harmless(some[i]);
        CHECK(signal(some[i], SIG_DFL) == SIG_IGN);
    }
    EXPECT_SIGNAL(raise_signal, (long)SIGTERM, SIGTERM);
}

/* A real fault is not ignored away: it would come again for ever. */
static void fault_not_ignorable(void)
{
    CHECK(signal(SIGSEGV, SIG_IGN) == SIG_DFL);
    EXPECT_SIGNAL(do_write, 0, SIGSEGV);
    EXPECT_SIGNAL(do_jump, slot_va(272), SIGSEGV);
}

static void not_settable(void)
{
    struct sigaction act;

    memset(&act, 0, sizeof(act));
    act.sa_handler = SIG_IGN;
    CHECK_ERR(sigaction(SIGKILL, &act, NULL), EINVAL);
    CHECK_ERR(sigaction(SIGSTOP, &act, NULL), EINVAL);
    CHECK_ERR(syscall(SYS_rt_sigaction, 0, NULL, NULL, 8), EINVAL);
    CHECK_ERR(syscall(SYS_rt_sigaction, 65, NULL, NULL, 8), EINVAL);
    CHECK_ERR(syscall(SYS_rt_sigaction, -1, NULL, NULL, 8), EINVAL);
    CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4), EINVAL);
    EXPECT_SIGNAL(raise_signal, (long)SIGKILL, SIGKILL);
}

static void block(int how, int signo)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, signo);
    CHECK_OK(sigprocmask(how, &set, NULL));
}

static void send_unblock(void *arg)
{
    block(SIG_BLOCK, SIGTERM);
    raise_signal((void *)(long)SIGTERM);
    raise_signal((void *)(long)SIGTERM);
    write_full(*(int *)arg, "alive", 5);
    block(SIG_UNBLOCK, SIGTERM);
    write_full(*(int *)arg, "still", 5);
}

static void blocked(void)
{
    char text[20];
    int fds[2], status;
    sigset_t set;
    pid_t pid;

    CHECK_OK(pipe(fds));
    pid = spawn(send_unblock, &fds[1]);
    close(fds[1]);
    CHECK_EQ(read_full(fds[0], text, sizeof(text)), 5);
    status = join(pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    /* SIGKILL cannot be blocked, but asking for it is no error. */
    block(SIG_BLOCK, SIGKILL);
    CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &set));
    CHECK_EQ(sigismember(&set, SIGKILL), 0);
    EXPECT_SIGNAL(raise_signal, (long)SIGKILL, SIGKILL);
    CHECK_ERR(syscall(SYS_rt_sigprocmask, 7, &set, NULL, 8), EINVAL);
}

static volatile int caught;

static void install(int signo, void (*fn)(int))
{
    struct sigaction act;

    memset(&act, 0, sizeof(act));
    act.sa_handler = fn;
    CHECK_OK(sigaction(signo, &act, NULL));
}

static void catch (int signo)
{
    caught = signo;
}

static void handler(void)
{
    install(SIGUSR1, catch);
    for (int i = 0; i < 100; i++) {
        volatile double x = i * 1.5;
        caught = 0;
        CHECK_OK(kill(getpid(), SIGUSR1));
        CHECK_EQ(caught, SIGUSR1);
        CHECK(x == i * 1.5);
    }
    CHECK(signal(SIGUSR1, SIG_DFL) == catch);
}

static void send_later(void *arg)
{
    const struct timespec pause = {0, 20 * 1000 * 1000};

    (void)arg;
    nanosleep(&pause, NULL);
    kill(getppid(), SIGUSR1);
}

/* A function that calls none may have its variables below the stack pointer. */
static __attribute__((noinline)) bool leaf(void)
{
    volatile long mine[8];
    bool kept = true;

    for (int i = 0; i < 8; i++)
        mine[i] = i + 0x5a5a;
    while (!caught)
        ;
    for (int i = 0; i < 8; i++)
        kept = kept && mine[i] == i + 0x5a5a;
    return kept;
}

static void handler_in_leaf(void)
{
    pid_t pid;

    install(SIGUSR1, catch);
    pid = spawn(send_later, NULL);
    CHECK(leaf());
    JOIN(pid);
}

static void *fault_address;

/* A handler may look where a fault was; it ends the program itself. */
static void look_and_exit(int signo, siginfo_t *info, void *context)
{
    (void)context;
    _exit(signo == SIGSEGV && info->si_signo == signo && info->si_addr == fault_address ? 55 : 1);
}

static void fault_handler(void)
{
    struct sigaction act;
    int status;

    memset(&act, 0, sizeof(act));
    act.sa_sigaction = look_and_exit;
    act.sa_flags = SA_SIGINFO;
    CHECK_OK(sigaction(SIGSEGV, &act, NULL));
    fault_address = map(PAGE, PROT_READ);
    status = join(spawn(do_write, fault_address));

    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 55);
}

/* A handler whose stack cannot be written to: the process dies instead. */
static void overflow_handler(int signo)
{
    (void)signo;
    _exit(1);
}

static __attribute__((noinline)) long deeper(long n)
{
    volatile char frame[2000];

    frame[0] = n;
    return n == 0 ? 0 : deeper(n - 1) + frame[0];
}

static void overflow(void *arg)
{
    deeper(1l << 40);
    (void)arg;
}

static void no_room_for_handler(void)
{
    install(SIGSEGV, overflow_handler);
    EXPECT_SIGNAL(overflow, NULL, SIGSEGV);
}

/* Without SA_RESTART a handler ends a call that was waiting. */
static void interrupted(void)
{
    int fds[2];
    pid_t pid, parent = getpid();
    char c;

    install(SIGUSR1, catch);
    CHECK_OK(pipe(fds));
    pid = CHECK_OK(fork());
    if (pid == 0) { /* sends until the parent has been interrupted in its read */
        const struct timespec pause = {0, 2 * 1000 * 1000};
        while (kill(parent, SIGUSR1) == 0)
            nanosleep(&pause, NULL);
        _exit(0);
    }
    CHECK_ERR(read(fds[0], &c, 1), EINTR);
    CHECK_EQ(caught, SIGUSR1);
    signal(SIGUSR1, SIG_IGN);
    CHECK_OK(kill(pid, SIGKILL));
    join(pid);
}

const struct test signals_tests[] = {
    {"signals-defaults", defaults, 0},
    {"signals-ignored", ignored, 0},
    {"signals-fault-not-ignorable", fault_not_ignorable, 0},
    {"signals-not-settable", not_settable, 0},
    {"signals-blocked", blocked, 0},
    {"signals-handler", handler, 0},
    {"signals-handler-in-leaf", handler_in_leaf, 0},
    {"signals-fault-handler", fault_handler, 0},
    {"signals-no-room-for-handler", no_room_for_handler, 0},
    {"signals-interrupted", interrupted, 0},
    {NULL, NULL, 0},
};
