/* SPDX-License-Identifier: MIT */
/* kill: sends a signal, SIGTERM unless another is named; -l: lists the names. */
#include <cli.h>
#include <ctype.h>
#include <err.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const names[] = {
    [SIGHUP] = "HUP",   [SIGINT] = "INT",       [SIGQUIT] = "QUIT", [SIGILL] = "ILL",
    [SIGTRAP] = "TRAP", [SIGABRT] = "ABRT",     [SIGBUS] = "BUS",   [SIGFPE] = "FPE",
    [SIGKILL] = "KILL", [SIGUSR1] = "USR1",     [SIGSEGV] = "SEGV", [SIGUSR2] = "USR2",
    [SIGPIPE] = "PIPE", [SIGALRM] = "ALRM",     [SIGTERM] = "TERM", [SIGSTKFLT] = "STKFLT",
    [SIGCHLD] = "CHLD", [SIGCONT] = "CONT",     [SIGSTOP] = "STOP", [SIGTSTP] = "TSTP",
    [SIGTTIN] = "TTIN", [SIGTTOU] = "TTOU",     [SIGURG] = "URG",   [SIGXCPU] = "XCPU",
    [SIGXFSZ] = "XFSZ", [SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF", [SIGWINCH] = "WINCH",
    [SIGIO] = "IO",     [SIGPWR] = "PWR",       [SIGSYS] = "SYS",
};
#define NAMES (int)(sizeof(names) / sizeof(*names))

static const char synopsis[] = "kill [-signal | -s signal] pid ...\n       kill -l";

/* A number, a name, or a name with SIG before it; -1 when it is none. */
static int parse_signal(const char *s)
{
    if (isdigit((unsigned char)*s)) {
        char *end;
        long n = strtol(s, &end, 10);
        return *end || n >= NSIG ? -1 : (int)n;
    }
    if (strncasecmp(s, "SIG", 3) == 0)
        s += 3;
    for (int i = 1; i < NAMES; i++)
        if (strcasecmp(s, names[i]) == 0)
            return i;
    return -1;
}

static void list(void)
{
    for (int i = 1; i < NAMES; i++)
        printf("%2d %-9s%s", i, names[i], i % 8 == 0 || i == NAMES - 1 ? "\n" : " ");
}

int main(int argc, char **argv)
{
    int sig = SIGTERM, i = 1, status = 0;

    if (argc > 1 && strcmp(argv[1], "-l") == 0) {
        list();
        return finish(0);
    }
    if (i < argc && argv[i][0] == '-' && strcmp(argv[i], "--") != 0) {
        const char *name = argv[i] + 1;
        if (strcmp(name, "s") == 0 && argv[i + 1])
            name = argv[++i];
        sig = parse_signal(name);
        if (sig < 0)
            errx(2, "%s: no such signal", name);
        i++;
    }
    if (i < argc && strcmp(argv[i], "--") == 0)
        i++;
    if (i == argc)
        usage(synopsis);
    for (; i < argc; i++)
        if (kill(number_arg(argv[i], INT_MIN, INT_MAX), sig) < 0) {
            warn("%s", argv[i]);
            status = 1;
        }
    return status;
}
