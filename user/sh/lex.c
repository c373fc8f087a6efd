/* SPDX-License-Identifier: MIT */
/*
 * Tokens. A word keeps its quotes, backslashes and dollars as they were written: expand.c reads
 * them later. Here they only decide where the word ends.
 */
#include "sh.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int take(struct source *src, struct buf *b)
{
    int c = source_next(src);

    if (c == END_OF_INPUT)
        syntax_error("end of input inside a quotation");
    buf_add(b, c);
    return c;
}

static void take_dollar(struct source *src, struct buf *b);

/* Copies up to and with the closing character; the opening one is in b already. */
static void take_quoted(struct source *src, struct buf *b, int closing)
{
    for (;;) {
        int c = take(src, b);
        if (c == closing)
            return;
        if (closing == '\'')
            continue;
        if (c == '\\')
            take(src, b);
        else if (c == '$')
            take_dollar(src, b);
        else if (closing != '"' && (c == '\'' || c == '"' || c == '`'))
            take_quoted(src, b, c);
        else if (closing == ')' && c == '(')
            take_quoted(src, b, ')');
    }
}

/* After a $: what stands in brackets may contain spaces and more quotes. */
static void take_dollar(struct source *src, struct buf *b)
{
    int c = source_peek(src);

    if (c == '(' || c == '{') {
        take(src, b);
        take_quoted(src, b, c == '(' ? ')' : '}');
    }
}

static int ends_word(int c)
{
    return c == END_OF_INPUT || strchr(" \t\n;&|<>()", c) != NULL;
}

static void take_word(struct source *src, struct buf *b)
{
    while (!ends_word(source_peek(src))) {
        int c = source_next(src);
        if (c == '\\') {
            if (source_peek(src) == '\n') { /* a line goes on in the next */
                source_next(src);
                continue;
            }
            buf_add(b, c);
            if (source_peek(src) != END_OF_INPUT)
                take(src, b);
            continue;
        }
        buf_add(b, c);
        if (c == '\'' || c == '"' || c == '`')
            take_quoted(src, b, c);
        else if (c == '$')
            take_dollar(src, b);
    }
}

static struct token redirection(struct source *src, int c, int fd)
{
    struct token t = {.kind = TOKEN_REDIR, .text = c == '<' ? "<" : ">"};
    int second = source_peek(src);

    t.fd = fd >= 0 ? fd : c == '<' ? 0 : 1;
    t.op = c == '<' ? REDIR_IN : REDIR_OUT;
    if (second == '&')
        t.op = REDIR_DUP;
    else if (c == '>' && second == '>')
        t.op = REDIR_APPEND;
    else if (c == '<' && second == '>')
        t.op = REDIR_INOUT;
    else
        return t;
    source_next(src);
    return t;
}

/* One or two of the same character: & &&, | ||. */
static struct token operator(struct source *src, int c, enum token_kind one, enum token_kind two)
{
    if (source_peek(src) != c)
        return (struct token){.kind = one, .text = c == '&' ? "&" : "|"};
    source_next(src);
    return (struct token){.kind = two, .text = c == '&' ? "&&" : "||"};
}

static void skip_blanks(struct source *src)
{
    for (;;) {
        int c = source_peek(src);
        if (c == '#') {
            while (source_peek(src) != '\n' && source_peek(src) != END_OF_INPUT)
                source_next(src);
        } else if (c == ' ' || c == '\t' || c == '\r') {
            source_next(src);
        } else {
            return;
        }
    }
}

static int all_digits(const char *s)
{
    return *s && s[strspn(s, "0123456789")] == '\0';
}

struct token lex(struct source *src)
{
    struct buf b = {0};
    int c;

    skip_blanks(src);
    c = source_peek(src);
    if (!ends_word(c)) {
        take_word(src, &b);
        c = source_peek(src);
        if (b.n && (c == '<' || c == '>') && all_digits(b.s)) {
            source_next(src);
            return redirection(src, c, atoi(b.s));
        }
        if (!b.n) /* only a line's continuation */
            return lex(src);
        return (struct token){.kind = TOKEN_WORD, .text = b.s};
    }
    source_next(src);
    switch (c) {
    case '\n':
        return (struct token){.kind = TOKEN_NEWLINE, .text = "newline"};
    case ';':
        return (struct token){.kind = TOKEN_SEMICOLON, .text = ";"};
    case '(':
        return (struct token){.kind = TOKEN_OPEN, .text = "("};
    case ')':
        return (struct token){.kind = TOKEN_CLOSE, .text = ")"};
    case '&':
        return operator(src, c, TOKEN_AMPERSAND, TOKEN_AND);
    case '|':
        return operator(src, c, TOKEN_PIPE, TOKEN_OR);
    case '<':
    case '>':
        return redirection(src, c, -1);
    default:
        return (struct token){.kind = TOKEN_END, .text = "end of input"};
    }
}
