/* SPDX-License-Identifier: MIT */
/*
 * The grammar, a function for each rule:
 *
 *   command  := list NEWLINE
 *   list     := and_or { (";" | "&" | NEWLINE within brackets) and_or }
 *   and_or   := pipeline { ("&&" | "||") pipeline }
 *   pipeline := ["!"] part { "|" part }
 *   part     := compound { redirection } | { assignment | word | redirection }
 *   compound := "(" list ")" | "{" list "}" | "if" ... "fi" | "while" ... | "until" ... | "for" ...
 *
 * One token of lookahead, read only when asked for: the newline that ends a command is the last
 * thing read, so that an interactive shell runs the command before it waits for the next line.
 */
#include "sh.h"
#include <setjmp.h>
#include <string.h>

struct parser {
    struct source *src;
    struct token token;
    int have_token;
    int depth; /* of compound commands: newlines separate inside */
    jmp_buf on_error;
};

static struct parser *current;

static struct node *parse_list(struct parser *p);

void syntax_error(const char *near)
{
    complain("syntax error near", near);
    longjmp(current->on_error, 1);
}

void abandon_command(void)
{
    longjmp(current->on_error, 1);
}

static struct token *peek(struct parser *p)
{
    if (!p->have_token)
        p->token = lex(p->src);
    p->have_token = 1;
    p->src->continued = 1;
    return &p->token;
}

static struct token next(struct parser *p)
{
    struct token t = *peek(p);

    p->have_token = 0;
    return t;
}

static int at(struct parser *p, enum token_kind kind)
{
    return peek(p)->kind == kind;
}

static int at_word(struct parser *p, const char *word)
{
    return at(p, TOKEN_WORD) && strcmp(peek(p)->text, word) == 0;
}

static int accept_word(struct parser *p, const char *word)
{
    if (!at_word(p, word))
        return 0;
    next(p);
    return 1;
}

static void expect_word(struct parser *p, const char *word)
{
    if (!accept_word(p, word))
        syntax_error(peek(p)->text);
}

static void skip_newlines(struct parser *p)
{
    while (at(p, TOKEN_NEWLINE))
        next(p);
}

static struct node *new_node(enum node_kind kind, struct node *left, struct node *right)
{
    struct node *n = arena_alloc(sizeof(*n));

    n->kind = kind;
    n->left = left;
    n->right = right;
    return n;
}

static struct word **add_word(struct word **tail, char *text)
{
    *tail = arena_alloc(sizeof(**tail));
    (*tail)->text = text;
    return &(*tail)->next;
}

static struct redir **parse_redirection(struct parser *p, struct redir **tail)
{
    struct token t = next(p);
    struct redir *r = arena_alloc(sizeof(*r));

    if (!at(p, TOKEN_WORD))
        syntax_error(peek(p)->text);
    r->op = t.op;
    r->fd = t.fd;
    r->target = next(p).text;
    *tail = r;
    return &r->next;
}

static struct node *parse_simple(struct parser *p)
{
    struct node *n = new_node(NODE_SIMPLE, NULL, NULL);
    struct word **assignments = &n->assignments, **words = &n->words;
    struct redir **redirs = &n->redirs;

    for (;;) {
        if (at(p, TOKEN_REDIR))
            redirs = parse_redirection(p, redirs);
        else if (!at(p, TOKEN_WORD))
            break;
        else if (!n->words && is_assignment(peek(p)->text))
            assignments = add_word(assignments, next(p).text);
        else
            words = add_word(words, next(p).text);
    }
    if (!n->words && !n->assignments && !n->redirs)
        syntax_error(peek(p)->text);
    return n;
}

/* A list inside a compound command: never empty, newlines separate. */
static struct node *parse_body(struct parser *p)
{
    struct node *n;

    p->depth++;
    n = parse_list(p);
    p->depth--;
    if (!n)
        syntax_error(peek(p)->text);
    return n;
}

/* After "if" or "elif". */
static struct node *parse_if(struct parser *p)
{
    struct node *n = new_node(NODE_IF, parse_body(p), NULL);

    expect_word(p, "then");
    n->right = parse_body(p);
    if (accept_word(p, "elif")) {
        n->third = parse_if(p);
        return n;
    }
    if (accept_word(p, "else"))
        n->third = parse_body(p);
    expect_word(p, "fi");
    return n;
}

static struct node *parse_do(struct parser *p)
{
    struct node *body;

    expect_word(p, "do");
    body = parse_body(p);
    expect_word(p, "done");
    return body;
}

static struct node *parse_for(struct parser *p)
{
    struct node *n = new_node(NODE_FOR, NULL, NULL);
    struct word **words = &n->words;

    if (!at(p, TOKEN_WORD) || peek(p)->text[name_length(peek(p)->text)])
        syntax_error(peek(p)->text);
    n->name = next(p).text;
    skip_newlines(p);
    if (accept_word(p, "in")) {
        while (at(p, TOKEN_WORD))
            words = add_word(words, next(p).text);
    } else {
        add_word(words, "\"$@\"");
    }
    if (at(p, TOKEN_SEMICOLON))
        next(p);
    skip_newlines(p);
    n->left = parse_do(p);
    return n;
}

/* NULL when no compound command begins here. */
static struct node *parse_compound(struct parser *p)
{
    struct node *n;

    if (at(p, TOKEN_OPEN)) {
        next(p);
        n = new_node(NODE_SUBSHELL, parse_body(p), NULL);
        if (next(p).kind != TOKEN_CLOSE)
            syntax_error(p->token.text);
    } else if (accept_word(p, "{")) {
        n = new_node(NODE_GROUP, parse_body(p), NULL);
        expect_word(p, "}");
    } else if (accept_word(p, "if")) {
        n = parse_if(p);
    } else if (accept_word(p, "while")) {
        n = new_node(NODE_WHILE, parse_body(p), NULL);
        n->right = parse_do(p);
    } else if (accept_word(p, "until")) {
        n = new_node(NODE_UNTIL, parse_body(p), NULL);
        n->right = parse_do(p);
    } else if (accept_word(p, "for")) {
        n = parse_for(p);
    } else {
        return NULL;
    }
    if (at(p, TOKEN_REDIR) && n->kind != NODE_SUBSHELL && n->kind != NODE_GROUP)
        n = new_node(NODE_GROUP, n, NULL);
    for (struct redir **tail = &n->redirs; at(p, TOKEN_REDIR);)
        tail = parse_redirection(p, tail);
    return n;
}

/* Words that end a list where a command might begin. */
static int at_closing(struct parser *p)
{
    static const char *const words[] = {"then", "elif", "else", "fi", "do", "done", "}"};

    if (at(p, TOKEN_END) || at(p, TOKEN_CLOSE))
        return 1;
    for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (at_word(p, words[i]))
            return 1;
    return 0;
}

static struct node *parse_part(struct parser *p)
{
    struct node *n = at_closing(p) ? NULL : parse_compound(p);

    if (n)
        return n;
    if (at_closing(p))
        syntax_error(peek(p)->text);
    return parse_simple(p);
}

static struct node *parse_pipeline(struct parser *p)
{
    int negate = accept_word(p, "!");
    struct node *n = parse_part(p);
    struct node **last = &n;

    while (at(p, TOKEN_PIPE)) {
        next(p);
        skip_newlines(p);
        *last = new_node(NODE_PIPE, *last, parse_part(p));
        last = &(*last)->right;
    }
    return negate ? new_node(NODE_NOT, n, NULL) : n;
}

static struct node *parse_and_or(struct parser *p)
{
    struct node *n = parse_pipeline(p);

    while (at(p, TOKEN_AND) || at(p, TOKEN_OR)) {
        enum node_kind kind = next(p).kind == TOKEN_AND ? NODE_AND : NODE_OR;
        skip_newlines(p);
        n = new_node(kind, n, parse_pipeline(p));
    }
    return n;
}

/* NULL when there is no command before the closing token, which stays unread. */
static struct node *parse_list(struct parser *p)
{
    struct node *list = NULL;

    for (;;) {
        struct node *n;
        int ended = 0;

        if (p->depth)
            skip_newlines(p);
        if (at(p, TOKEN_NEWLINE) || at_closing(p))
            return list;
        n = parse_and_or(p);
        if (at(p, TOKEN_AMPERSAND)) {
            n = new_node(NODE_BACKGROUND, n, NULL);
            ended = 1;
        }
        if (at(p, TOKEN_SEMICOLON) || (p->depth && at(p, TOKEN_NEWLINE)))
            ended = 1;
        list = list ? new_node(NODE_SEQUENCE, list, n) : n;
        if (!ended)
            return list;
        next(p);
    }
}

enum parse_result parse_command(struct source *src, struct node **tree)
{
    struct parser p = {.src = src}, *outer = current;
    enum parse_result result;

    current = &p;
    *tree = NULL;
    src->continued = src->ended = 0;
    if (setjmp(p.on_error)) {
        result = PARSE_ERROR;
    } else {
        *tree = parse_list(&p);
        if (!at(&p, TOKEN_NEWLINE) && !at(&p, TOKEN_END))
            syntax_error(peek(&p)->text);
        result = *tree ? PARSE_OK : at(&p, TOKEN_END) ? PARSE_END : PARSE_EMPTY;
    }
    current = outer;
    /* An error at the newline itself leaves nothing of the line to skip. */
    if (result == PARSE_ERROR && !(p.have_token && p.token.kind == TOKEN_NEWLINE))
        source_skip_line(src);
    return result;
}
