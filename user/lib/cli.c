/* SPDX-License-Identifier: MIT */
/* The manners that our command line programs share. */
#include <cli.h>
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void usage(const char *synopsis)
{
    fprintf(stderr, "usage: %s\n", synopsis);
    exit(2);
}

static long parse_number(const char *s, int suffixes, long min, long max)
{
    char *end;
    long n, unit = 1;

    errno = 0;
    n = strtol(s, &end, 10);
    if (suffixes && end > s && *end && !end[1] && strchr("KkMmGg", *end)) {
        int c = *end++ & 0x5f;
        unit = 1L << (c == 'K' ? 10 : c == 'M' ? 20 : 30);
    }
    if (end == s || *end)
        errx(2, "%s: not a number", s);
    if (errno || __builtin_mul_overflow(n, unit, &n) || n < min || n > max)
        errx(2, "%s: out of range", s);
    return n;
}

long number_arg(const char *s, long min, long max)
{
    return parse_number(s, 0, min, max);
}

long size_arg(const char *s, long min, long max)
{
    return parse_number(s, 1, min, max);
}

int finish(int status)
{
    errno = 0;
    if ((fflush(stdout) == EOF || ferror(stdout)) && errno != EPIPE) {
        if (errno)
            warn("standard output");
        else
            warnx("standard output: write error");
        return status ? status : 1;
    }
    return status;
}

char *human_size(char *buf, unsigned long n)
{
    const char *units = "BKMGTPE";
    unsigned long part = 0;

    for (; n >= 1024 && units[1]; units++) {
        part = n % 1024 | (part != 0);
        n /= 1024;
    }
    if (part && n < 100)
        sprintf(buf, "%lu.%lu%c", n, part * 10 / 1024, *units);
    else
        sprintf(buf, "%lu%c", n, *units);
    return buf;
}

char *join_path(const char *dir, const char *name)
{
    size_t n = strlen(dir);
    char *path = malloc(n + strlen(name) + 2);

    if (!path)
        err(1, "%s", name);
    strcpy(path, dir);
    if (n > 0 && path[n - 1] != '/')
        path[n++] = '/';
    strcpy(path + n, name);
    return path;
}

const char *base_name(const char *path)
{
    const char *base = path;

    for (; *path; path++)
        if (path[0] == '/' && path[1] && path[1] != '/')
            base = path + 1;
    return base;
}

long old_count_arg(int *argc, char **argv)
{
    long count;

    if (*argc < 2 || argv[1][0] != '-' || !isdigit((unsigned char)argv[1][1]))
        return -1;
    count = number_arg(argv[1] + 1, 0, INT_MAX);
    for (int i = 1; i < *argc; i++)
        argv[i] = argv[i + 1];
    --*argc;
    return count;
}

int show_files(int n, char *const names[], int (*show)(FILE *f, const char *name))
{
    int status = 0;

    if (n == 0)
        return show(stdin, "standard input");
    for (int i = 0; i < n; i++) {
        FILE *f = fopen(names[i], "r");
        if (!f) {
            warn("%s", names[i]);
            status |= 1;
            continue;
        }
        if (n > 1)
            printf("%s==> %s <==\n", i > 0 ? "\n" : "", names[i]);
        status |= show(f, names[i]);
        fclose(f);
    }
    return status;
}
