/* SPDX-License-Identifier: MIT */
/*
 * Options; one claim after the other, each in a process of its own and in a process group of its
 * own: what a probe does to its address space harms nobody, and nothing that it leaves behind goes
 * on.
 */
#include "tour.h"
#include <cli.h>
#include <err.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const char synopsis[] =
    "tour [-a] [number | first-last]...\n"
    "  shows claims about memory on the running system; without a number, lists them\n"
    "  -a  only checks them, all or those named: a line for each, status 1 if one\n"
    "      does not hold";

static const struct claim *const lists[] = {
    space_claims, program_claims, book_claims,  change_claims,
    place_claims, window_claims,  image_claims,
};
#define LISTS (sizeof(lists) / sizeof(*lists))

enum {
    TIME_LIMIT = 60 /* seconds for a claim: a probe that hangs does not hold either */
};

static int quiet;

/* The claim after this one; the first after NULL; NULL after the last. */
static const struct claim *next_claim(const struct claim *claim)
{
    size_t list = 0;

    if (!claim)
        return lists[0];
    if (claim[1].number)
        return claim + 1;
    while (lists[list]->number <= claim->number)
        if (++list == LISTS)
            return NULL;
    return lists[list];
}

/* The claim's process: 0 when it holds. */
static int show(const struct claim *claim)
{
    static char buffer[16384];
    int status;
    pid_t pid, ended;

    fflush(stdout);
    pid = fork();
    if (pid < 0)
        err(2, "fork");
    if (pid == 0) {
        setpgid(0, 0);
        setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
        page_begin(claim, quiet);
        claim->show();
        _exit(page_end());
    }
    setpgid(pid, pid);
    for (long waited = 0; (ended = waitpid(pid, &status, WNOHANG)) == 0; waited++) {
        if (waited == TIME_LIMIT * 500)
            kill(pid, SIGKILL);
        usleep(2000);
    }
    if (ended != pid)
        err(2, "waitpid");
    kill(-pid, SIGKILL);
    if (WIFSIGNALED(status))
        printf("  FAILED: the probe has died: %s\n", strsignal(WTERMSIG(status)));
    return status != 0;
}

static int run(int first, int last)
{
    int failed = 0, shown = 0;

    for (const struct claim *c = NULL; (c = next_claim(c));) {
        if (c->number < first || c->number > last)
            continue;
        if (shown++ && !quiet)
            putchar('\n');
        int status = show(c);
        if (quiet)
            printf("%2d %-6s %s\n", c->number, status ? "FAILED" : "ok", c->title);
        else if (status)
            printf("  FAILED: claim %d does not hold here\n", c->number);
        failed |= status;
    }
    return failed;
}

static void list(void)
{
    for (const struct claim *c = NULL; (c = next_claim(c));)
        printf("%2d  %s\n", c->number, c->title);
    printf("\ntour N shows one, tour N-M several, tour -a checks all\n");
}

/* "15" or "3-7". */
static void parse_range(char *arg, int *first, int *last)
{
    char *dash = strchr(arg, '-');
    int highest = 0;

    for (const struct claim *c = NULL; (c = next_claim(c));)
        highest = c->number;
    if (dash)
        *dash++ = '\0';
    *first = number_arg(arg, 1, highest);
    *last = dash ? number_arg(dash, *first, highest) : *first;
}

/*
 * When the stack has no limit, mappings go upward. That is for claim 19 to show: the others are
 * about the usual layout, so tour starts anew with the usual limit.
 */
static void limit_stack(char **argv)
{
    struct rlimit stack;

    if (getrlimit(RLIMIT_STACK, &stack) < 0 || stack.rlim_cur != RLIM_INFINITY)
        return;
    stack.rlim_cur = 8 * MIB;
    if (setrlimit(RLIMIT_STACK, &stack) < 0)
        err(2, "a limit for the stack");
    execv("/proc/self/exe", argv);
    err(2, "/proc/self/exe");
}

int main(int argc, char **argv)
{
    int opt, failed = 0, first, last;

    if (argc == 2 && strcmp(argv[1], PLACES_OPTION) == 0)
        return print_places();
    limit_stack(argv);
    while ((opt = getopt(argc, argv, "a")) != -1) {
        if (opt == '?')
            usage(synopsis);
        quiet = 1;
    }
    if (optind == argc && !quiet)
        list();
    else if (optind == argc)
        failed = run(1, INT_MAX);
    for (; optind < argc; optind++) {
        parse_range(argv[optind], &first, &last);
        failed |= run(first, last);
    }
    return finish(failed);
}
