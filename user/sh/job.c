/* SPDX-License-Identifier: MIT */
/*
 * Children. An interactive shell gives every pipeline a process group of its own and lends it the
 * terminal, so that ^C reaches the pipeline and not the shell. Both parent and child make the
 * group, for whichever comes first must find it made. A ^C that comes while the shell has the
 * terminal is for what the shell does itself, a loop or a line being typed. ^Z stays ignored: there
 * is no fg to wake a stopped job.
 */
#include "sh.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int terminal = -1; /* >= 0: there is job control */

/* A child in the background, from its start until somebody heard of its end. */
struct background {
    struct background *next;
    pid_t pid;
    int ended, status;
};
static struct background *backgrounds;

static void on_interrupt(int sig)
{
    (void)sig;
    shell.interrupted = 1;
}

void job_ignore_signals(int ignore)
{
    /* Without SA_RESTART: a read at the prompt, or the builtin wait, ends. */
    const struct sigaction interrupt = {.sa_handler = ignore ? on_interrupt : SIG_DFL};
    sighandler_t handler = ignore ? SIG_IGN : SIG_DFL;

    sigaction(SIGINT, &interrupt, NULL);
    signal(SIGQUIT, handler);
    signal(SIGTTOU, handler);
    signal(SIGTTIN, handler);
}

void job_init(void)
{
    terminal = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
    job_ignore_signals(1);
    signal(SIGTSTP, SIG_IGN);
    if (getpgrp() != getpid())
        setpgid(0, 0);
    if (terminal >= 0 && tcsetpgrp(terminal, getpgrp()) < 0) {
        close(terminal); /* not our controlling terminal: do without groups */
        terminal = -1;
    }
}

static void enter_group(struct job *job, pid_t pid)
{
    if (!job->pgid)
        job->pgid = pid;
    setpgid(pid, job->pgid);
    if (!job->background)
        tcsetpgrp(terminal, job->pgid);
}

static void become_child(struct job *job)
{
    if (!shell.subshell && terminal >= 0)
        enter_group(job, getpid()); /* while SIGTTOU is still ignored */
    if (!shell.subshell && shell.interactive) {
        job_ignore_signals(0);
        if (shell.interrupted)
            raise(SIGINT); /* a ^C for this job that came before it could die of it */
    }
    if (job->background) {
        int fd = open("/dev/null", O_RDONLY);
        if (fd > 0) {
            dup2(fd, STDIN_FILENO);
            close(fd);
        }
        if (!shell.interactive) {
            signal(SIGINT, SIG_IGN);
            signal(SIGQUIT, SIG_IGN);
        }
    }
    shell.subshell = 1;
    backgrounds = NULL;
}

pid_t job_fork(struct job *job)
{
    struct member *member;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid < 0) {
        complain("fork", strerror(errno));
        return -1;
    }
    if (pid == 0) {
        become_child(job);
        return 0;
    }
    if (!shell.subshell && terminal >= 0)
        enter_group(job, pid);
    member = arena_alloc(sizeof(*member));
    *member = (struct member){pid, job->members};
    job->members = member;
    return pid;
}

/* Turns a wait status into $?, and says what signal it was unless that was somebody's wish. */
static int decode(int status)
{
    int sig = WTERMSIG(status);

    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    if (sig == SIGINT && shell.interactive && !shell.subshell)
        shell.interrupted = 1;
    else if (sig != SIGPIPE && sig != SIGINT)
        fprintf(stderr, "%s\n", strsignal(sig));
    return 128 + sig;
}

/* waitpid for one child, 0 and the status, or -1; ^C ends it if it may. */
static int wait_one(pid_t pid, int *status, int may_end)
{
    pid_t got;

    do {
        got = waitpid(pid, status, 0);
    } while (got < 0 && errno == EINTR && !(may_end && shell.interrupted));
    return got < 0 ? -1 : 0;
}

int job_wait(struct job *job)
{
    int status, code, result = 0;

    for (struct member *m = job->members; m; m = m->next) {
        code = wait_one(m->pid, &status, 0) < 0 ? 127 : decode(status);
        if (m == job->members)
            result = code;
    }
    if (!shell.subshell && terminal >= 0)
        tcsetpgrp(terminal, getpgrp());
    return result;
}

void job_remember(pid_t pid)
{
    struct background *b = calloc(1, sizeof(*b));

    shell.last_background = pid;
    if (b) {
        b->pid = pid;
        b->next = backgrounds;
        backgrounds = b;
    }
    if (shell.interactive && !shell.subshell)
        fprintf(stderr, "[%d]\n", pid);
}

static struct background **find_background(pid_t pid)
{
    struct background **p = &backgrounds;

    while (*p && (*p)->pid != pid)
        p = &(*p)->next;
    return p;
}

static void forget(struct background **place)
{
    struct background *b = *place;

    *place = b->next;
    free(b);
}

void job_reap(void)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct background *b = *find_background(pid);
        if (b) {
            b->ended = 1;
            b->status = status;
        }
    }
    for (struct background **p = &backgrounds; *p;) {
        struct background *b = *p;
        if (!b->ended) {
            p = &b->next;
            continue;
        }
        if (WIFEXITED(b->status))
            fprintf(stderr, "[%d] done, status %d\n", b->pid, WEXITSTATUS(b->status));
        else
            fprintf(stderr, "[%d] %s\n", b->pid, strsignal(WTERMSIG(b->status)));
        forget(p);
    }
}

int job_wait_for(pid_t pid)
{
    struct background **place = find_background(pid);
    int status, result = 127;

    if (pid == 0) {
        while (wait_one(-1, &status, 1) == 0)
            decode(status);
        if (shell.interrupted)
            return 130;
        while (backgrounds)
            forget(&backgrounds);
        return 0;
    }
    if (!*place)
        return 127;
    if ((*place)->ended)
        result = decode((*place)->status);
    else if (wait_one(pid, &status, 1) == 0)
        result = decode(status);
    forget(place);
    return result;
}
