/* SPDX-License-Identifier: MIT */
/*
 * Programs gone wild: bytes drawn at random are executed, and signal frames are returned through
 * with random changes in them. Nothing is expected of such a program but that it harms nobody else.
 */
#include "test.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <arch/machinecode.h>

static void quit(int signo)
{
    _exit(signo);
}

/*
 * Without files, in a process group of its own: should the bytes be a system call, it does little.
 * Handlers are something more to go wrong.
 */
static void lock_in(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        signal(faults[i], quit);
    setpgid(0, 0);
    for (int fd = 0; fd < 64; fd++)
        close(fd);
    if (chroot(".") < 0 && reference)
        _exit(0);
}

/* Numbers that a processor or a kernel may find special. */
static unsigned long special(unsigned long *state)
{
    unsigned long r = draw(state);

    switch (draw(state) % 6) {
    case 0:
        return r;
    case 1:
        return r >> r % 64;
    case 2:
        return -(r >> r % 64);
    case 3:
        return slot_va(r % 512) + (r >> 16) % 3 - 1;
    case 4:
        return (1ul << r % 64) - (r >> 8) % 2;
    default:
        return user_end() - r % 20;
    }
}

/* Some ends at once and some in a loop; either way it is over in a moment. */
static void run_for_a_moment(child_fn *fn, unsigned long number)
{
    join_or_kill(spawn(fn, (void *)number), 15);
}

static void still_well(void)
{
    volatile double x = 1.5;
    volatile long y = 12345;

    write_file("check", "all is well", 11);
    CHECK(exists("check"));
    JOIN(spawn(do_read, (void *)self_path()));
    CHECK(x == 1.5 && y == 12345);
}

static void instructions_child(void *arg)
{
    unsigned long state = (unsigned long)arg;
    unsigned char *code = map(2 * PAGE, PROT_READ | PROT_WRITE);

    for (unsigned char *byte = code; byte < code + 2 * PAGE; byte++)
        do
            *byte = (unsigned char)draw(&state);
        while (!CODE_BYTE_ALLOWED(*byte));
    CHECK_OK(mprotect(code, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
    lock_in();
    for (unsigned long i = 0; i < 8; i++)
        ((void (*)(unsigned long, unsigned long, unsigned long))(code + 8 * i))(
            special(&state), special(&state), (unsigned long)code + PAGE);
}

static void instructions(void)
{
    for (unsigned long i = 0; i < (stress ? 5000 : 150); i++)
        run_for_a_moment(instructions_child, seed * 7001 + i);
    still_well();
}

static unsigned long frame_state;

/*
 * Changes a few words of what was saved for the way back: they begin where the context does, and go
 * on to where the interrupted function's own are.
 */
static void change_frame(int signo, siginfo_t *info, void *context)
{
    volatile unsigned char *bytes = context;
    int changes = 1 + (int)(draw(&frame_state) % 12);

    (void)signo, (void)info;
    for (int i = 0; i < changes; i++) {
        size_t at = draw(&frame_state) % 1300;
        unsigned long value = special(&frame_state);
        size_t size = draw(&frame_state) % 3 ? sizeof(value) : 1;
        if (size > 1)
            at &= -sizeof(value);
        for (size_t k = 0; k < size; k++)
            bytes[at + k] = (unsigned char)(value >> 8 * k);
    }
}

static void frames_child(void *arg)
{
    struct sigaction act;

    frame_state = (unsigned long)arg;
    memset(&act, 0, sizeof(act));
    act.sa_sigaction = change_frame;
    act.sa_flags = SA_SIGINFO;
    CHECK_OK(sigaction(SIGUSR1, &act, NULL));
    lock_in();
    for (int i = 0; i < 5; i++)
        kill(getpid(), SIGUSR1);
}

static void signal_frames(void)
{
    for (unsigned long i = 0; i < (stress ? 5000 : 150); i++)
        run_for_a_moment(frames_child, seed * 9001 + i);
    still_well();
}

/* For SIGUSR1 a handler whose frame has no memory: that is a fault of the program's. */
static void handle_without_room(void (*on_fault)(int))
{
    const struct {
        void *sp;
        int flags;
        size_t size;
    } stack = {map(16 * PAGE, PROT_NONE), 0, 16 * PAGE};
    struct sigaction act;

    memset(&act, 0, sizeof(act));
    act.sa_handler = on_fault;
    CHECK_OK(sigaction(SIGSEGV, &act, NULL));
    act.sa_flags = SA_ONSTACK;
    CHECK_OK(sigaction(SIGUSR1, &act, NULL));
    CHECK_OK(syscall(SYS_sigaltstack, &stack, NULL));
}

static void caught_fault(int signo)
{
    _exit(signo == SIGSEGV ? 55 : 1);
}

static void no_frame_child(void *arg)
{
    (void)arg;
    handle_without_room(caught_fault);
    kill(getpid(), SIGUSR1);
}

static void no_frame(void)
{
    int status = join(spawn(no_frame_child, NULL));

    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 55);
}

static volatile int faults;

static void count_fault(int signo)
{
    faults += signo == SIGSEGV ? 1 : 100;
}

/* In sigsuspend(): the handler that could be called brings back the mask from before. */
static void no_frame_mask(void)
{
    sigset_t set, now;

    handle_without_room(count_fault);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    CHECK_OK(kill(getpid(), SIGUSR1));
    CHECK_EQ(faults, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    CHECK_ERR(sigsuspend(&set), EINTR);
    CHECK_EQ(faults, 1);
    CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &now));
    CHECK(sigismember(&now, SIGUSR1));
    CHECK(!sigismember(&now, SIGUSR2) && !sigismember(&now, SIGSEGV));
}

const struct test wild_tests[] = {
    {"wild-instructions", instructions, 0},
    {"wild-signal-frames", signal_frames, 0},
    {"wild-no-signal-frame", no_frame, 0},
    {"wild-no-frame-mask", no_frame_mask, 0},
    {NULL, NULL, 0},
};
