/* SPDX-License-Identifier: MIT */
/* wc: counts lines, words and bytes of files or of standard input. */
#include <cli.h>
#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct counts {
    unsigned long lines, words, bytes;
};

static int want_lines, want_words, want_bytes;

static int count(int fd, const char *name, struct counts *c)
{
    static char buf[16384];
    int in_word = 0;
    ssize_t n;

    while ((n = read(fd, buf, sizeof(buf))) > 0) {
        c->bytes += n;
        for (ssize_t i = 0; i < n; i++) {
            c->lines += buf[i] == '\n';
            if (isspace((unsigned char)buf[i])) {
                in_word = 0;
            } else if (!in_word) {
                in_word = 1;
                c->words++;
            }
        }
    }
    if (n < 0)
        warn("%s", name ? name : "standard input");
    return n < 0;
}

static void print(const struct counts *c, const char *name)
{
    int single = want_lines + want_words + want_bytes == 1;
    const char *space = "";

    if (want_lines) {
        printf("%*lu", single ? 1 : 7, c->lines);
        space = " ";
    }
    if (want_words) {
        printf("%s%*lu", space, single ? 1 : 7, c->words);
        space = " ";
    }
    if (want_bytes)
        printf("%s%*lu", space, single ? 1 : 7, c->bytes);
    printf("%s%s\n", name ? " " : "", name ? name : "");
}

int main(int argc, char **argv)
{
    struct counts total = {0};
    int opt, status = 0;

    while ((opt = getopt(argc, argv, "lwc")) != -1) {
        if (opt == '?')
            usage("wc [-lwc] [file ...]");
        want_lines |= opt == 'l';
        want_words |= opt == 'w';
        want_bytes |= opt == 'c';
    }
    if (!want_lines && !want_words && !want_bytes)
        want_lines = want_words = want_bytes = 1;
    if (optind == argc) {
        status = count(STDIN_FILENO, NULL, &total);
        print(&total, NULL);
        return finish(status);
    }
    for (int i = optind; i < argc; i++) {
        struct counts c = {0};
        int fd = open(argv[i], O_RDONLY);
        if (fd < 0) {
            warn("%s", argv[i]);
            status = 1;
            continue;
        }
        status |= count(fd, argv[i], &c);
        close(fd);
        print(&c, argv[i]);
        total.lines += c.lines;
        total.words += c.words;
        total.bytes += c.bytes;
    }
    if (argc - optind > 1)
        print(&total, "total");
    return finish(status);
}
