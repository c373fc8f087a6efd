/* SPDX-License-Identifier: MIT */
/*
 * Runs the unit tests: unit [-s seed] [name...], all tests or those whose names contain one of the
 * words. The seed is also taken from UNIT_SEED. A line for each test, and a closing line; exit
 * status 1 when one failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "test/unit/unit.h"

/* No test takes this long unless it hangs. */
#define TIMEOUT_SECONDS 120

static struct unit_test *tests;
static uint64_t state;

void unit_register(struct unit_test *test)
{
    struct unit_test **link = &tests;

    while (*link && strcmp((*link)->name, test->name) < 0)
        link = &(*link)->next;
    test->next = *link;
    *link = test;
}

/* The splitmix64 generator: any seed will do. */
uint64_t random_u64(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

uint64_t random_below(uint64_t n)
{
    return (uint64_t)((unsigned __int128)random_u64() * n >> 64);
}

void unit_fail(const char *file, int line, const char *what)
{
    printf("  %s:%d: %s\n", file, line, what);
    fflush(stdout);
    _exit(1);
}

static bool selected(const char *name, char **words)
{
    if (!*words)
        return true;
    for (; *words; words++)
        if (strstr(name, *words))
            return true;
    return false;
}

static bool run(const struct unit_test *test, uint64_t seed)
{
    int status;
    struct timespec t0, t1;

    fflush(stdout);
    clock_gettime(CLOCK_MONOTONIC, &t0);
    pid_t pid = fork();
    if (pid < 0) {
        perror("fork");
        exit(2);
    }
    if (pid == 0) {
        alarm(TIMEOUT_SECONDS);
        state = seed;
        test->run();
        fflush(stdout);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    clock_gettime(CLOCK_MONOTONIC, &t1);
    if (WIFSIGNALED(status))
        printf("  ended by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
    printf("%-4s %s (seed %llu, %.2f s)\n", status ? "FAIL" : "ok", test->name,
           (unsigned long long)seed,
           (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9);
    return status == 0;
}

int main(int argc, char **argv)
{
    const char *env = getenv("UNIT_SEED");
    uint64_t seed = env ? strtoull(env, NULL, 0) : (uint64_t)time(NULL) % 1000000;
    unsigned passed = 0, failed = 0;
    int opt;

    while ((opt = getopt(argc, argv, "s:")) != -1) {
        if (opt != 's') {
            fprintf(stderr, "usage: %s [-s seed] [name...]\n", argv[0]);
            return 2;
        }
        seed = strtoull(optarg, NULL, 0);
    }
    unit_map_memory();
    for (int booted = 0; booted <= 1; booted++) {
        if (booted)
            unit_boot();
        for (const struct unit_test *t = tests; t; t = t->next) {
            if (t->before_boot == booted || !selected(t->name, argv + optind))
                continue;
            run(t, seed) ? passed++ : failed++;
        }
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed || !passed;
}
