/* SPDX-License-Identifier: MIT */
/* How a test says that something is wrong, and how it uses children. */
#include "test.h"
#include "runner.h"
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

bool stress, reference;
unsigned long seed = 20;
int report_fd = -1;

/* One write, so that messages of several processes do not mix; the runner takes the first. */
static void report(const char *text)
{
    size_t n = strlen(text);

    if (report_fd >= 0 && write(report_fd, text, n) == (ssize_t)n)
        return;
    fprintf(stderr, "usertests[%d]: %s", (int)getpid(), text);
}

void fail(const char *file, int line, const char *fmt, ...)
{
    char text[400];
    const char *slash = strrchr(file, '/');
    size_t n = snprintf(text, sizeof(text), "%s:%d: ", slash ? slash + 1 : file, line);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text + n, sizeof(text) - n - 1, fmt, ap);
    va_end(ap);
    strcat(text, "\n");
    report(text);
    _exit(STATUS_FAILED);
}

void skip(const char *why)
{
    char text[200];

    snprintf(text, sizeof(text), "%s\n", why);
    report(text);
    _exit(STATUS_SKIPPED);
}

void check_eq(const char *file, int line, const char *expr, long got, long want)
{
    if (got == -1 && want != -1)
        fail(file, line, "%s: expected %ld, got -1 (errno: %s)", expr, want, strerror(errno));
    if (got != want)
        fail(file, line, "%s: expected %ld (%#lx), got %ld (%#lx)", expr, want, want, got, got);
}

void check_err(const char *file, int line, const char *expr, long got, int want)
{
    int e = errno;

    if (got != -1)
        fail(file, line, "%s: expected %s, got %ld", expr, strerror(want), got);
    if (e != want)
        fail(file, line, "%s: expected %s, got %s", expr, strerror(want), strerror(e));
}

long check_ok(const char *file, int line, const char *expr, long got)
{
    if (got == -1)
        fail(file, line, "%s: %s", expr, strerror(errno));
    return got;
}

pid_t spawn(child_fn *fn, void *arg)
{
    pid_t pid = CHECK_OK(fork());

    if (pid == 0) {
        fn(arg);
        _exit(0);
    }
    return pid;
}

int join(pid_t pid)
{
    int status = -1;

    CHECK_EQ(waitpid(pid, &status, 0), pid);
    return status;
}

int join_or_kill(pid_t pid, int ms)
{
    const struct timespec pause = {0, 1000 * 1000};
    int status;

    for (int i = 0; i < ms; i++) {
        if (CHECK_OK(waitpid(pid, &status, WNOHANG)) == pid)
            return status;
        nanosleep(&pause, NULL);
    }
    kill(pid, SIGKILL);
    return join(pid);
}

/* "status 3" or "signal 11 (Segmentation fault)". */
static const char *ending(int status)
{
    static char text[80];

    if (WIFEXITED(status))
        snprintf(text, sizeof(text), "exit status %d", WEXITSTATUS(status));
    else
        snprintf(text, sizeof(text), "signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    return text;
}

void check_join(const char *file, int line, pid_t pid)
{
    int status = join(pid);

    if (status != 0)
        fail(file, line, "child ended with %s", ending(status));
}

void check_signal(const char *file, int line, const char *what, child_fn *fn, void *arg, int signo)
{
    int status = join(spawn(fn, arg));

    if (!WIFSIGNALED(status) || WTERMSIG(status) != signo)
        fail(file, line, "%s(%p): expected death by %s, got %s", what, arg, strsignal(signo),
             ending(status));
}

void read_byte(unsigned long addr)
{
    (void)*(volatile char *)addr;
}

void write_byte(unsigned long addr, int value)
{
    *(volatile char *)addr = (char)value;
}

void do_read(void *arg)
{
    read_byte((unsigned long)arg);
}

void do_write(void *arg)
{
    write_byte((unsigned long)arg, 1);
}

void do_jump(void *arg)
{
    void (*volatile fn)(void) = (void (*)(void))(uintptr_t)arg;

    fn();
}
