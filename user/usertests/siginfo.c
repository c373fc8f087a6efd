/* SPDX-License-Identifier: MIT */
/* What a handler is told of the signal's origin, on which stack it runs, and who waits for whom. */
#include "test.h"
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Names that not every C library has. */
enum {
    FROM_KILL = 0,     /* SI_USER */
    FROM_TKILL = -6,   /* SI_TKILL */
    BY_EXIT = 1,       /* CLD_EXITED */
    BY_SIGNAL = 2,     /* CLD_KILLED */
    BY_STOP = 5,       /* CLD_STOPPED */
    BY_CONT = 6,       /* CLD_CONTINUED */
    NO_SUCH = 0x400,   /* SA_UNSUPPORTED */
    WAIT_ALL = 1 << 30 /* __WALL */
};
#define DISARM     (1 << 31) /* SS_AUTODISARM */
#define WAIT_CLONE (1 << 31) /* __WCLONE */

static volatile siginfo_t told;
static volatile stack_t stack_inside;
static volatile int set_inside;

static void take(int signo, siginfo_t *info, void *context)
{
    stack_t ss;

    (void)signo;
    (void)context;
    *(siginfo_t *)&told = *info;
    CHECK_OK(sigaltstack(NULL, &ss));
    *(stack_t *)&stack_inside = ss;
    set_inside = sigaltstack(&ss, NULL) == 0 ? 0 : errno;
}

static void install(int signo, int flags)
{
    struct sigaction act;

    memset(&act, 0, sizeof(act));
    act.sa_sigaction = take;
    act.sa_flags = SA_SIGINFO | SA_RESTART | flags;
    CHECK_OK(sigaction(signo, &act, NULL));
}

static void origins(void)
{
    install(SIGUSR1, 0);
    CHECK_OK(kill(getpid(), SIGUSR1));
    CHECK(told.si_signo == SIGUSR1 && told.si_code == FROM_KILL && told.si_pid == getpid());
    CHECK_OK(killpg(0, SIGUSR1));
    CHECK(told.si_code == FROM_KILL && told.si_pid == getpid());
    told.si_signo = 0;
    CHECK_OK(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1));
    CHECK(told.si_signo == SIGUSR1 && told.si_code == FROM_TKILL && told.si_pid == getpid());
}

static void end_as_told(void *arg)
{
    long how = (long)arg;

    if (how >= 0)
        _exit((int)how);
    kill(getpid(), (int)-how);
}

static void check_child(long how, int code, int status)
{
    pid_t pid = spawn(end_as_told, (void *)how);
    int wait_status;

    CHECK_EQ(waitpid(pid, &wait_status, WUNTRACED), pid);
    CHECK_EQ(told.si_signo, SIGCHLD);
    CHECK_EQ(told.si_code, code);
    CHECK_EQ(told.si_pid, pid);
    CHECK_EQ(told.si_status, status);
    told.si_signo = 0;
    if (!WIFSTOPPED(wait_status))
        return;
    CHECK_OK(kill(pid, SIGKILL));
    CHECK_EQ(waitpid(pid, &wait_status, 0), pid);
    CHECK(told.si_code == BY_SIGNAL && told.si_status == SIGKILL);
}

static void children(void)
{
    install(SIGCHLD, 0);
    check_child(0, BY_EXIT, 0);
    check_child(0x15a, BY_EXIT, 0x5a);
    check_child(-SIGKILL, BY_SIGNAL, SIGKILL);
    check_child(-SIGTERM, BY_SIGNAL, SIGTERM);
    check_child(-SIGSTOP, BY_STOP, SIGSTOP);
}

/* A program finds out what is offered: other bits do not come back. */
static void unknown_flags(void)
{
    struct sigaction act;

    install(SIGUSR1, SA_NODEFER | NO_SUCH | 0x200);
    CHECK_OK(sigaction(SIGUSR1, NULL, &act));
    CHECK_EQ(act.sa_flags & ~0x04000000, SA_SIGINFO | SA_RESTART | SA_NODEFER);
}

static void set_stack(void *sp, size_t size, int flags)
{
    stack_t ss = {.ss_sp = sp, .ss_size = size, .ss_flags = flags};

    CHECK_OK(sigaltstack(&ss, NULL));
}

static void stack_flags(void)
{
    stack_t ss = {.ss_sp = map(64 * KiB, PROT_READ | PROT_WRITE), .ss_size = 64 * KiB}, now;
    void *sp = ss.ss_sp;

    install(SIGUSR1, SA_ONSTACK);
    set_stack(sp, ss.ss_size, SS_ONSTACK); /* says the same as 0 */
    CHECK_OK(sigaltstack(NULL, &now));
    CHECK(now.ss_flags == 0 && now.ss_sp == sp);
    CHECK_OK(kill(getpid(), SIGUSR1));
    CHECK(stack_inside.ss_flags == SS_ONSTACK && set_inside == EPERM);
    ss.ss_flags = SS_ONSTACK | SS_DISABLE;
    CHECK_ERR(sigaltstack(&ss, NULL), EINVAL);
    ss.ss_flags = 4;
    CHECK_ERR(sigaltstack(&ss, NULL), EINVAL);

    /* With SS_AUTODISARM there is none inside, and it is back afterwards. */
    set_stack(sp, ss.ss_size, DISARM);
    CHECK_OK(kill(getpid(), SIGUSR1));
    CHECK(stack_inside.ss_flags == SS_DISABLE && stack_inside.ss_size == 0);
    CHECK_OK(sigaltstack(NULL, &now));
    CHECK(now.ss_flags == DISARM && now.ss_sp == sp && now.ss_size == ss.ss_size);
    set_stack(sp, 1, SS_DISABLE);
    CHECK_OK(sigaltstack(NULL, &now));
    CHECK(now.ss_flags == SS_DISABLE && !now.ss_sp && now.ss_size == 0);
}

static volatile unsigned long lowest; /* how far down the handler's stack has gone */
static volatile int depth;            /* handlers to be called inside each other */

static void again(int signo)
{
    volatile char local = 0;

    lowest = (unsigned long)&local;
    if (--depth > 0)
        kill(getpid(), signo);
}

static void call_again(char *stack, size_t size, int times)
{
    struct sigaction act;

    memset(&act, 0, sizeof(act));
    act.sa_handler = again;
    act.sa_flags = SA_ONSTACK | SA_NODEFER;
    CHECK_OK(sigaction(SIGUSR1, &act, NULL));
    set_stack(stack, size, 0);
    depth = times;
    CHECK_OK(kill(getpid(), SIGUSR1));
}

struct room {
    char *stack;
    size_t size;
};

static void call_twice(void *arg)
{
    struct room *room = arg;

    call_again(room->stack, room->size, 2);
}

/* A second frame that has no room on the stack is not written below it: the program ends. */
static void stack_full(void)
{
    const size_t half = 64 * KiB;
    char *p = mmap(NULL, 2 * half, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct room room = {.stack = p + half};

    CHECK(p != MAP_FAILED);
    call_again(p, 2 * half, 1);
    room.size = (size_t)p + 2 * half - lowest; /* one frame, and what the handler needs itself */
    room.size += room.size / 2;
    if (room.size < 2048) /* the kernel's own minimum; libraries may have another */
        room.size = 2048;
    CHECK(room.size < half);
    EXPECT_SIGNAL(call_twice, &room, SIGSEGV);
    CHECK(all_bytes(p, half, 0));
}

static int end_at_once(void *arg)
{
    (void)arg;
    _exit(3);
}

/* A child whose end sends no SIGCHLD is waited for by who asks for such, or for all. */
static void clones(void)
{
    static char stack[16 * KiB] __attribute__((aligned(16)));
    int status;
    pid_t pid = CHECK_OK(clone(end_at_once, stack + sizeof(stack), 0, NULL));

    CHECK_ERR(waitpid(pid, &status, 0), ECHILD);
    CHECK_ERR(waitpid(-1, &status, WNOHANG), ECHILD);
    CHECK_EQ(waitpid(pid, &status, WAIT_CLONE), pid);
    CHECK_EQ(status, 3 << 8);
    pid = CHECK_OK(clone(end_at_once, stack + sizeof(stack), 0, NULL));
    CHECK_EQ(waitpid(-1, &status, WAIT_ALL), pid);
    pid = CHECK_OK(clone(end_at_once, stack + sizeof(stack), SIGCHLD, NULL));
    CHECK_ERR(waitpid(pid, &status, WAIT_CLONE), ECHILD);
    CHECK_EQ(waitpid(pid, &status, WAIT_ALL), pid);
}

/* waitid()'s numbers. */
enum {
    ANYBODY = 0,    /* P_ALL */
    PROCESS = 1,    /* P_PID */
    GROUP = 2,      /* P_PGID */
    NO_HANG = 1,    /* WNOHANG */
    STOPPED = 2,    /* WSTOPPED */
    EXITED = 4,     /* WEXITED */
    GOES_ON = 8,    /* WCONTINUED */
    LEAVE = 1 << 24 /* WNOWAIT */
};

static long wait_id(int type, pid_t id, int options)
{
    memset((void *)&told, 0x55, sizeof(told));
    return syscall(SYS_waitid, type, id, &told, options, NULL);
}

static void check_told(pid_t pid, int code, int status)
{
    CHECK_EQ(told.si_signo, SIGCHLD);
    CHECK_EQ(told.si_code, code);
    CHECK_EQ(told.si_pid, pid);
    CHECK_EQ(told.si_status, status);
}

static void stop_and_stay(void *arg)
{
    (void)arg;
    kill(getpid(), SIGSTOP);
    pause(); /* who has ended does not go on */
}

/* waitid() tells what a handler of SIGCHLD is told, and can leave it for another wait. */
static void ids(void)
{
    pid_t pid = spawn(end_as_told, (void *)7l);

    CHECK_ERR(wait_id(ANYBODY, 0, 0), EINVAL);
    CHECK_ERR(wait_id(ANYBODY, 0, EXITED | 0x100), EINVAL);
    CHECK_ERR(wait_id(PROCESS, 0, EXITED), EINVAL);
    CHECK_ERR(wait_id(PROCESS, -1, EXITED), EINVAL);
    CHECK_ERR(wait_id(GROUP, -1, EXITED), EINVAL);
    CHECK_ERR(wait_id(7, 1, EXITED), EINVAL);
    CHECK_ERR(wait_id(PROCESS, getpid(), EXITED), ECHILD);
    CHECK_ERR(wait_id(GROUP, 1, EXITED), ECHILD);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(wait_id(PROCESS, pid, EXITED | LEAVE));
        check_told(pid, BY_EXIT, 7);
    }
    /* What it can have to tell no more is not waited for. */
    CHECK_ERR(wait_id(PROCESS, pid, STOPPED | GOES_ON | NO_HANG), ECHILD);
    CHECK_OK(wait_id(GROUP, 0, EXITED));
    check_told(pid, BY_EXIT, 7);
    CHECK_ERR(wait_id(ANYBODY, 0, EXITED), ECHILD);

    pid = spawn(stop_and_stay, NULL);
    CHECK_OK(wait_id(PROCESS, pid, STOPPED | LEAVE));
    check_told(pid, BY_STOP, SIGSTOP);
    CHECK_OK(wait_id(PROCESS, pid, STOPPED));
    CHECK_OK(wait_id(PROCESS, pid, STOPPED | EXITED | NO_HANG));
    CHECK(told.si_signo == 0 && told.si_pid == 0);
    CHECK_OK(kill(pid, SIGCONT));
    CHECK_OK(wait_id(ANYBODY, 0, GOES_ON));
    check_told(pid, BY_CONT, SIGCONT);
    CHECK_OK(kill(pid, SIGKILL));
    CHECK_OK(wait_id(ANYBODY, 0, EXITED));
    check_told(pid, BY_SIGNAL, SIGKILL);
}

const struct test siginfo_tests[] = {
    {"siginfo-origins", origins, 0},
    {"siginfo-children", children, 0},
    {"siginfo-unknown-flags", unknown_flags, 0},
    {"siginfo-stack-flags", stack_flags, 0},
    {"siginfo-stack-full", stack_full, 0},
    {"siginfo-clones", clones, 0},
    {"siginfo-waitid", ids, 0},
    {NULL, NULL, 0},
};
