/* SPDX-License-Identifier: MIT */
/* time: runs a command and prints, on stderr, the time that passed and that it spent computing. */
#include <cli.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void print(const char *label, long seconds, long microseconds)
{
    if (microseconds < 0) {
        microseconds += 1000000;
        seconds--;
    }
    fprintf(stderr, "%s %ld.%06ld\n", label, seconds, microseconds);
}

int main(int argc, char **argv)
{
    struct timespec start, end;
    struct rusage used;
    int status;
    pid_t pid;

    if (getopt(argc, argv, "") != -1 || optind == argc)
        usage("time command [argument ...]");
    clock_gettime(CLOCK_MONOTONIC, &start);
    pid = fork();
    if (pid < 0)
        err(1, "fork");
    if (pid == 0) {
        execvp(argv[optind], argv + optind);
        warn("%s", argv[optind]);
        _exit(errno == ENOENT ? 127 : 126);
    }
    signal(SIGINT, SIG_IGN); /* the command's end still counts */
    signal(SIGQUIT, SIG_IGN);
    while (wait4(pid, &status, 0, &used) < 0)
        if (errno != EINTR)
            err(1, "wait");
    clock_gettime(CLOCK_MONOTONIC, &end);

    if (WIFSIGNALED(status))
        fprintf(stderr, "%s\n", strsignal(WTERMSIG(status)));
    print("real", end.tv_sec - start.tv_sec, end.tv_nsec / 1000 - start.tv_nsec / 1000);
    print("user", used.ru_utime.tv_sec, used.ru_utime.tv_usec);
    print("sys ", used.ru_stime.tv_sec, used.ru_stime.tv_usec);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
