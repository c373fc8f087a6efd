/* SPDX-License-Identifier: MIT */
/*
 * hexdump: files or standard input, as one stream, in hexadecimal and ASCII, 16 bytes a line; lines
 * equal to the one before become one *. -s: skip bytes first; -n: at most so many bytes.
 */
#include <cli.h>
#include <ctype.h>
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROW 16

static long skip, limit = LONG_MAX;
static unsigned long offset;

static void print_row(const unsigned char *row, int n)
{
    printf("%08lx", offset);
    for (int i = 0; i < ROW; i++) {
        const char *gap = i % 8 == 0 ? "  " : " ";
        if (i < n)
            printf("%s%02x", gap, row[i]);
        else
            printf("%s  ", gap);
    }
    printf("  |");
    for (int i = 0; i < n; i++)
        putchar(isprint(row[i]) ? row[i] : '.');
    printf("|\n");
}

/* The next byte of the files named in argv, or EOF; opens them one after the other. */
static int next_byte(char ***argv, FILE **f, int *status)
{
    for (;;) {
        int c = *f ? getc(*f) : EOF;
        if (c != EOF)
            return c;
        if (*f && ferror(*f)) {
            warn("read");
            *status = 1;
        }
        if (*f && *f != stdin)
            fclose(*f);
        if (!**argv)
            return EOF;
        *f = fopen(**argv, "r");
        if (!*f) {
            warn("%s", **argv);
            *status = 1;
        }
        ++*argv;
    }
}

int main(int argc, char **argv)
{
    unsigned char row[ROW], before[ROW];
    int opt, c, n = 0, starred = 0, have_before = 0, status = 0;
    FILE *f = NULL;

    while ((opt = getopt(argc, argv, "Cs:n:")) != -1) {
        if (opt == 's')
            skip = size_arg(optarg, 0, LONG_MAX);
        else if (opt == 'n')
            limit = size_arg(optarg, 0, LONG_MAX);
        else if (opt == '?')
            usage("hexdump [-C] [-s skip] [-n bytes] [file ...]");
    }
    if (optind == argc)
        f = stdin;
    argv += optind;
    for (; skip > 0 && next_byte(&argv, &f, &status) != EOF; skip--)
        offset++;
    for (; limit > 0 && (c = next_byte(&argv, &f, &status)) != EOF; limit--) {
        row[n++] = c;
        if (n < ROW)
            continue;
        if (have_before && memcmp(row, before, ROW) == 0) {
            if (!starred)
                printf("*\n");
            starred = 1;
        } else {
            print_row(row, ROW);
            starred = 0;
        }
        memcpy(before, row, ROW);
        have_before = 1;
        offset += ROW;
        n = 0;
    }
    if (n > 0)
        print_row(row, n);
    if (offset + n > 0)
        printf("%08lx\n", offset + n);
    return finish(status);
}
