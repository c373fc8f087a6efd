/* SPDX-License-Identifier: MIT */
/* A sequence: its process, its steps, the children that it forks. */
#include "mapfuzz.h"
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct sequence seq;

static void steps(int n);

uint64_t draw(void)
{
    uint64_t x = seq.random += 0x9e3779b97f4a7c15;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

unsigned long below(unsigned long n)
{
    return draw() % n;
}

/* A child that does what we might do; what it has said becomes one word of what we say. */
static void op_fork(void)
{
    uint64_t digest = 0;
    int fd[2], status;
    pid_t pid;

    if (seq.depth >= 2 || pipe(fd) < 0)
        return;
    say("fork\n");
    flush_said();
    pid = fork();
    if (pid == 0) {
        seq.depth++;
        say_start();
        say_state();
        seq.random ^= 0x5555;
        steps(2 + below(6));
        say_state();
        flush_said();
        digest = said();
        if (write(fd[1], &digest, sizeof(digest)) < 0)
            _exit(97);
        _exit(0);
    }
    close(fd[1]);
    if (pid < 0 || read(fd[0], &digest, sizeof(digest)) < 0)
        say("  no child\n");
    close(fd[0]);
    waitpid(pid, &status, 0);
    seq.stray = true; /* who knows */
    say_digest(digest);
    say("forked: status %x\n", status);
}

static const struct op {
    void (*fn)(void);
    unsigned weight, needs;
} ops[] = {
    {op_mmap, 24, 0},
    {op_munmap, 6, 0},
    {op_mprotect, 14, 0},
    {op_remap, 16, WITH_REMAP},
    {op_advise, 8, WITH_ADVISE},
    {op_lock, 4, WITH_LOCK},
    {op_mincore, 3, WITH_ADVISE},
    {op_msync, 2, WITH_FILE},
    {op_brk, 3, 0},
    {op_touch, 24, 0},
    {op_file, 5, WITH_FILE},
    {op_fork, 2, 0},
    {op_kernel_copy, 3, WITH_KERNEL},
};
#define NOPS (sizeof(ops) / sizeof(ops[0]))

static const struct op *draw_op(void)
{
    unsigned total = 0;
    unsigned long at;

    for (size_t i = 0; i < NOPS; i++)
        if ((ops[i].needs & features) == ops[i].needs)
            total += ops[i].weight;
    at = below(total);
    for (size_t i = 0; i < NOPS; i++)
        if ((ops[i].needs & features) == ops[i].needs) {
            if (at < ops[i].weight)
                return &ops[i];
            at -= ops[i].weight;
        }
    return &ops[0];
}

static void steps(int n)
{
    for (int i = 0; i < n; i++) {
        note("%*s%d: ", seq.depth * 4, "", i);
        draw_op()->fn();
        if (one_in(12))
            say_state();
        else if (verbosity > 1) {
            uint64_t keep = said();
            say_maps();
            say_again(keep);
        }
    }
}

static void set_limit(int resource, long kib)
{
    struct rlimit r;

    getrlimit(resource, &r);
    r.rlim_cur = kib * 1024;
    setrlimit(resource, &r);
}

/* Some sequences come to the end of what a process may have. */
static void draw_limit(void)
{
    unsigned long mode = below(10);

    if (!(features & WITH_LIMIT))
        return;
    seq.limited = mode < 3;
    if (mode == 0)
        set_limit(RLIMIT_AS, seq.base_size + 4 * seq.pages);
    else if (mode == 1) {
        seq.data_limited = true;
        set_limit(RLIMIT_DATA, seq.base_data + 4 * seq.pages / 2);
    } else if (mode == 2 && features & WITH_LOCK)
        set_limit(RLIMIT_MEMLOCK, 4 * 12);
}

/* Pages for our own calls, so that the stack does not grow while sizes are compared. */
static __attribute__((noinline)) void use_stack(void)
{
    volatile char room[65536];

    for (size_t i = 0; i < sizeof(room); i += 1024)
        room[i] = 0;
}

static void start(uint64_t seed, const char *file)
{
    static const unsigned sizes[] = {8, 16, 32, MAX_PAGES};

    memset(&seq, 0, sizeof(seq));
    seq.random = seed * 0xd1342543de82ef95 + 1;
    seq.pages = sizes[below(4)];
    seq.next_tag = 1;
    seq.heap = ((unsigned long)syscall(SYS_brk, 0) + PAGE - 1) / PAGE * PAGE;
    syscall(SYS_brk, seq.heap);
    use_stack();
    catch_signals();
    open_files(file);
    seq.base_size = status_kib("VmSize:");
    seq.base_data = status_kib("VmData:");
    say_start();
    say("seed %llu, %u pages\n", (unsigned long long)seed, seq.pages);
    draw_limit();
}

uint64_t run_sequence(uint64_t seed, int n, const char *file)
{
    uint64_t digest = 0;
    int fd[2], status = 0;
    pid_t pid;

    if (pipe(fd) < 0 || (pid = fork()) < 0)
        return 0;
    if (pid == 0) {
        start(seed, file);
        for (int i = 0; i < 3; i++)
            op_mmap(); /* something to begin with */
        steps(n);
        say_state();
        flush_said();
        digest = said();
        _exit(write(fd[1], &digest, sizeof(digest)) < 0);
    }
    close(fd[1]);
    if (read(fd[0], &digest, sizeof(digest)) < 0)
        digest = 0;
    close(fd[0]);
    waitpid(pid, &status, 0);
    return hash(digest, &status, sizeof(status));
}
