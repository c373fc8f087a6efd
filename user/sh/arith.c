/* SPDX-License-Identifier: MIT */
/*
 * $((expression)): C's operators on long, by precedence climbing, with variables by name (unset is
 * 0) but without assignments. Parameters were expanded before.
 */
#include "sh.h"
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct arith {
    const char *s;
    const char *error;
};

static const struct {
    const char *text; /* longer ones before their prefixes */
    int precedence;
} operators[] = {
    {"||", 1}, {"&&", 2}, {"|", 3}, {"^", 4}, {"&", 5}, {"==", 6}, {"!=", 6}, {"<<", 8}, {">>", 8},
    {"<=", 7}, {">=", 7}, {"<", 7}, {">", 7}, {"+", 9}, {"-", 9},  {"*", 10}, {"/", 10}, {"%", 10},
};
#define OPERATORS (sizeof(operators) / sizeof(*operators))

static long expression(struct arith *a, int precedence);

static void skip_space(struct arith *a)
{
    while (isspace((unsigned char)*a->s))
        a->s++;
}

static int accept(struct arith *a, char c)
{
    skip_space(a);
    if (*a->s != c)
        return 0;
    a->s++;
    return 1;
}

static long variable(struct arith *a)
{
    size_t n = name_length(a->s);
    const char *value = var_get(arena_strndup(a->s, n));

    a->s += n;
    return value ? strtol(value, NULL, 0) : 0;
}

static long operand(struct arith *a)
{
    char *end;
    long value;

    if (accept(a, '-'))
        return -(unsigned long)operand(a);
    if (accept(a, '+'))
        return operand(a);
    if (accept(a, '!'))
        return !operand(a);
    if (accept(a, '~'))
        return ~operand(a);
    if (accept(a, '(')) {
        value = expression(a, 1);
        if (!accept(a, ')'))
            a->error = "missing )";
        return value;
    }
    if (name_length(a->s))
        return variable(a);
    value = strtol(a->s, &end, 0);
    if (end == a->s)
        a->error = "a number is missing";
    a->s = end;
    return value;
}

/* Wraps around where C's signed arithmetic would be undefined. */
static long apply(struct arith *a, const char *op, long x, long y)
{
    unsigned long u = x, v = y;

    if (op[0] == '/' || op[0] == '%') {
        if (y == 0)
            a->error = "division by zero";
        if (y == 0 || y == -1)
            return op[0] == '/' ? (long)-u : 0;
        return op[0] == '/' ? x / y : x % y;
    }
    switch (op[0] | op[1] << 8) {
    case '|' | '|' << 8:
        return x || y;
    case '&' | '&' << 8:
        return x && y;
    case '=' | '=' << 8:
        return x == y;
    case '!' | '=' << 8:
        return x != y;
    case '<' | '=' << 8:
        return x <= y;
    case '>' | '=' << 8:
        return x >= y;
    case '<' | '<' << 8:
        return u << (v & 63);
    case '>' | '>' << 8:
        return x >> (v & 63);
    case '<':
        return x < y;
    case '>':
        return x > y;
    case '|':
        return x | y;
    case '^':
        return x ^ y;
    case '&':
        return x & y;
    case '+':
        return u + v;
    case '-':
        return u - v;
    default:
        return u * v;
    }
}

/* Operands joined by operators that bind at least as tightly as `precedence`. */
static long expression(struct arith *a, int precedence)
{
    long value = operand(a);

    while (!a->error) {
        unsigned i = 0;
        skip_space(a);
        while (i < OPERATORS && strncmp(a->s, operators[i].text, strlen(operators[i].text)) != 0)
            i++;
        if (i == OPERATORS || operators[i].precedence < precedence)
            break;
        a->s += strlen(operators[i].text);
        value = apply(a, operators[i].text, value, expression(a, operators[i].precedence + 1));
    }
    return value;
}

int arithmetic(const char *text, long *value)
{
    struct arith a = {.s = text};

    *value = expression(&a, 1);
    skip_space(&a);
    if (!a.error && *a.s)
        a.error = "bad expression";
    if (!a.error)
        return 0;
    expansion_error(text, a.error);
    return -1;
}
