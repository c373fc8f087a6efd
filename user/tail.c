/* SPDX-License-Identifier: MIT */
/*
 * tail: the last lines (-n, ten) of files or of standard input. Keeps only those lines in memory.
 */
#include <cli.h>
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct line {
    char *text;
    size_t size;
    ssize_t length;
};

static long wanted = 10;

/* A ring of the last `wanted` lines; getline's buffers are used again in turn. */
static int tail(FILE *f, const char *name)
{
    struct line *ring = calloc(wanted ? wanted : 1, sizeof(*ring));
    struct line extra = {0};
    long count = 0;

    if (!ring)
        err(1, "%s", name);
    for (;;) {
        struct line *l = wanted ? &ring[count % wanted] : &extra, old = *l;
        *l = extra;
        l->length = getline(&l->text, &l->size, f);
        if (l->length < 0) {
            extra = *l;
            *l = old;
            break;
        }
        extra = old;
        count++;
    }
    for (long i = count > wanted ? count - wanted : 0; i < count && wanted; i++)
        fwrite(ring[i % wanted].text, 1, ring[i % wanted].length, stdout);
    for (long i = 0; i < wanted; i++)
        free(ring[i].text);
    free(extra.text);
    free(ring);
    if (ferror(f))
        warn("%s", name);
    return ferror(f);
}

int main(int argc, char **argv)
{
    long count = old_count_arg(&argc, argv);
    int opt;

    if (count >= 0)
        wanted = count;
    while ((opt = getopt(argc, argv, "n:")) != -1) {
        if (opt != 'n')
            usage("tail [-n lines | -lines] [file ...]");
        wanted = number_arg(optarg, 0, INT_MAX);
    }
    return finish(show_files(argc - optind, argv + optind, tail));
}
