/* SPDX-License-Identifier: MIT */
/*
 * execve of good programs: arguments, environment and auxiliary vector arrive whole and aligned;
 * what belonged to the old program is gone, and what belongs to the process stays. Scripts.
 *
 * The program that is started is this one: `usertests --probe WHAT ...` (probe.c).
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <arch/machinecode.h>

/* Executes path with its output in out (terminated); the status as wait() gives it. */
static int run_output(const char *path, char *const argv[], char *const envp[], char *out,
                      size_t size)
{
    int fds[2];
    pid_t pid;

    CHECK_OK(pipe(fds));
    pid = CHECK_OK(fork());
    if (pid == 0) {
        dup2(fds[1], 1);
        close(fds[0]);
        close(fds[1]);
        execve(path, argv, envp);
        _exit(100 + errno);
    }
    close(fds[1]);
    out[read_full(fds[0], out, size - 1)] = 0;
    close(fds[0]);
    return join(pid);
}

static void arguments(void)
{
    char *argv[] = {"any name", "--probe", "echo", "", "a b", "c\n", "\"d\"", NULL};
    char *envp[] = {"A=1", "EMPTY=", "NOEQUALS", "B=x y", NULL};
    char out[1000];

    CHECK_EQ(run_output(self_path(), argv, envp, out, sizeof(out)), 0);
    if (strcmp(out, "[any name][--probe][echo][][a b][c\n][\"d\"]"
                    "{A=1}{EMPTY=}{NOEQUALS}{B=x y}") != 0)
        FAIL("arrived as %s", out);
}

static void no_environment(void)
{
    char *argv[] = {"u", "--probe", "echo", NULL}, *envp[] = {NULL}, out[100];

    CHECK_EQ(run_output(self_path(), argv, envp, out, sizeof(out)), 0);
    CHECK_EQ(strcmp(out, "[u][--probe][echo]"), 0);
}

/* The probe checks what the stack and the auxiliary vector should be at a program's start. */
static void start_stack(void)
{
    char out[400], *envp[] = {"X=1", NULL};

    for (int extra = 0; extra < 6; extra++) {
        char *argv[] = {"u", "--probe", "start", "1", "22", "333", "4444", "55555", NULL};
        argv[3 + extra - (extra > 5)] = NULL;
        if (run_output(self_path(), argv, envp, out, sizeof(out)) != 0)
            FAIL("%s", out);
    }
}

/* Long vectors: up to a good part of the limit they arrive; beyond it, E2BIG. */
static void big_vectors(void)
{
    static char *argv[40000], text[400], out[100];
    char *envp[] = {NULL};
    int n;

    memset(text, 'a', sizeof(text) - 1);
    argv[0] = "u";
    argv[1] = "--probe";
    argv[2] = "count";
    for (n = 3; n < 200; n++)
        argv[n] = text;
    CHECK_EQ(run_output(self_path(), argv, envp, out, sizeof(out)), 0);
    CHECK_EQ(strtol(out, NULL, 10), 200);
    CHECK(strstr(out, " 78816 ") != NULL);
    for (; n < 39999; n++)
        argv[n] = text;
    CHECK_ERR(execve(self_path(), argv, envp), E2BIG);
    CHECK_ERR(execve(self_path(), envp, argv), E2BIG);
}

/* One string of more than 128 KiB is too long by itself. */
static void big_string(void)
{
    static char text[140000], out[100];
    char *argv[] = {"u", "--probe", "count", text, NULL}, *envp[] = {NULL};

    memset(text, 'b', sizeof(text) - 1);
    CHECK_ERR(execve(self_path(), argv, envp), E2BIG);
    text[100000] = 0;
    CHECK_EQ(run_output(self_path(), argv, envp, out, sizeof(out)), 0);
    CHECK(strstr(out, " 100017 ") != NULL);
}

static void not_found(void)
{
    char *argv[] = {"x", NULL}, *envp[] = {NULL};

    write_file("plain", "text\n", 5);
    CHECK_OK(chmod("plain", 0644));
    CHECK_OK(mkdir("dir", 0755));
    CHECK_OK(symlink("loop", "loop"));
    CHECK_ERR(execve("missing", argv, envp), ENOENT);
    CHECK_ERR(execve("missing/x", argv, envp), ENOENT);
    CHECK_ERR(execve("plain/x", argv, envp), ENOTDIR);
    CHECK_ERR(execve("loop", argv, envp), ELOOP);
    CHECK_ERR(execve("dir", argv, envp), EACCES);
    CHECK_ERR(execve("plain", argv, envp), EACCES);
    CHECK_ERR(execve("/dev/null", argv, envp), EACCES);
}

/* Kept across exec: pid, directory, descriptors but for those marked. Gone: the heap, mappings. */
static void kept(void)
{
    char keep[12], drop[12], dir[200], pid[12], out[300], expected[600];
    char *argv[] = {"u", "--probe", "kept", keep, drop, NULL}, *envp[] = {NULL};
    int a = CHECK_OK(open("/dev/null", O_RDONLY)),
        b = CHECK_OK(open("/dev/null", O_RDONLY | O_CLOEXEC));
    int fds[2];
    pid_t child;

    snprintf(keep, sizeof(keep), "%d", a);
    snprintf(drop, sizeof(drop), "%d", b);
    CHECK(getcwd(dir, sizeof(dir)) != NULL);
    CHECK_OK(pipe(fds));
    child = CHECK_OK(fork());
    if (child == 0) {
        map(123 * PAGE, PROT_NONE);
        dup2(fds[1], 1);
        execve(self_path(), argv, envp);
        _exit(1);
    }
    close(fds[1]);
    out[read_full(fds[0], out, sizeof(out) - 1)] = 0;
    JOIN(child);
    snprintf(pid, sizeof(pid), "%d", (int)child);
    snprintf(expected, sizeof(expected), "pid %s dir %s keep 0 drop -1", pid, dir);
    if (strcmp(out, expected) != 0)
        FAIL("'%s' instead of '%s'", out, expected);
}

/* A new program's heap is empty: it has a beginning, and that is its end. */
static void empty_heap(void)
{
    char *argv[] = {"u", "--probe", "heap", NULL}, *envp[] = {NULL}, out[100];

    CHECK(sbrk(100 * PAGE) != (void *)-1);
    if (run_output(self_path(), argv, envp, out, sizeof(out)) != 0)
        FAIL("%s", out);
}

/* Ignored signals stay ignored, caught ones go back to the default. */
static void nothing(int signo)
{
    (void)signo;
}

static void signals(void)
{
    char *argv[] = {"u", "--probe", "signals", NULL}, *envp[] = {NULL}, out[100];

    CHECK(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
    CHECK(signal(SIGUSR2, nothing) != SIG_ERR);
    CHECK_EQ(run_output(self_path(), argv, envp, out, sizeof(out)), 0);
    CHECK_EQ(strcmp(out, "ignored default"), 0);
}

/* A failed exec leaves the caller whole. */
static void failure_is_harmless(void)
{
    char *argv[] = {"x", NULL}, *envp[] = {NULL};
    char *p = map(16 * PAGE, PROT_READ | PROT_WRITE);

    fill_pattern(p, 16 * PAGE, 1);
    write_file("garbage", "\177ELF and nothing more", 21);
    for (int i = 0; i < 50; i++) {
        CHECK_ERR(execve("garbage", argv, envp), ENOEXEC);
        CHECK_ERR(execve("missing", argv, envp), ENOENT);
    }
    check_pattern(p, 16 * PAGE, 1);
}

/* Under a limit of so many pages: the old program is whole when exec fails. */
static void exec_limited(void *arg)
{
    const struct rlimit limit = {(unsigned long)arg * PAGE, RLIM_INFINITY};
    char *argv[] = {"x", NULL}, *envp[] = {NULL};
    char *p = map(16 * PAGE, PROT_READ | PROT_WRITE);

    fill_pattern(p, 16 * PAGE, 1);
    CHECK_OK(setrlimit(RLIMIT_AS, &limit));
    CHECK_ERR(execve("small", argv, envp), ENOMEM);
    check_pattern(p, 16 * PAGE, 1);
}

/* Wherever on its way exec runs out of address space: nothing is left of it. */
static void limited(void)
{
    int refused = 0, run = 0;

    write_program("small", exit_42, sizeof(exit_42));
    for (unsigned long pages = 0; run < 10 && pages < 100; pages++) {
        int status = join(spawn(exec_limited, (void *)pages));
        CHECK(run == 0 ? status == 0 || status == 42 << 8 : status == 42 << 8);
        refused += status == 0;
        run += status != 0;
    }
    CHECK(refused > 20 && run == 10);
}

static void chain(void)
{
    char *argv[] = {"u", "--probe", "chain", "40", NULL}, *envp[] = {NULL}, out[100];

    CHECK_EQ(run_output(self_path(), argv, envp, out, sizeof(out)), 0);
    CHECK_EQ(strcmp(out, "end of chain"), 0);
}

/* --- scripts --- */

static void script_text(const char *name, const char *fmt, const char *interpreter)
{
    char text[400];

    snprintf(text, sizeof(text), fmt, interpreter);
    write_file(name, text, strlen(text));
}

static void check_script(const char *name, const char *expected)
{
    char path[40], out[1000];
    char *argv[] = {"ignored", "one", "two three", NULL}, *envp[] = {NULL};

    snprintf(path, sizeof(path), "./%s", name);
    CHECK_EQ(run_output(path, argv, envp, out, sizeof(out)), 0);
    if (!strstr(out, expected))
        FAIL("%s ran as %s", name, out);
}

/* "#!interpreter one-optional-argument": the interpreter gets that, the script's path, the rest. */
static void script(void)
{
    CHECK_OK(symlink(self_path(), "probe"));
    script_text("plain", "#!%s\nignored\n", "./probe");
    script_text("spaces", "#!  %s --probe  \t \nignored\n", "./probe");
    script_text("no-newline", "#! %s --probe", "./probe");
    script_text("with-argument", "#!%s --probe\n", "./probe");
    check_script("with-argument", "[./probe][--probe][./with-argument][one][two three]");
    check_script("spaces", "[./probe][--probe][./spaces][one][two three]");
    check_script("no-newline", "[./probe][--probe][./no-newline][one][two three]");
}

static void script_errors(void)
{
    char *argv[] = {"x", NULL}, *envp[] = {NULL};

    script_text("missing", "#!%s\n", "/no/such/interpreter");
    script_text("empty", "#!\n%s", "");
    script_text("blank", "#!   \t\n%s", "");
    script_text("self", "#!%s\n", "./self");
    script_text("dir", "#!%s\n", ".");
    script_text("data", "#!%s\n", "./plain");
    write_file("plain", "text\n", 5);
    CHECK_OK(chmod("plain", 0644));
    CHECK_ERR(execve("./missing", argv, envp), ENOENT);
    CHECK_ERR(execve("./empty", argv, envp), ENOEXEC);
    CHECK_ERR(execve("./blank", argv, envp), ENOEXEC);
    CHECK_ERR(execve("./self", argv, envp), ELOOP);
    CHECK_ERR(execve("./dir", argv, envp), EACCES);
    CHECK_ERR(execve("./data", argv, envp), EACCES);
    write_file("text", "echo not a program\n", 19);
    CHECK_ERR(execve("./text", argv, envp), ENOEXEC);
}

/* A script may be the interpreter of another, a few times. */
static void script_nested(void)
{
    char *argv[] = {"x", NULL}, *envp[] = {NULL};

    CHECK_OK(symlink(self_path(), "probe"));
    script_text("first", "#!%s --probe\n", "./probe");
    script_text("second", "#!%s\n", "./first");
    script_text("a", "#!%s\n", "./b");
    script_text("b", "#!%s\n", "./a");
    check_script("second", "[./probe][--probe][./first][./second][one][two three]");
    CHECK_ERR(execve("./a", argv, envp), ELOOP);
}

const struct test exec_tests[] = {
    {"exec-arguments", arguments, 0},
    {"exec-no-environment", no_environment, 0},
    {"exec-start-stack", start_stack, 0},
    {"exec-big-vectors", big_vectors, 0},
    {"exec-big-string", big_string, 0},
    {"exec-not-found", not_found, 0},
    {"exec-kept", kept, 0},
    {"exec-empty-heap", empty_heap, T_OWN},
    {"exec-signals", signals, 0},
    {"exec-failure-is-harmless", failure_is_harmless, 0},
    {"exec-limited", limited, T_OWN},
    {"exec-chain", chain, 0},
    {"exec-script", script, 0},
    {"exec-script-errors", script_errors, 0},
    {"exec-script-nested", script_nested, 0},
    {NULL, NULL, 0},
};
