/* SPDX-License-Identifier: MIT */
/* The shell's memory: chunks in a stack. */
#include "sh.h"
#include <err.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 8192

struct chunk {
    struct chunk *below;
    size_t used, size;
    char bytes[] __attribute__((aligned(16)));
};

static struct chunk *top;

struct mark arena_mark(void)
{
    return (struct mark){top, top ? top->used : 0};
}

void arena_release(struct mark mark)
{
    while (top != mark.chunk) {
        struct chunk *below = top->below;
        free(top);
        top = below;
    }
    if (top)
        top->used = mark.used;
}

void *arena_alloc(size_t size)
{
    void *p;

    size = (size + 15) & ~15UL;
    if (!top || top->size - top->used < size) {
        size_t room = size > CHUNK ? size : CHUNK;
        struct chunk *c = malloc(sizeof(*c) + room);
        if (!c)
            err(2, "shell");
        *c = (struct chunk){.below = top, .size = room};
        top = c;
    }
    p = top->bytes + top->used;
    top->used += size;
    return memset(p, 0, size);
}

char *arena_strndup(const char *s, size_t n)
{
    return memcpy(arena_alloc(n + 1), s, n);
}

void buf_add(struct buf *b, char c)
{
    if (b->n + 2 > b->room) {
        size_t room = b->room ? 2 * b->room : 32;
        char *s = arena_alloc(room);
        if (b->n)
            memcpy(s, b->s, b->n);
        b->s = s;
        b->room = room;
    }
    b->s[b->n++] = c;
    b->s[b->n] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
    while (*s)
        buf_add(b, *s++);
}
