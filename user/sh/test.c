/* SPDX-License-Identifier: MIT */
/*
 * test, also called [: an or of ands of primaries. Status 0 for true, 1 for false, 2 for a mistake.
 * -e -f -d -b -c -p -L -h -r -w -x -s -t FILE, -n -z STRING, = != -eq -ne -lt -le -gt -ge, ! ( ) -a
 * -o.
 */
#include "sh.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct test {
    char **argv;
    int argc, i;
    const char *error;
};

static int test_or(struct test *t);

static int at(const struct test *t, const char *word)
{
    return t->i < t->argc && strcmp(t->argv[t->i], word) == 0;
}

static long number(struct test *t, const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (!*text || *end)
        t->error = "a number is expected";
    return n;
}

static int unary(struct test *t, char op, const char *arg)
{
    struct stat st;

    switch (op) {
    case 'n':
        return *arg != '\0';
    case 'z':
        return *arg == '\0';
    case 't':
        return isatty(number(t, arg));
    case 'r':
        return access(arg, R_OK) == 0;
    case 'w':
        return access(arg, W_OK) == 0;
    case 'x':
        return access(arg, X_OK) == 0;
    case 'h':
    case 'L':
        return lstat(arg, &st) == 0 && S_ISLNK(st.st_mode);
    }
    if (stat(arg, &st) < 0)
        return 0;
    switch (op) {
    case 'f':
        return S_ISREG(st.st_mode);
    case 'd':
        return S_ISDIR(st.st_mode);
    case 'b':
        return S_ISBLK(st.st_mode);
    case 'c':
        return S_ISCHR(st.st_mode);
    case 'p':
        return S_ISFIFO(st.st_mode);
    case 's':
        return st.st_size > 0;
    default:
        return 1;
    }
}

static const char *const binary_operators[] = {"=", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge"};

/* The place of the word in binary_operators, or -1. */
static int binary_operator(const char *word)
{
    for (int i = 0; i < 8; i++)
        if (strcmp(word, binary_operators[i]) == 0)
            return i;
    return -1;
}

static int binary(struct test *t, const char *a, int op, const char *b)
{
    long x, y;

    if (op < 2)
        return (strcmp(a, b) == 0) == (op == 0);
    x = number(t, a);
    y = number(t, b);
    switch (op) {
    case 2:
        return x == y;
    case 3:
        return x != y;
    case 4:
        return x < y;
    case 5:
        return x <= y;
    case 6:
        return x > y;
    default:
        return x >= y;
    }
}

static int is_unary(const char *word)
{
    return word[0] == '-' && word[1] && !word[2] && strchr("nztrwxhLfdbcpse", word[1]);
}

static int primary(struct test *t)
{
    int left = t->argc - t->i, op, value;
    char **w = t->argv + t->i;

    if (left == 0) {
        t->error = "an expression is missing";
        return 0;
    }
    if (left >= 3 && (op = binary_operator(w[1])) >= 0) {
        t->i += 3;
        return binary(t, w[0], op, w[2]);
    }
    if (left >= 2 && strcmp(w[0], "!") == 0) {
        t->i++;
        return !primary(t);
    }
    if (left >= 3 && strcmp(w[0], "(") == 0) {
        t->i++;
        value = test_or(t);
        if (!at(t, ")"))
            t->error = "missing )";
        t->i++;
        return value;
    }
    if (left >= 2 && is_unary(w[0])) {
        t->i += 2;
        return unary(t, w[0][1], w[1]);
    }
    t->i++;
    return *w[0] != '\0';
}

static int test_and(struct test *t)
{
    int value = primary(t);

    while (at(t, "-a")) {
        t->i++;
        value &= primary(t);
    }
    return value;
}

static int test_or(struct test *t)
{
    int value = test_and(t);

    while (at(t, "-o")) {
        t->i++;
        value |= test_and(t);
    }
    return value;
}

int builtin_test(int argc, char **argv)
{
    struct test t = {.argv = argv, .argc = argc, .i = 1};
    int value;

    if (strcmp(argv[0], "[") == 0) {
        if (strcmp(argv[argc - 1], "]") != 0) {
            complain("[", "missing ]");
            return 2;
        }
        t.argc--;
    }
    if (t.argc == 1)
        return 1;
    value = test_or(&t);
    if (!t.error && t.i < t.argc)
        t.error = "unexpected argument";
    if (t.error) {
        complain(argv[0], t.error);
        return 2;
    }
    return !value;
}
