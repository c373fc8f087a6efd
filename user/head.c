/* SPDX-License-Identifier: MIT */
/* head: the first lines (-n, ten) or bytes (-c, with a suffix K, M or G) of files or of stdin. */
#include <cli.h>
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static long lines = 10, bytes = -1;

static int head_bytes(FILE *f)
{
    static char buf[16384];
    long left = bytes;

    while (left > 0) {
        size_t want = left < (long)sizeof(buf) ? (size_t)left : sizeof(buf);
        size_t n = fread(buf, 1, want, f);
        if (n == 0 || fwrite(buf, 1, n, stdout) < n)
            break;
        left -= n;
    }
    return ferror(f);
}

static int head_lines(FILE *f)
{
    int c;

    for (long left = lines; left > 0 && (c = getc(f)) != EOF;) {
        if (putchar(c) == EOF)
            break;
        left -= c == '\n';
    }
    return ferror(f);
}

static int head(FILE *f, const char *name)
{
    if (!(bytes >= 0 ? head_bytes : head_lines)(f))
        return 0;
    warn("%s", name);
    return 1;
}

int main(int argc, char **argv)
{
    long count = old_count_arg(&argc, argv);
    int opt;

    if (count >= 0)
        lines = count;
    while ((opt = getopt(argc, argv, "n:c:")) != -1) {
        if (opt == 'n')
            lines = number_arg(optarg, 0, LONG_MAX);
        else if (opt == 'c')
            bytes = size_arg(optarg, 0, LONG_MAX);
        else
            usage("head [-n lines | -c bytes | -lines] [file ...]");
    }
    return finish(show_files(argc - optind, argv + optind, head));
}
