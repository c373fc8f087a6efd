/* SPDX-License-Identifier: MIT */
/*
 * bench: what the kernel's basic operations cost, in nanoseconds of the monotonic clock each; under
 * `qemu -icount shift=0` that is guest instructions. Each is done once unmeasured to warm up.
 */
#include <cli.h>
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "bench.h"

static struct timespec start, end;

/* Around what is measured: all of it, or what a benchmark itself says. */
static void begin(void)
{
    clock_gettime(CLOCK_MONOTONIC, &start);
}

static void stop(void)
{
    clock_gettime(CLOCK_MONOTONIC, &end);
}

static void do_syscall(long n)
{
    while (n--)
        __syscall(SYS_getppid, 0, 0, 0, 0, 0, 0);
}

static char *new_pages(long n)
{
    char *p = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        err(1, "mmap");
    for (long i = 0; i < n; i++)
        p[i * PAGE] = 1;
    return p;
}

/* Demand-zero write faults on fresh memory; the mapping's own cost is spread over all of them. */
static void do_fault(long n)
{
    char *p = new_pages(n);

    munmap(p, n * PAGE);
}

static void do_mmap(long n)
{
    while (n--) {
        char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED)
            err(1, "mmap");
        munmap(p, PAGE);
    }
}

static void wait_for(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, 0) != pid || status != 0)
        errx(1, "child failed");
}

static void do_fork(long n)
{
    while (n--) {
        pid_t pid = fork();
        if (pid < 0)
            err(1, "fork");
        if (pid == 0)
            _exit(0);
        wait_for(pid);
    }
}

static void do_exec(long n)
{
    while (n--) {
        pid_t pid = fork();
        if (pid < 0)
            err(1, "fork");
        if (pid == 0) {
            execl("/bin/true", "true", NULL);
            _exit(127);
        }
        wait_for(pid);
    }
}

/* Maps the file as often as it takes to read a byte of each of n pages. */
static void read_mapped(int fd, long pages, long n)
{
    volatile char sum = 0;

    while (n > 0) {
        char *p = mmap(NULL, pages * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED)
            err(1, "mmap");
        for (long i = 0; i < pages && n > 0; i++, n--)
            sum += p[i * PAGE];
        munmap(p, pages * PAGE);
    }
}

/* Pages that are in the page cache: the first time, they come from the disk. */
static void do_text(long n)
{
    struct stat st;
    int fd = open("/bin/usertests", O_RDONLY);

    if (fd < 0 || fstat(fd, &st) < 0)
        err(1, "/bin/usertests");
    read_mapped(fd, st.st_size / PAGE, st.st_size / PAGE);
    begin();
    read_mapped(fd, st.st_size / PAGE, n);
    stop();
    close(fd);
}

/* A child that shows n pages of the parent's and ends. */
static void do_fork_pages(long n)
{
    char *p = new_pages(n);

    begin();
    do_fork(1);
    stop();
    munmap(p, n * PAGE);
}

/* One byte to another process and back: two wakeups and two switches. */
static void do_pipe(long n)
{
    int to[2], from[2];
    pid_t pid;
    char c = 0;

    if (pipe(to) < 0 || pipe(from) < 0)
        err(1, "pipe");
    pid = fork();
    if (pid < 0)
        err(1, "fork");
    if (pid == 0) {
        close(to[1]);
        while (read(to[0], &c, 1) == 1)
            if (write(from[1], &c, 1) != 1)
                _exit(1);
        _exit(0);
    }
    close(to[0]);
    close(from[1]);
    while (n--)
        if (write(to[1], &c, 1) != 1 || read(from[0], &c, 1) != 1)
            errx(1, "pipe: no answer");
    close(to[1]);
    close(from[0]);
    wait_for(pid);
}

static const struct benchmark {
    const char *name, *what;
    void (*run)(long n);
    long times;
} benchmarks[] = {
    {"syscall", "getppid system call", do_syscall, 100000},
    {"fault", "demand-zero page fault", do_fault, 4096},
    {"text", "page of a mapped file, in the cache", do_text, 4096},
    {"mmap", "mmap and munmap of a page", do_mmap, 10000},
    {"pipe", "round trip through two pipes", do_pipe, 5000},
    {"fork", "fork, exit, wait", do_fork, 300},
    {"forkpage", "the same, for each page of the parent's own", do_fork_pages, 8192},
    {"exec", "fork, exec /bin/true, wait", do_exec, 200},
#define VMAS(name, what, times)                                                                    \
    VMAS_AT(name, 64, what, times), VMAS_AT(name, 1024, what, times),                              \
        VMAS_AT(name, 16384, what, times)
#define VMAS_AT(name, count, what, times)                                                          \
    {                                                                                              \
        "vmas_" #name #count, what ", of " #count " areas", do_vmas_##name##count, times           \
    }
    VMAS(map, "munmap and mmap of any area", 2000),
    VMAS(room, "mmap where there is room, munmap", 2000),
    VMAS(protect, "mprotect of any area", 2000),
    VMAS(fault, "munmap, mmap, fault in any area", 2000),
};
#define BENCHMARKS (sizeof(benchmarks) / sizeof(*benchmarks))

static void measure(const struct benchmark *b, long times)
{
    long ns;

    b->run(1);
    begin();
    end = (struct timespec){0};
    b->run(times);
    if (!end.tv_sec && !end.tv_nsec)
        stop();
    ns = (end.tv_sec - start.tv_sec) * 1000000000L + end.tv_nsec - start.tv_nsec;
    printf("%-17s %10ld ns  %s (%ld times)\n", b->name, (ns + times / 2) / times, b->what, times);
    fflush(stdout);
}

static _Noreturn void help(void)
{
    fprintf(stderr, "usage: bench [-n times] [name ...]\n"
                    "  measures all of these, or those whose names begin so:\n");
    for (unsigned i = 0; i < BENCHMARKS; i++)
        fprintf(stderr, "  %-17s %s\n", benchmarks[i].name, benchmarks[i].what);
    _exit(2);
}

/* A name stands for every benchmark that begins with it. */
static bool chosen_by(const struct benchmark *b, const char *name)
{
    return strncmp(b->name, name, strlen(name)) == 0;
}

static void check_name(const char *name)
{
    for (unsigned i = 0; i < BENCHMARKS; i++)
        if (chosen_by(&benchmarks[i], name))
            return;
    warnx("no benchmark of that name: %s", name);
    help();
}

int main(int argc, char **argv)
{
    long times = 0;
    int opt;

    while ((opt = getopt(argc, argv, "n:")) != -1) {
        if (opt != 'n')
            help();
        times = number_arg(optarg, 1, INT_MAX);
    }
    for (int i = optind; i < argc; i++)
        check_name(argv[i]);
    for (unsigned i = 0; i < BENCHMARKS; i++) {
        bool chosen = optind == argc;
        for (int j = optind; j < argc; j++)
            chosen |= chosen_by(&benchmarks[i], argv[j]);
        if (chosen)
            measure(&benchmarks[i], times ? times : benchmarks[i].times);
    }
    return finish(0);
}
