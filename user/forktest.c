/* SPDX-License-Identifier: MIT */
/*
 * forktest: makes children until fork fails or there are enough (-n, 1000; 0: only failure stops
 * it), all alive at once, lets them exit, and waits for each. Status 1 if any of them is not
 * accounted for.
 */
#include <cli.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child: lives until the pipe's last writer is gone. */
static _Noreturn void live(int gate[2])
{
    char c;

    close(gate[1]);
    _exit(read(gate[0], &c, 1) == 0 ? 39 : 1);
}

static long make_children(long most, int gate[2])
{
    long count;

    for (count = 0; most == 0 || count < most; count++) {
        pid_t pid = fork();
        if (pid == 0)
            live(gate);
        if (pid < 0) {
            printf("fork failed after %ld: %s\n", count, strerror(errno));
            break;
        }
    }
    return count;
}

int main(int argc, char **argv)
{
    long most = 1000, made, ended = 0;
    int opt, status, gate[2], bad = 0;

    while ((opt = getopt(argc, argv, "n:")) != -1) {
        if (opt != 'n')
            usage("forktest [-n children]");
        most = number_arg(optarg, 0, LONG_MAX);
    }
    if (optind < argc)
        usage("forktest [-n children]");
    if (pipe(gate) < 0)
        err(1, "pipe");
    made = make_children(most, gate);
    close(gate[1]);
    for (; wait(&status) > 0; ended++)
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 39)
            bad++;
    if (errno != ECHILD)
        err(1, "wait");
    printf("%ld children made, %ld ended, %d of them badly\n", made, ended, bad);
    return finish(made != ended || bad || made == 0);
}
