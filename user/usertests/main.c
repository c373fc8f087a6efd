/* SPDX-License-Identifier: MIT */
/*
 * usertests: runs the tests, each in a process and a directory of its own, with a time limit.
 *
 * The runner itself uses little of the system (fork, wait4, kill, one pipe), so that it can report
 * on the rest. After each test it looks whether the machine has as much memory available as before,
 * and when all is done whether as much is free; leaks show because the tests named leak-* do
 * everything hundreds of times.
 */
#include "test.h"
#include "runner.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIME_LIMIT        60  /* seconds that a test may take */
#define TIME_LIMIT_STRESS 900 /* the same with -s */
/*
 * What may be missing from MemFree after a run, in KiB: slab pages that are kept because one object
 * of them is in use; and for each processor, pages and kernel stacks that it has at hand.
 */
#define LEAK_SLACK         640
#define LEAK_SLACK_PER_CPU 128
/* The same after one test. */
#define TEST_SLACK         256
#define TEST_SLACK_PER_CPU 64

/* The tables of all files. */
#define TABLE(name) extern const struct test name##_tests[];
#include "tables.def"
#undef TABLE

#define TABLE(name) name##_tests,
static const struct test *const tables[] = {
#include "tables.def"
};
#define NTABLES (sizeof(tables) / sizeof(tables[0]))

static char scratch[64]; /* the directory of all tests' directories; empty: there is none */
static int passed, failed;
static bool verbose;
static bool memory; /* whether to look for leaks */

/* Removes a name of the current directory with all that is below it, however deep. */
static void remove_tree(const char *name)
{
    struct dirent *e;
    DIR *dir;

    if (unlink(name) == 0 || (errno != EISDIR && errno != EPERM) || chdir(name) < 0)
        return;
    dir = opendir(".");
    while (dir && (e = readdir(dir)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            remove_tree(e->d_name);
    if (dir)
        closedir(dir);
    if (chdir("..") == 0)
        rmdir(name);
}

static void make_scratch(void)
{
    const char *base = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";

    mkdir(base, 0777);
    snprintf(scratch, sizeof(scratch), "%s/usertests.%d", base, (int)getpid());
    if (mkdir(scratch, 0777) < 0) {
        fprintf(stderr, "usertests: %s: %s: tests run in this directory\n", scratch,
                strerror(errno));
        scratch[0] = 0;
    }
}

/* The test's process, until fn returns or a check fails. */
static _Noreturn void test_process(const struct test *t, int report)
{
    const struct rlimit no_core = {0, 0};

    report_fd = report;
    setpgid(0, 0);
    setrlimit(RLIMIT_CORE, &no_core);
    if (scratch[0]) {
        CHECK_OK(chdir(scratch));
        CHECK_OK(mkdir(t->name, 0777));
        CHECK_OK(chdir(t->name));
    }
    t->fn();
    _exit(STATUS_PASSED);
}

/* Waits for it, and ends it and its children when its time is over: true if that was so. */
static bool wait_for(pid_t pid, int *status)
{
    struct timespec pause = {0, 500 * 1000};
    long end = now_ms() + (stress ? TIME_LIMIT_STRESS : TIME_LIMIT) * 1000l;

    while (waitpid(pid, status, WNOHANG) == 0) {
        if (now_ms() > end) {
            kill(-pid, SIGKILL);
            kill(pid, SIGKILL);
            waitpid(pid, status, 0);
            return true;
        }
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < 20 * 1000 * 1000)
            pause.tv_nsec += pause.tv_nsec / 2;
    }
    kill(-pid, SIGKILL); /* what it may have left behind */
    return false;
}

/* The first line that the test's processes wrote, or what its end says. */
static void reason(int fd, int status, bool late, char *text, size_t size)
{
    ssize_t n = read(fd, text, size - 1);

    text[n > 0 ? n : 0] = 0;
    text[strcspn(text, "\n")] = 0;
    if (late)
        snprintf(text, size, "not done in time");
    else if (!text[0] && WIFSIGNALED(status))
        snprintf(text, size, "died of signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else if (!text[0])
        snprintf(text, size, "exit status %d", WEXITSTATUS(status));
}

static void verdict(const char *name, long ms, int status, const char *why)
{
    if (status == STATUS_PASSED) {
        passed++;
        printf("ok %s (%ld ms)\n", name, ms);
    } else if (status == STATUS_SKIPPED) {
        printf("skip %s: %s\n", name, why);
    } else {
        failed++;
        printf("FAIL %s: %s\n", name, why);
    }
    fflush(stdout);
}

/* Is as much memory available as before? The dead give theirs back in their own time. */
static bool is_available(long want)
{
    const struct timespec pause = {0, 20 * 1000 * 1000};

    for (int i = 0; i < 150; i++) {
        if (meminfo("MemAvailable") >= want)
            return true;
        drop_caches();
        nanosleep(&pause, NULL);
    }
    return false;
}

static bool leaks(long before, char *why, size_t size)
{
    long slack = TEST_SLACK + TEST_SLACK_PER_CPU * sysconf(_SC_NPROCESSORS_ONLN);

    if (!memory || is_available(before - slack))
        return false;
    snprintf(why, size, "leaves less memory: MemAvailable was %ld KiB before, and is %ld KiB",
             before, meminfo("MemAvailable"));
    return true;
}

static void run_test(const struct test *t)
{
    long start = now_ms(), before = memory ? meminfo("MemAvailable") : 0;
    int report[2], status = -1;
    char why[500];
    bool late;
    pid_t pid;

    if (verbose) {
        printf("run %s\n", t->name);
        fflush(stdout);
    }
    if (pipe2(report, O_CLOEXEC | O_NONBLOCK) < 0 || (pid = fork()) < 0) {
        verdict(t->name, 0, STATUS_FAILED, strerror(errno));
        return;
    }
    if (pid == 0) {
        close(report[0]);
        test_process(t, report[1]);
    }
    close(report[1]);
    late = wait_for(pid, &status);
    reason(report[0], status, late, why, sizeof(why));
    close(report[0]);
    if (scratch[0] && chdir(scratch) == 0)
        remove_tree(t->name);
    status = late || !WIFEXITED(status) ? STATUS_FAILED : WEXITSTATUS(status);
    if (status == STATUS_PASSED && leaks(before, why, sizeof(why)))
        status = STATUS_FAILED;
    verdict(t->name, now_ms() - start, status, why);
}

/* An argument names one test, or the beginning of the names of several. */
static bool wanted(const struct test *t, int argc, char **argv)
{
    if ((t->flags & T_STRESS) && !stress)
        return false;
    if ((t->flags & T_OWN) && reference)
        return false;
    for (int i = 0; i < argc; i++)
        if (strncmp(t->name, argv[i], strlen(argv[i])) == 0)
            return true;
    return argc == 0;
}

/* Ends the program when an argument names no test that can be run. */
static void check_names(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        bool known = false;
        for (size_t j = 0; j < NTABLES; j++)
            for (const struct test *t = tables[j]; t->name; t++)
                known |= wanted(t, 1, &argv[i]);
        if (!known) {
            fprintf(stderr, "usertests: no test to run is called %s: usertests -l lists them\n",
                    argv[i]);
            exit(2);
        }
    }
}

/* What one more test would use for the first time should not look like a leak. */
static void warm_up(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    free_memory(0);
}

static void check_memory(long before)
{
    long start = now_ms(), slack = LEAK_SLACK + LEAK_SLACK_PER_CPU * sysconf(_SC_NPROCESSORS_ONLN);
    long after = free_memory(before - slack);
    char why[120];

    snprintf(why, sizeof(why), "MemFree was %ld KiB before the run, and is %ld KiB (slack %ld)",
             before, after, slack);
    verdict("memory-leaks", now_ms() - start,
            after < before - slack ? STATUS_FAILED : STATUS_PASSED, why);
}

static int run(int argc, char **argv)
{
    long before = 0;

    memory = !reference && exists("/proc/meminfo");
    make_scratch();
    if (memory) {
        warm_up();
        before = free_memory(0);
    }
    for (size_t i = 0; i < NTABLES; i++)
        for (const struct test *t = tables[i]; t->name; t++)
            if (wanted(t, argc, argv))
                run_test(t);
    if (scratch[0] && chdir("/") == 0)
        rmdir(scratch);
    if (memory)
        check_memory(before);
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}

static int list(int argc, char **argv)
{
    for (size_t i = 0; i < NTABLES; i++)
        for (const struct test *t = tables[i]; t->name; t++)
            if (wanted(t, argc, argv))
                printf("%s%s\n", t->name, t->flags & T_STRESS ? " (-s)" : "");
    return 0;
}

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: usertests [-lrsv] [-S seed] [name...]\n"
                    "  -l  list the tests    -s  run the long ones as well    -v  announce each\n"
                    "  -r  reference run on another kernel: leave out what is xv39's own\n"
                    "  a name stands for every test that begins with it\n");
    exit(2);
}

static uint64_t number(const char *text)
{
    char *end;
    uint64_t n = strtoul(text, &end, 0);

    if (end == text || *end)
        usage();
    return n;
}

int main(int argc, char **argv, char **envp)
{
    bool only_list = false;
    int c;

    if (argc > 1 && strcmp(argv[1], "--probe") == 0)
        return probe_main(argc, argv, envp);
    while ((c = getopt(argc, argv, "lrsvS:")) != -1) {
        if (c == 'l')
            only_list = true;
        else if (c == 'r')
            reference = true;
        else if (c == 's')
            stress = true;
        else if (c == 'v')
            verbose = true;
        else if (c == 'S')
            seed = number(optarg);
        else
            usage();
    }
    argc -= optind;
    argv += optind;
    stress |= only_list;
    check_names(argc, argv);
    return only_list ? list(argc, argv) : run(argc, argv);
}
