/* SPDX-License-Identifier: MIT */
/* Runs the tree. Every function returns the status that becomes $?. */
#include "sh.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Something asks to leave the commands under way: break, continue, ^C. */
static int leaving(void)
{
    return shell.breaking || shell.interrupted;
}

int exec_command(char **argv)
{
    int reason;

    execvp(argv[0], argv);
    reason = errno;
    if (reason == ENOEXEC) { /* a script without #!: a shell runs it (POSIX 2.9.1.1) */
        int n = 0;
        while (argv[n])
            n++;
        char **script = arena_alloc((n + 2) * sizeof(*script));
        script[0] = "sh";
        memcpy(script + 1, argv, n * sizeof(*script));
        if (access(argv[0], R_OK) == 0)
            execvp("sh", script);
    }
    if (reason == ENOENT && !strchr(argv[0], '/'))
        complain(argv[0], "not found");
    else
        complain(argv[0], strerror(reason));
    return reason == ENOENT ? 127 : 126;
}

static void trace(char **argv)
{
    fputs("+", stderr);
    for (; *argv; argv++)
        fprintf(stderr, " %s", *argv);
    fputc('\n', stderr);
}

/* exec: its redirections stay, and with a command the shell is gone. */
static int run_exec(char **argv, struct redir *redirs)
{
    int status;

    if (redir_apply(redirs, NULL) < 0)
        return 1;
    if (!argv[1])
        return 0;
    fflush(stdout);
    if (shell.subshell || !shell.interactive)
        _exit(exec_command(argv + 1));
    job_ignore_signals(0);
    status = exec_command(argv + 1);
    job_ignore_signals(1);
    return status;
}

static int run_builtin(builtin *function, int argc, char **argv, struct redir *redirs)
{
    struct saved_fd *saved = NULL;
    int status = 1;

    if (redir_apply(redirs, &saved) == 0)
        status = function(argc, argv);
    if (fflush(stdout) == EOF || ferror(stdout)) {
        complain(argv[0], "write error");
        clearerr(stdout);
        status = 1;
    }
    redir_undo(saved);
    return status;
}

/* The assignments in front of a command; a program finds them in its environment. */
static void assign_all(const struct node *n, int program)
{
    for (struct word *w = n->assignments; w; w = w->next) {
        assign(w->text);
        if (program)
            var_export(arena_strndup(w->text, name_length(w->text)));
    }
}

static int run_program(struct node *n, char **argv, int flags)
{
    struct job job = {0};
    pid_t pid = flags & RUN_LAST ? 0 : job_fork(&job);

    if (pid < 0)
        return 2;
    if (pid > 0)
        return job_wait(&job);
    assign_all(n, 1);
    if (redir_apply(n->redirs, NULL) < 0)
        _exit(1);
    _exit(exec_command(argv));
}

/* A script ends at an expansion error; someone typing gets another chance. */
static int expansion_failed(void)
{
    shell.expansion_failed = 0;
    fflush(stdout);
    if (shell.subshell)
        _exit(2);
    if (!shell.interactive)
        exit(2);
    return 2;
}

/* Of a command without a name: `x=$(false)` has the status of the last command in it. */
static int substitution_status(void)
{
    return shell.substituted ? shell.status : 0;
}

static int run_simple(struct node *n, int flags)
{
    builtin *function;
    char **argv;
    int argc;

    shell.substituted = 0;
    if (!n->words) {
        struct saved_fd *saved = NULL;
        assign_all(n, 0);
        int status = redir_apply(n->redirs, &saved) < 0 ? 1 : substitution_status();
        redir_undo(saved);
        return shell.expansion_failed ? expansion_failed() : status;
    }
    argv = expand_words(n->words, &argc);
    if (shell.expansion_failed)
        return expansion_failed();
    if (shell.trace)
        trace(argv);
    if (argc == 0)
        return substitution_status();
    function = find_builtin(argv[0]);
    if (!function && strcmp(argv[0], "exec") != 0)
        return run_program(n, argv, flags);
    /* What takes the shell's place is a program as any other. */
    assign_all(n, !function && argv[1]);
    if (!function)
        return run_exec(argv, n->redirs);
    return run_builtin(function, argc, argv, n->redirs);
}

/* A member of a pipeline; in and out are -1 where the shell's own stay. */
static pid_t start_member(struct node *n, struct job *job, int in, int out, int unused)
{
    pid_t pid = job_fork(job);

    if (pid != 0)
        return pid;
    if (unused >= 0)
        close(unused);
    if (in >= 0) {
        dup2(in, STDIN_FILENO);
        close(in);
    }
    if (out >= 0) {
        dup2(out, STDOUT_FILENO);
        close(out);
    }
    _exit(run(n, RUN_LAST));
}

static int start_pipeline(struct node *n, struct job *job)
{
    int in = -1;

    for (; n; n = n->right) {
        struct node *part = n->kind == NODE_PIPE ? n->left : n;
        int fds[2] = {-1, -1};
        pid_t pid;

        if (n->kind == NODE_PIPE && pipe(fds) < 0) {
            complain("pipe", strerror(errno));
            pid = -1;
        } else {
            pid = start_member(part, job, in, fds[1], fds[0]);
        }
        if (in >= 0)
            close(in);
        if (fds[1] >= 0)
            close(fds[1]);
        in = fds[0];
        if (pid < 0) {
            if (in >= 0)
                close(in);
            return -1;
        }
        if (n->kind != NODE_PIPE)
            break;
    }
    return 0;
}

static int run_pipeline(struct node *n)
{
    struct job job = {0};
    int started = start_pipeline(n, &job);
    int status = job_wait(&job);

    return started < 0 ? 2 : status;
}

static int run_background(struct node *n)
{
    struct job job = {.background = 1};
    int started =
        n->kind == NODE_PIPE ? start_pipeline(n, &job) : start_member(n, &job, -1, -1, -1);

    if (job.members)
        job_remember(job.members->pid);
    return started < 0 ? 2 : 0;
}

static int run_subshell(struct node *n, int flags)
{
    struct job job = {0};
    pid_t pid = flags & RUN_LAST ? 0 : job_fork(&job);

    if (pid < 0)
        return 2;
    if (pid > 0)
        return job_wait(&job);
    if (redir_apply(n->redirs, NULL) < 0)
        _exit(1);
    _exit(run(n->left, RUN_LAST));
}

static int run_group(struct node *n, int flags)
{
    struct saved_fd *saved = NULL;
    int status = 1;

    if (redir_apply(n->redirs, &saved) == 0)
        status = run(n->left, flags & RUN_TESTED);
    redir_undo(saved);
    return status;
}

/* After a loop's body: whether the loop is to be left. */
static int leaves_loop(void)
{
    if (shell.interrupted)
        return 1;
    if (!shell.breaking)
        return 0;
    if (--shell.breaking == 0 && shell.continuing) {
        shell.continuing = 0;
        return 0;
    }
    return 1;
}

static int run_while(struct node *n, int flags)
{
    int status = 0;

    shell.loop_depth++;
    for (;;) {
        struct mark mark = arena_mark();
        int tested = run(n->left, RUN_TESTED);
        int go_on = !leaving() && (tested == 0) == (n->kind == NODE_WHILE);
        if (go_on)
            status = run(n->right, flags & RUN_TESTED);
        arena_release(mark);
        if (leaves_loop() || !go_on)
            break;
    }
    shell.loop_depth--;
    return status;
}

static int run_for(struct node *n, int flags)
{
    int count, status = 0;
    char **values = expand_words(n->words, &count);

    shell.loop_depth++;
    for (int i = 0; i < count; i++) {
        struct mark mark = arena_mark();
        var_set(n->name, values[i]);
        status = run(n->left, flags & RUN_TESTED);
        arena_release(mark);
        if (leaves_loop())
            break;
    }
    shell.loop_depth--;
    return status;
}

static int run_and_or(struct node *n, int flags)
{
    int status = run(n->left, RUN_TESTED);

    shell.status = status;
    if (leaving() || (status == 0) != (n->kind == NODE_AND))
        return status;
    return run(n->right, flags);
}

static int run_if(struct node *n, int flags)
{
    int status = run(n->left, RUN_TESTED);

    shell.status = status;
    if (leaving())
        return status;
    if (status == 0)
        return run(n->right, flags);
    return n->third ? run(n->third, flags) : 0;
}

static int run_kind(struct node *n, int flags)
{
    switch (n->kind) {
    case NODE_SIMPLE:
        return run_simple(n, flags);
    case NODE_PIPE:
        return run_pipeline(n);
    case NODE_AND:
    case NODE_OR:
        return run_and_or(n, flags);
    case NODE_NOT:
        return !run(n->left, RUN_TESTED);
    case NODE_SEQUENCE:
        run(n->left, flags & RUN_TESTED);
        return leaving() ? shell.status : run(n->right, flags);
    case NODE_BACKGROUND:
        return run_background(n->left);
    case NODE_GROUP:
        return run_group(n, flags);
    case NODE_SUBSHELL:
        return run_subshell(n, flags);
    case NODE_IF:
        return run_if(n, flags);
    case NODE_WHILE:
    case NODE_UNTIL:
        return run_while(n, flags);
    case NODE_FOR:
        return run_for(n, flags);
    }
    return 2;
}

int run(struct node *n, int flags)
{
    int can_fail = n->kind == NODE_SIMPLE || n->kind == NODE_PIPE || n->kind == NODE_SUBSHELL;

    shell.status = run_kind(n, flags);
    if (shell.status && shell.exit_on_error && can_fail && !(flags & RUN_TESTED)) {
        fflush(stdout);
        if (shell.subshell)
            _exit(shell.status);
        exit(shell.status);
    }
    return shell.status;
}
