/* SPDX-License-Identifier: MIT */
/* The shell's beginning: arguments, and the loop that reads, runs and forgets commands. */
#include "sh.h"
#include <cli.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct shell shell;

void complain(const char *what, const char *reason)
{
    warnx("%s: %s", what, reason);
}

int run_source(struct source *src)
{
    struct node *tree;
    int status = 0; /* of this source: an empty one succeeds */

    for (;;) {
        struct mark mark = arena_mark();
        enum parse_result result;

        if (src->interactive)
            shell.interrupted = 0; /* one that came too late for the last command */
        result = parse_command(src, &tree);

        if (result == PARSE_END)
            return status;
        if (result == PARSE_OK) {
            status = run(tree, 0);
        } else if (result == PARSE_ERROR) {
            status = shell.status = 2;
        }
        arena_release(mark);
        if (shell.breaking)
            return status;
        if (src->interactive && shell.interrupted) {
            fputc('\n', stderr);
            status = shell.status = 130;
            shell.interrupted = 0;
        }
        if (!src->interactive && (result == PARSE_ERROR || shell.interrupted))
            return status;
    }
}

int run_string(const char *text)
{
    struct source src = {.text = text, .fd = -1};

    return run_source(&src);
}

int run_file(const char *path)
{
    struct source *src = calloc(1, sizeof(*src));
    int fd = open(path, O_RDONLY | O_CLOEXEC), status;

    if (fd < 0 || !src) {
        complain(path, strerror(errno));
        status = errno == ENOENT ? 127 : 126;
    } else {
        /* out of the way of the descriptors that commands name */
        src->fd = fcntl(fd, F_DUPFD_CLOEXEC, 10);
        close(fd);
        if (src->fd < 0) {
            complain(path, strerror(errno));
            status = 126;
        } else {
            status = run_source(src);
            close(src->fd);
        }
    }
    free(src);
    return status;
}

static int run_stdin(void)
{
    static struct source src = {.fd = STDIN_FILENO};

    src.interactive = shell.interactive;
    src.one_by_one = !shell.interactive;
    return run_source(&src);
}

int main(int argc, char **argv)
{
    const char *line = NULL;
    int opt, status;

    while ((opt = getopt(argc, argv, "c:eix")) != -1) {
        switch (opt) {
        case 'c':
            line = optarg;
            break;
        case 'e':
            shell.exit_on_error = 1;
            break;
        case 'i':
            shell.interactive = 1;
            break;
        case 'x':
            shell.trace = 1;
            break;
        default:
            usage("sh [-eix] [-c line [name [parameter ...]] | file [parameter ...]]");
        }
    }
    shell.pid = getpid();
    if (!line && optind == argc && isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
        shell.interactive = 1;
    shell.name = optind < argc ? argv[optind++] : argv[0];
    shell.params = argv + optind;
    shell.param_count = argc - optind > 0 ? argc - optind : 0;
    if (!getenv("PATH"))
        setenv("PATH", "/bin", 1);
    if (shell.interactive)
        job_init();

    if (line)
        status = run_string(line);
    else if (shell.name != argv[0])
        status = run_file(shell.name);
    else
        status = run_stdin();
    if (shell.interactive)
        fputs("\n", stderr);
    return finish(status);
}
