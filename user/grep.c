/* SPDX-License-Identifier: MIT */
/*
 * grep: prints lines that match a pattern. Patterns are basic regular expressions without groups:
 * ^ $ . [set] [^set] and * after one of them; a backslash makes the next character ordinary.
 * -v: lines that do not match; -i: case does not matter; -c: only their number; -n: with line
 * numbers; -q: only the status; -l: only names of files. Status 0: some line; 1: none; 2: trouble.
 */
#include <cli.h>
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int invert, ignore_case, only_count, numbers, quiet, only_names;

static int same(char a, char b)
{
    if (ignore_case)
        return tolower((unsigned char)a) == tolower((unsigned char)b);
    return a == b;
}

/* Length of the pattern's first atom: x, \x or [...]. */
static size_t atom_length(const char *re)
{
    size_t n = 1;

    if (re[0] == '\\' && re[1])
        return 2;
    if (re[0] != '[')
        return 1;
    n += re[n] == '^';
    n += re[n] == ']'; /* first in the set, it stands for itself */
    while (re[n] && re[n] != ']')
        n++;
    return re[n] ? n + 1 : 1;
}

static int in_set(const char *set, const char *end, char c)
{
    int negate = *set == '^', found = 0;

    for (set += negate; set < end; set++) {
        if (end - set >= 3 && set[1] == '-') {
            char low = set[0], high = set[2];
            found |= low <= c && c <= high;
            if (ignore_case)
                found |= (low <= tolower(c) && tolower(c) <= high) ||
                         (low <= toupper(c) && toupper(c) <= high);
            set += 2;
        } else {
            found |= same(*set, c);
        }
    }
    return found != negate;
}

static int atom_matches(const char *re, size_t n, char c)
{
    if (n == 2)
        return same(re[1], c);
    if (n > 2)
        return in_set(re + 1, re + n - 1, c);
    return *re == '.' || same(*re, c);
}

/* Whether the pattern matches at the beginning of s. Recurs once for every atom. */
static int match_here(const char *re, const char *s)
{
    for (;;) {
        size_t n = atom_length(re), most = 0;

        if (!*re || (re[0] == '$' && !re[1]))
            return !*re || !*s;
        if (re[n] != '*') {
            if (!*s || !atom_matches(re, n, *s))
                return 0;
            re += n;
            s++;
            continue;
        }
        while (s[most] && atom_matches(re, n, s[most]))
            most++;
        for (;; most--) {
            if (match_here(re + n + 1, s + most))
                return 1;
            if (most == 0)
                return 0;
        }
    }
}

static int matches(const char *re, const char *s)
{
    if (*re == '^')
        return match_here(re + 1, s);
    do {
        if (match_here(re, s))
            return 1;
    } while (*s++);
    return 0;
}

/* Number of lines chosen; name is shown before each when it is not NULL. */
static long search(const char *re, FILE *f, const char *name, const char *label)
{
    char *line = NULL;
    size_t size = 0;
    long chosen = 0;
    ssize_t n;

    for (long number = 1; (n = getline(&line, &size, f)) >= 0; number++) {
        if (n > 0 && line[n - 1] == '\n')
            line[n - 1] = '\0';
        if (matches(re, line) == invert)
            continue;
        chosen++;
        if (quiet || only_names)
            break;
        if (only_count)
            continue;
        if (label)
            printf("%s:", label);
        if (numbers)
            printf("%ld:", number);
        printf("%s\n", line);
    }
    free(line);
    if (ferror(f)) {
        warn("%s", name);
        return -1;
    }
    if (only_names && chosen)
        printf("%s\n", name);
    else if (only_count && !quiet)
        printf("%s%s%ld\n", label ? label : "", label ? ":" : "", chosen);
    return chosen;
}

int main(int argc, char **argv)
{
    int opt, trouble = 0, found = 0, several;
    const char *re;

    while ((opt = getopt(argc, argv, "vicnql")) != -1) {
        if (opt == '?')
            usage("grep [-vicnql] pattern [file ...]");
        invert |= opt == 'v';
        ignore_case |= opt == 'i';
        only_count |= opt == 'c';
        numbers |= opt == 'n';
        quiet |= opt == 'q';
        only_names |= opt == 'l';
    }
    if (optind == argc)
        usage("grep [-vicnql] pattern [file ...]");
    re = argv[optind++];
    several = argc - optind > 1;
    if (optind == argc) {
        long n = search(re, stdin, "standard input", NULL);
        found = n > 0;
        trouble = n < 0;
    }
    for (int i = optind; i < argc; i++) {
        FILE *f = fopen(argv[i], "r");
        long n = -1;
        if (f) {
            n = search(re, f, argv[i], several ? argv[i] : NULL);
            fclose(f);
        } else {
            warn("%s", argv[i]);
        }
        found |= n > 0;
        trouble |= n < 0;
    }
    return finish(trouble ? 2 : !found);
}
