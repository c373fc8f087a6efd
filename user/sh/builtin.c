/* SPDX-License-Identifier: MIT */
/* Commands that must run in the shell itself, for they change it. */
#include "sh.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const char *name, const char *reason)
{
    complain(name, reason);
    return 1;
}

static int do_colon(int argc, char **argv)
{
    (void)argc, (void)argv;
    return 0;
}

static int do_cd(int argc, char **argv)
{
    const char *to = argc > 1 ? argv[1] : var_get("HOME");
    char here[PATH_MAX];

    if (argc > 2)
        return fail("cd", "too many arguments");
    if (!to)
        to = "/";
    if (strcmp(to, "-") == 0 && !(to = var_get("OLDPWD")))
        return fail("cd", "OLDPWD is not set");
    if (getcwd(here, sizeof(here)))
        var_set("OLDPWD", here);
    if (chdir(to) < 0)
        return fail(to, strerror(errno));
    if (getcwd(here, sizeof(here)))
        var_set("PWD", here);
    return 0;
}

static int do_pwd(int argc, char **argv)
{
    char here[PATH_MAX];

    (void)argc, (void)argv;
    if (!getcwd(here, sizeof(here)))
        return fail("pwd", strerror(errno));
    printf("%s\n", here);
    return 0;
}

/* A count or status argument; -1 after a complaint. */
static long number(const char *name, const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (!*text || *end || n < 0) {
        complain(name, "a number is expected");
        return -1;
    }
    return n;
}

static int do_exit(int argc, char **argv)
{
    long status = argc > 1 ? number("exit", argv[1]) : shell.status;

    if (status < 0)
        status = 2;
    fflush(stdout);
    if (shell.subshell) /* what the parent buffered is the parent's to write */
        _exit(status);
    exit(status);
}

static int do_export(int argc, char **argv)
{
    if (argc == 1)
        var_print_all(1);
    for (int i = 1; i < argc; i++) {
        size_t n = name_length(argv[i]);
        char *name = arena_strndup(argv[i], n);
        if (!n || (argv[i][n] && argv[i][n] != '='))
            return fail(argv[i], "not a name");
        if (argv[i][n])
            var_set(name, argv[i] + n + 1);
        var_export(name);
    }
    return 0;
}

static int do_unset(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        var_unset(argv[i]);
    return 0;
}

/* The parameters given at the start are argv's; those of set are the shell's own. */
static int set_params(int count, char **values)
{
    static char **owned;
    static int owned_count;
    char **params = calloc(count + 1, sizeof(*params));

    if (!params)
        return fail("set", strerror(errno));
    for (int i = 0; i < count; i++)
        if (!(params[i] = strdup(values[i])))
            return fail("set", strerror(errno));
    for (int i = 0; i < owned_count; i++)
        free(owned[i]);
    free(owned);
    owned = shell.params = params;
    owned_count = shell.param_count = count;
    return 0;
}

static int do_set(int argc, char **argv)
{
    int i = 1;

    if (argc == 1)
        var_print_all(0);
    for (; i < argc && (argv[i][0] == '-' || argv[i][0] == '+') && argv[i][1]; i++) {
        if (strcmp(argv[i], "--") == 0)
            return set_params(argc - i - 1, argv + i + 1);
        for (const char *p = argv[i] + 1; *p; p++) {
            if (*p == 'e')
                shell.exit_on_error = argv[i][0] == '-';
            else if (*p == 'x')
                shell.trace = argv[i][0] == '-';
            else
                return fail(argv[i], "bad option; there are -e, -x, --");
        }
    }
    return i < argc ? set_params(argc - i, argv + i) : 0;
}

static int do_shift(int argc, char **argv)
{
    long n = argc > 1 ? number("shift", argv[1]) : 1;
    char **rest;

    if (n < 0 || n > shell.param_count)
        return n < 0 ? 2 : fail("shift", "not so many parameters");
    rest = arena_alloc((shell.param_count - n + 1) * sizeof(*rest));
    memcpy(rest, shell.params + n, (shell.param_count - n) * sizeof(*rest));
    return set_params(shell.param_count - n, rest);
}

static int leave_loop(int argc, char **argv, int continuing)
{
    long n = argc > 1 ? number(argv[0], argv[1]) : 1;

    if (n < 1)
        return 2;
    if (!shell.loop_depth)
        return fail(argv[0], "not in a loop");
    shell.breaking = n < shell.loop_depth ? n : shell.loop_depth;
    shell.continuing = continuing;
    return 0;
}

static int do_break(int argc, char **argv)
{
    return leave_loop(argc, argv, 0);
}

static int do_continue(int argc, char **argv)
{
    return leave_loop(argc, argv, 1);
}

static int do_wait(int argc, char **argv)
{
    long pid = 0;
    int status = argc == 1 ? job_wait_for(0) : 0;

    for (int i = 1; i < argc && pid >= 0; i++) {
        pid = number("wait", argv[i]);
        status = pid > 0 ? job_wait_for(pid) : 2;
    }
    return status;
}

static int do_dot(int argc, char **argv)
{
    return argc < 2 ? fail(".", "a file is expected") : run_file(argv[1]);
}

static int do_eval(int argc, char **argv)
{
    struct buf line = {0};

    for (int i = 1; i < argc; i++) {
        buf_adds(&line, argv[i]);
        buf_add(&line, ' ');
    }
    return line.n ? run_string(line.s) : 0;
}

/* Byte by byte, for what follows the line belongs to other readers. */
static int do_read(int argc, char **argv)
{
    struct buf line = {0};
    char c, *rest;
    ssize_t n;

    while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n')
        buf_add(&line, c);
    rest = line.n ? line.s : "";
    for (int i = 1; i < argc; i++) {
        size_t len;
        if (!name_length(argv[i]))
            return fail(argv[i], "not a name");
        rest += strspn(rest, " \t");
        len = i == argc - 1 ? strlen(rest) : strcspn(rest, " \t");
        while (i == argc - 1 && len && strchr(" \t", rest[len - 1]))
            len--;
        var_set(argv[i], arena_strndup(rest, len));
        rest += len;
    }
    return n == 1 ? 0 : 1;
}

static int do_umask(int argc, char **argv)
{
    char *end;
    long mask;

    if (argc == 1) {
        mask = umask(0);
        umask(mask);
        printf("%04lo\n", mask);
        return 0;
    }
    mask = strtol(argv[1], &end, 8);
    if (!*argv[1] || *end || mask < 0 || mask > 0777)
        return fail(argv[1], "not an octal mask");
    umask(mask);
    return 0;
}

static int do_help(int argc, char **argv);

static const struct {
    const char *name;
    builtin *function;
    const char *help;
} builtins[] = {
    {":", do_colon, ": -- nothing, successfully"},
    {".", do_dot, ". file -- run the file's commands here"},
    {"[", builtin_test, "[ expression ] -- test"},
    {"break", do_break, "break [n] -- leave n loops"},
    {"cd", do_cd, "cd [directory | -]"},
    {"continue", do_continue, "continue [n] -- the next round of the nth loop"},
    {"eval", do_eval, "eval words -- run them as a command"},
    {"exit", do_exit, "exit [status]"},
    {"export", do_export, "export [name[=value]] ... -- give variables to programs"},
    {"help", do_help, "help -- this list"},
    {"pwd", do_pwd, "pwd -- print the working directory"},
    {"read", do_read, "read name ... -- words of one line of input"},
    {"set", do_set, "set [-ex] [--] [parameters] -- options, $1 and so on; alone: print variables"},
    {"shift", do_shift, "shift [n] -- drop parameters"},
    {"test", builtin_test, "test expression -- of files, strings, numbers"},
    {"umask", do_umask, "umask [octal]"},
    {"unset", do_unset, "unset name ..."},
    {"wait", do_wait, "wait [pid] -- for children in the background"},
};
#define BUILTINS (sizeof(builtins) / sizeof(*builtins))

static int do_help(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (unsigned i = 0; i < BUILTINS; i++)
        printf("%s\n", builtins[i].help);
    printf("exec command -- in the shell's place; programs are in /bin: try ls /bin\n");
    return 0;
}

builtin *find_builtin(const char *name)
{
    for (unsigned i = 0; i < BUILTINS; i++)
        if (strcmp(builtins[i].name, name) == 0)
            return builtins[i].function;
    return NULL;
}
