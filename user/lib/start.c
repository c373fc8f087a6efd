/* SPDX-License-Identifier: MIT */
/*
 * A program's first and last steps in C: from the stack that exec laid out to main, and from exit
 * to the kernel. The stack holds argc, argv..., NULL, environment..., NULL, auxiliary vector.
 */
#include "internal.h"
#include <assert.h>
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#define ATEXIT_MAX 32

char **environ;
const uint64_t *__auxv;
static void (*exit_functions[ATEXIT_MAX])(void);
static int exit_count;

int main(int argc, char **argv, char **envp);
_Noreturn void __libc_start(long *stack);

_Noreturn void __libc_start(long *stack)
{
    int argc = stack[0];
    char **argv = (char **)(stack + 1);
    char **p;

    environ = argv + argc + 1;
    for (p = environ; *p; p++)
        ;
    __auxv = (const uint64_t *)(p + 1);
    if (argc > 0)
        __progname = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    exit(main(argc, argv, environ));
}

unsigned long getauxval(unsigned long type)
{
    for (const uint64_t *a = __auxv; a[0] != AT_NULL; a += 2)
        if (a[0] == type)
            return a[1];
    errno = ENOENT;
    return 0;
}

int atexit(void (*fn)(void))
{
    if (exit_count == ATEXIT_MAX)
        return -1;
    exit_functions[exit_count++] = fn;
    return 0;
}

void exit(int status)
{
    while (exit_count > 0)
        exit_functions[--exit_count]();
    __stdio_exit();
    _exit(status);
}

void _exit(int status)
{
    for (;;)
        raw(SYS_exit_group, status);
}

void _Exit(int status)
{
    _exit(status);
}

void abort(void)
{
    signal(SIGABRT, SIG_DFL);
    raise(SIGABRT);
    _exit(127);
}

void __assert_fail(const char *expr, const char *file, int line, const char *func)
{
    fflush(stdout);
    fprintf(stderr, "%s:%d: %s: assertion failed: %s\n", file, line, func, expr);
    abort();
}
