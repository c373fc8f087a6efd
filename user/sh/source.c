/* SPDX-License-Identifier: MIT */
/* Where commands come from: a string, or a descriptor, with prompts if someone is typing. */
#include "sh.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void prompt(struct source *src)
{
    const char *text = var_get(src->continued ? "PS2" : "PS1");

    if (!text)
        text = src->continued ? "> " : "$ ";
    if (!src->continued)
        job_reap();
    fputs(text, stderr);
}

/* Makes buf[pos] a character, or returns 0 at the end. */
static int refill(struct source *src)
{
    ssize_t n;

    if (src->ended)
        return 0;
    if (src->interactive)
        prompt(src);
    do {
        n = read(src->fd, src->buf, src->one_by_one ? 1 : sizeof(src->buf));
        if (n < 0 && src->interactive && shell.interrupted)
            abandon_command();
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        complain("input", strerror(errno));
    src->pos = 0;
    src->end = n > 0 ? n : 0;
    src->ended = n <= 0;
    return n > 0;
}

int source_peek(struct source *src)
{
    if (src->text)
        return *src->text ? (unsigned char)*src->text : END_OF_INPUT;
    if (src->pos == src->end && !refill(src))
        return END_OF_INPUT;
    return (unsigned char)src->buf[src->pos];
}

int source_next(struct source *src)
{
    int c = source_peek(src);

    if (c != END_OF_INPUT) {
        if (src->text)
            src->text++;
        else
            src->pos++;
    }
    return c;
}

void source_skip_line(struct source *src)
{
    if (src->interactive)
        src->pos = src->end;
    else
        for (int c; (c = source_next(src)) != '\n' && c != END_OF_INPUT;)
            ;
}
