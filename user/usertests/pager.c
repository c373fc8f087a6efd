/* SPDX-License-Identifier: MIT */
/*
 * SIGSEGV and SIGBUS as a service: where and why an access failed, on an alternate stack, and what
 * a handler can make of it. The classic exercise, a pager at user level, maps the page and returns,
 * and the access that failed is made again and succeeds.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static volatile int faults, last_signal, last_code;
static volatile unsigned long last_addr, handler_sp;
static sigjmp_buf back;

static void install(void (*fn)(int, siginfo_t *, void *), int flags)
{
    struct sigaction act;

    memset(&act, 0, sizeof(act));
    act.sa_sigaction = fn;
    act.sa_flags = SA_SIGINFO | flags;
    CHECK_OK(sigaction(SIGSEGV, &act, NULL));
    CHECK_OK(sigaction(SIGBUS, &act, NULL));
}

static void note(int signo, siginfo_t *info)
{
    int here;

    faults++;
    last_signal = signo;
    last_code = info->si_code;
    last_addr = (unsigned long)info->si_addr;
    handler_sp = (unsigned long)&here;
}

static void jump_back(int signo, siginfo_t *info, void *context)
{
    (void)context;
    note(signo, info);
    siglongjmp(back, 1);
}

/* This access must fail, and for this reason. */
static void expect(child_fn *fn, const void *addr, int signo, int code)
{
    volatile int before = faults;

    if (sigsetjmp(back, 1) == 0) {
        fn((void *)(uintptr_t)addr);
        FAIL("the access to %p went well", addr);
    }
    CHECK_EQ(faults, before + 1);
    CHECK_EQ(last_signal, signo);
    CHECK_EQ(last_addr, (unsigned long)addr);
    CHECK_EQ(last_code, code);
}

/* siglongjmp() out of the handler, again and again: the signal is not blocked afterwards. */
static void reasons(void)
{
    char *none = map(PAGE, PROT_NONE), *ro = map(PAGE, PROT_READ), *gone = map(PAGE, RW), *f;
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));

    f = (char *)CHECK_OK(mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0));
    CHECK_OK(munmap(gone, PAGE));
    install(jump_back, 0);
    for (int i = 0; i < 3; i++) {
        expect(do_read, gone + 5, SIGSEGV, SEGV_MAPERR);
        expect(do_write, gone + PAGE - 1, SIGSEGV, SEGV_MAPERR);
        expect(do_read, (void *)8, SIGSEGV, SEGV_MAPERR);
        expect(do_read, none + 9, SIGSEGV, SEGV_ACCERR);
        expect(do_write, none, SIGSEGV, SEGV_ACCERR);
        expect(do_write, ro + 77, SIGSEGV, SEGV_ACCERR);
        expect(do_jump, ro, SIGSEGV, SEGV_ACCERR);
        expect(do_jump, gone, SIGSEGV, SEGV_MAPERR);
        expect(do_read, f + 1, SIGBUS, BUS_ADRERR);
        expect(do_write, f + PAGE + 123, SIGBUS, BUS_ADRERR);
        CHECK_EQ(*ro, 0);
        read_byte((unsigned long)ro);
        expect(do_write, ro + 78, SIGSEGV, SEGV_ACCERR); /* the zero page is there now */
    }
}

/* --- the pager --- */

static char *paged;
static unsigned long paged_size;
static int paged_prot;

static unsigned char page_byte(unsigned long at)
{
    return at / PAGE * 7 + 3;
}

/* Maps the page that is missing, filled with its own number. */
static void map_page(int signo, siginfo_t *info, void *context)
{
    char *page = (char *)((unsigned long)info->si_addr & -PAGE);

    (void)context;
    note(signo, info);
    if (page < paged || page >= paged + paged_size ||
        mmap(page, PAGE, RW, ANON | MAP_FIXED, -1, 0) != page)
        _exit(40);
    memset(page, page_byte(page - paged), PAGE);
    if (paged_prot != RW && mprotect(page, PAGE, paged_prot) < 0)
        _exit(41);
}

static char *hole(unsigned long pages)
{
    char *p = map(pages * PAGE, PROT_NONE);

    CHECK_OK(munmap(p, pages * PAGE));
    paged = p;
    paged_size = pages * PAGE;
    paged_prot = RW;
    return p;
}

static void pager_read(void)
{
    char *p = hole(64);

    install(map_page, 0);
    for (int i = 63; i >= 0; i--)
        CHECK_EQ((unsigned char)p[i * PAGE + i], page_byte(i * PAGE));
    CHECK_EQ(faults, 64);
    for (int i = 0; i < 64; i++)
        CHECK(all_bytes(p + i * PAGE, PAGE, page_byte(i * PAGE)));
    CHECK_EQ(faults, 64);
}

static void pager_write(void)
{
    char *p = hole(64);

    install(map_page, 0);
    for (int i = 0; i < 64; i++)
        p[i * PAGE + 100]++;
    CHECK_EQ(faults, 64);
    for (int i = 0; i < 64; i++) {
        CHECK_EQ((unsigned char)p[i * PAGE + 100], (unsigned char)(page_byte(i * PAGE) + 1));
        CHECK_EQ((unsigned char)p[i * PAGE + 101], page_byte(i * PAGE));
    }
}

/* One access over two pages that are both missing. */
static void pager_straddles(void)
{
    char *p = hole(4);
    long value;

    install(map_page, 0);
    memcpy(&value, p + PAGE - 4, sizeof(value));
    CHECK_EQ((value & 255), page_byte(0));
    CHECK_EQ(((unsigned long)value >> 56), page_byte(PAGE));
    memset(p + 2 * PAGE, 1, 2 * PAGE);
    CHECK_EQ(faults, 4);
}

/* Write barriers: each page read-only until it is written to first, as collectors use it. */
static unsigned char dirty[64];

static void unprotect(int signo, siginfo_t *info, void *context)
{
    unsigned long page = ((unsigned long)info->si_addr - (unsigned long)paged) / PAGE;

    (void)context;
    note(signo, info);
    if (signo != SIGSEGV || info->si_code != SEGV_ACCERR || page >= 64)
        _exit(42);
    dirty[page]++;
    if (mprotect(paged + page * PAGE, PAGE, RW) < 0)
        _exit(43);
}

static void write_barrier(void)
{
    paged = map(64 * PAGE, RW);
    memset(paged, 1, 64 * PAGE);
    install(unprotect, 0);
    for (int round = 0; round < 4; round++) {
        CHECK_OK(mprotect(paged, 64 * PAGE, PROT_READ));
        memset(dirty, 0, sizeof(dirty));
        for (int i = 0; i < 64; i += 1 + round)
            for (int at = 0; at < 5; at++)
                paged[i * PAGE + at * 7] += 1;
        for (int i = 0; i < 64; i++)
            CHECK_EQ(dirty[i], i % (1 + round) == 0);
    }
    CHECK_EQ(paged[0], 5);
}

static void make_code(int signo, siginfo_t *info, void *context)
{
    char *page = (char *)((unsigned long)info->si_addr & -PAGE);

    (void)context;
    note(signo, info);
    if (mmap(page, PAGE, RW, ANON | MAP_FIXED, -1, 0) != page)
        _exit(44);
    memcpy(page, code_bytes(), code_size());
    if (mprotect(page, PAGE, PROT_READ | PROT_EXEC) < 0)
        _exit(45);
}

/* The instruction itself was not there. */
static void pager_execute(void)
{
    char *p = hole(8);

    install(make_code, 0);
    for (int i = 0; i < 8; i++)
        do_jump(p + i * PAGE);
    for (int i = 0; i < 8; i++)
        do_jump(p + i * PAGE);
    CHECK_EQ(faults, 8);
    CHECK_EQ(last_addr, (unsigned long)p + 7 * PAGE);
}

/* A file that is too short: the handler makes it longer. */
static int short_file;

static void lengthen(int signo, siginfo_t *info, void *context)
{
    unsigned long at = (unsigned long)info->si_addr - (unsigned long)paged;

    (void)context;
    note(signo, info);
    if (signo != SIGBUS || ftruncate(short_file, at + 1) < 0)
        _exit(46);
}

static void pager_bus(void)
{
    short_file = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    paged = (char *)CHECK_OK(mmap(NULL, 8 * PAGE, RW, MAP_SHARED, short_file, 0));
    install(lengthen, 0);
    for (int i = 0; i < 8; i++)
        paged[i * PAGE + 10] = i;
    CHECK_EQ(faults, 8);
    CHECK_EQ(lseek(short_file, 0, SEEK_END), 7 * PAGE + 11);
}

/* All registers are as they were: sums over values from pages that come one by one. */
static void registers_kept(void)
{
    char *p = hole(64);
    unsigned long a = 1, b = 2, c = 3, d = 4;
    double x = 1.5, y = 0.25;

    install(map_page, 0);
    for (int i = 0; i < 64; i++) {
        unsigned long v = (unsigned char)p[i * PAGE + 17];
        CHECK_EQ(v, page_byte(i * PAGE));
        a += v;
        b ^= a * 3;
        c = c * 5 + b;
        d += c >> 3;
        x = x * 1.25 + v;
        y += x / 2;
    }
    unsigned long a2 = 1, b2 = 2, c2 = 3, d2 = 4;
    double x2 = 1.5, y2 = 0.25;
    for (int i = 0; i < 64; i++) {
        a2 += page_byte(i * PAGE);
        b2 ^= a2 * 3;
        c2 = c2 * 5 + b2;
        d2 += c2 >> 3;
        x2 = x2 * 1.25 + page_byte(i * PAGE);
        y2 += x2 / 2;
    }
    CHECK(a == a2 && b == b2 && c == c2 && d == d2 && x == x2 && y == y2);
}

/* --- alternate stacks --- */

static char *use_altstack(unsigned long size)
{
    stack_t s = {.ss_sp = map(size, RW), .ss_size = size}, old;

    CHECK_OK(sigaltstack(&s, NULL));
    CHECK_OK(sigaltstack(NULL, &old));
    CHECK(old.ss_sp == s.ss_sp && old.ss_size == size && old.ss_flags == 0);
    return s.ss_sp;
}

static void altstack(void)
{
    char *stack = use_altstack(64 * KiB), *gone = map(PAGE, PROT_NONE);
    int here;

    install(jump_back, SA_ONSTACK);
    for (int i = 0; i < 5; i++) {
        expect(do_read, gone, SIGSEGV, SEGV_ACCERR);
        CHECK(handler_sp > (unsigned long)stack && handler_sp < (unsigned long)stack + 64 * KiB);
    }
    install(jump_back, 0); /* it is for handlers that ask for it */
    expect(do_read, gone, SIGSEGV, SEGV_ACCERR);
    CHECK(handler_sp > (unsigned long)&here - 64 * KiB && handler_sp < (unsigned long)&here + PAGE);
}

static void altstack_errors(void)
{
    stack_t s = {.ss_sp = map(64 * KiB, RW), .ss_size = 64 * KiB}, old;

    CHECK_OK(sigaltstack(NULL, &old));
    CHECK_EQ(old.ss_flags, SS_DISABLE);
    s.ss_flags = 77;
    CHECK_ERR(sigaltstack(&s, NULL), EINVAL);
    s.ss_flags = 0;
    s.ss_size = 100;
    CHECK_ERR(sigaltstack(&s, NULL), ENOMEM);
    CHECK_ERR(sigaltstack((stack_t *)slot_va(272), NULL), EFAULT);
    s.ss_size = 64 * KiB;
    CHECK_OK(sigaltstack(&s, NULL));
    CHECK_ERR(sigaltstack(NULL, (stack_t *)slot_va(272)), EFAULT);
    s.ss_flags = SS_DISABLE;
    CHECK_OK(sigaltstack(&s, NULL));
    CHECK_OK(sigaltstack(NULL, &old));
    CHECK_EQ(old.ss_flags, SS_DISABLE);
}

/* On it, one sees that one is, and cannot change it. */
static void look_at_stack(int signo, siginfo_t *info, void *context)
{
    stack_t s, other = {.ss_sp = map(64 * KiB, RW), .ss_size = 64 * KiB};

    (void)context;
    note(signo, info);
    if (sigaltstack(NULL, &s) < 0 || s.ss_flags != SS_ONSTACK)
        _exit(47);
    if (sigaltstack(&other, NULL) != -1 || errno != EPERM)
        _exit(48);
    siglongjmp(back, 1);
}

static void altstack_in_use(void)
{
    char *gone = map(PAGE, PROT_NONE);

    use_altstack(64 * KiB);
    install(look_at_stack, SA_ONSTACK);
    expect(do_write, gone, SIGSEGV, SEGV_ACCERR);
    expect(do_write, gone, SIGSEGV, SEGV_ACCERR);
}

/* Only there can the end of the stack itself be survived. */
static __attribute__((noinline)) long deeper(long n)
{
    volatile char frame[2000];

    frame[0] = n;
    return n == 0 ? 0 : deeper(n - 1) + frame[0];
}

static void stack_overflow(void)
{
    use_altstack(64 * KiB);
    install(jump_back, SA_ONSTACK);
    for (volatile int i = 0; i < 3; i++) {
        volatile int before = faults;
        if (sigsetjmp(back, 1) == 0) {
            deeper(1l << 40);
            FAIL("there is no end to the stack");
        }
        CHECK_EQ(faults, before + 1);
        CHECK_EQ(last_signal, SIGSEGV);
        CHECK_EQ(last_code, SEGV_MAPERR);
    }
}

/* A fault in the handler of another, with and without SA_NODEFER. */
static volatile char *outer, *inner;
static volatile int nested_seen;

static void nested_handler(int signo, siginfo_t *info, void *context)
{
    char *page = (char *)((unsigned long)info->si_addr & -PAGE);

    (void)context;
    note(signo, info);
    if (page == outer)
        nested_seen += *inner + 1; /* faults, and is served */
    if (mprotect(page, PAGE, RW) < 0)
        _exit(49);
}

static void nested(void)
{
    outer = map(PAGE, PROT_NONE);
    inner = map(PAGE, PROT_NONE);
    use_altstack(64 * KiB);
    install(nested_handler, SA_ONSTACK | SA_NODEFER);
    *outer = 1;
    CHECK_EQ(faults, 2);
    CHECK_EQ(nested_seen, 1);
    CHECK_EQ(*outer, 1);
    CHECK_EQ(*inner, 0);
}

static void fault_twice(void *arg)
{
    (void)arg;
    outer = map(PAGE, PROT_NONE);
    inner = map(PAGE, PROT_NONE);
    install(nested_handler, 0);
    *outer = 1;
}

/* A fault while its signal is blocked cannot wait. */
static void blocked(void *arg)
{
    sigset_t set;

    install(jump_back, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    do_write(arg);
}

static void fatal(void)
{
    char *gone = map(PAGE, PROT_NONE);

    EXPECT_SIGNAL(fault_twice, NULL, SIGSEGV);
    EXPECT_SIGNAL(blocked, gone, SIGSEGV);
}

/* Without a handler, wait() says by which signal; there is no core here. */
static void statuses(void)
{
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600)), status;
    char *f = (char *)CHECK_OK(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0));

    status = join(spawn(do_read, f));
    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGBUS);
    CHECK(!WIFEXITED(status) && !WIFSTOPPED(status));
    status = join(spawn(do_read, NULL));
    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGSEGV);
}

/* A system call with such an address says EFAULT; no handler is called. */
static void not_for_calls(void)
{
    char *p = hole(2);
    int fds[2];

    install(map_page, 0);
    CHECK_OK(pipe(fds));
    CHECK_ERR(write(fds[1], p, 10), EFAULT);
    write_full(fds[1], "x", 1);
    CHECK_ERR(read(fds[0], p, 1), EFAULT);
    CHECK_EQ(faults, 0);
}

const struct test pager_tests[] = {
    {"pager-reasons", reasons, 0},
    {"pager-read", pager_read, 0},
    {"pager-write", pager_write, 0},
    {"pager-straddles", pager_straddles, 0},
    {"pager-write-barrier", write_barrier, 0},
    {"pager-execute", pager_execute, 0},
    {"pager-bus", pager_bus, 0},
    {"pager-registers", registers_kept, 0},
    {"pager-altstack", altstack, 0},
    {"pager-altstack-errors", altstack_errors, 0},
    {"pager-altstack-in-use", altstack_in_use, 0},
    {"pager-stack-overflow", stack_overflow, 0},
    {"pager-nested", nested, 0},
    {"pager-fatal", fatal, 0},
    {"pager-statuses", statuses, 0},
    {"pager-not-for-calls", not_for_calls, 0},
    {NULL, NULL, 0},
};
