/* SPDX-License-Identifier: MIT */
/* Redirections. Where the shell itself goes on afterwards, the old descriptors wait above 10. */
#include "sh.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_COPY 10

static int open_target(const struct redir *r, const char *target)
{
    static const int flags[] = {
        [REDIR_IN] = O_RDONLY,
        [REDIR_OUT] = O_WRONLY | O_CREAT | O_TRUNC,
        [REDIR_APPEND] = O_WRONLY | O_CREAT | O_APPEND,
        [REDIR_INOUT] = O_RDWR | O_CREAT,
    };

    return open(target, flags[r->op], 0666);
}

static int redirect(const struct redir *r)
{
    char *target = expand_string(r->target), *end;
    int from, moved;

    if (r->op == REDIR_DUP) {
        if (strcmp(target, "-") == 0) {
            close(r->fd);
            return 0;
        }
        from = strtol(target, &end, 10);
        if (*end || end == target) {
            complain(target, "not a descriptor");
            return -1;
        }
        if (dup2(from, r->fd) < 0) {
            complain(target, strerror(errno));
            return -1;
        }
        return 0;
    }
    from = open_target(r, target);
    if (from < 0) {
        complain(target, strerror(errno));
        return -1;
    }
    if (from == r->fd)
        return 0;
    moved = dup2(from, r->fd);
    if (moved < 0)
        complain(target, strerror(errno));
    close(from);
    return moved < 0 ? -1 : 0;
}

int redir_apply(struct redir *r, struct saved_fd **saved)
{
    for (; r; r = r->next) {
        if (saved) {
            struct saved_fd *s = arena_alloc(sizeof(*s));
            s->fd = r->fd;
            s->copy = fcntl(r->fd, F_DUPFD_CLOEXEC, FIRST_COPY);
            if (s->copy < 0 && errno != EBADF) {
                complain("redirection", strerror(errno));
                return -1;
            }
            s->next = *saved;
            *saved = s;
        }
        if (redirect(r) < 0)
            return -1;
    }
    return 0;
}

void redir_undo(struct saved_fd *saved)
{
    for (; saved; saved = saved->next) {
        if (saved->copy < 0) {
            close(saved->fd);
        } else {
            dup2(saved->copy, saved->fd);
            close(saved->copy);
        }
    }
}
