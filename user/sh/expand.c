/* SPDX-License-Identifier: MIT */
/*
 * Expansion (POSIX 2.6): tilde, parameters, commands and arithmetic, then splitting at $IFS, then
 * patterns, then quotes are gone.
 *
 * The field under construction is kept as a pattern: a character that must not act as one has a
 * backslash before it. So what quotes meant survives until glob.c has looked at it.
 */
#include "sh.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct expansion {
    int single; /* one string comes out: no splitting, no patterns */
    struct buf field;
    int started;     /* there is a field, perhaps an empty quoted one */
    int has_pattern; /* it holds an active *, ? or [ */
    struct word *fields, **tail;
    int count;
};

static void expand_text(struct expansion *e, const char *s, const char *end);

void expansion_error(const char *what, const char *reason)
{
    complain(what, reason);
    shell.expansion_failed = 1;
}

/* --- fields ----------------------------------------------------------------------------------- */

static void add_char(struct expansion *e, char c, int quoted)
{
    if (c == '\\' || (quoted && strchr("*?[]-!", c)))
        buf_add(&e->field, '\\');
    else if (strchr("*?[", c))
        e->has_pattern = 1;
    buf_add(&e->field, c);
    e->started = 1;
}

static char *unescape(const struct buf *b)
{
    char *s = arena_alloc(b->n + 1);
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++) {
        if (b->s[i] == '\\')
            i++;
        s[n++] = b->s[i];
    }
    return s;
}

static void end_field(struct expansion *e)
{
    struct word *names = NULL;

    if (!e->started)
        return;
    if (e->has_pattern)
        names = glob(e->field.s);
    if (!names) {
        names = arena_alloc(sizeof(*names));
        names->text = unescape(&e->field);
    }
    for (*e->tail = names; *e->tail; e->tail = &(*e->tail)->next)
        e->count++;
    e->field = (struct buf){0};
    e->started = e->has_pattern = 0;
}

/* Adds what $something stands for, split at the characters of $IFS unless it is quoted. */
static void add_value(struct expansion *e, const char *value, int quoted)
{
    const char *ifs = var_get("IFS");

    if (!ifs)
        ifs = " \t\n";
    for (; *value; value++) {
        if (quoted || e->single || !strchr(ifs, *value)) {
            add_char(e, *value, quoted);
        } else {
            if (!isspace((unsigned char)*value))
                e->started = 1; /* such a separator ends even an empty field */
            end_field(e);
        }
    }
}

/* $@ and $*: one field for each parameter, but "$*" joins them. */
static void add_parameters(struct expansion *e, int joined, int quoted)
{
    for (int i = 0; i < shell.param_count; i++) {
        if (i > 0 && (joined || e->single))
            add_char(e, ' ', quoted);
        else if (i > 0)
            end_field(e);
        if (quoted)
            e->started = 1;
        add_value(e, shell.params[i], quoted);
    }
}

/*
 * --- commands -----------------------------------------------------------------------------------
 */

/* What the command prints, without the newlines at its end. */
static const char *command_output(const char *text)
{
    struct job job = {0};
    struct buf out = {0};
    char part[512];
    ssize_t n;
    int fds[2];

    if (pipe(fds) < 0) {
        complain("pipe", strerror(errno));
        return "";
    }
    pid_t pid = job_fork(&job);
    if (pid == 0) {
        close(fds[0]);
        if (fds[1] != STDOUT_FILENO) {
            dup2(fds[1], STDOUT_FILENO);
            close(fds[1]);
        }
        _exit(run_string(text));
    }
    close(fds[1]);
    while (pid > 0 && (n = read(fds[0], part, sizeof(part))) > 0)
        for (ssize_t i = 0; i < n; i++)
            buf_add(&out, part[i]);
    close(fds[0]);
    shell.status = pid > 0 ? job_wait(&job) : 2;
    shell.substituted = 1;
    while (out.n && out.s[out.n - 1] == '\n')
        out.s[--out.n] = '\0';
    return out.n ? out.s : "";
}

/* Between backquotes, a backslash before $, ` or \ is not the command's. */
static char *strip_backquoted(const char *s, const char *end)
{
    struct buf b = {0};

    for (; s < end; s++) {
        if (*s == '\\' && s + 1 < end && strchr("$`\\", s[1]))
            s++;
        buf_add(&b, *s);
    }
    return b.n ? b.s : "";
}

/*
 * --- $ ------------------------------------------------------------------------------------------
 */

/* s is behind an opening quote or bracket; returns what is behind the one that closes it. */
static const char *skip_quoted(const char *s, char closing)
{
    while (*s && *s != closing) {
        char c = *s++;
        if (closing == '\'')
            continue;
        if (c == '\\' && *s)
            s++;
        else if (c == '$' && (*s == '(' || *s == '{'))
            s = skip_quoted(s + 1, *s == '(' ? ')' : '}');
        else if (closing != '"' && (c == '\'' || c == '"' || c == '`'))
            s = skip_quoted(s, c);
        else if (closing == ')' && c == '(')
            s = skip_quoted(s, ')');
    }
    return *s ? s + 1 : s;
}

static void add_number(struct expansion *e, long value, int quoted)
{
    char text[24];

    snprintf(text, sizeof(text), "%ld", value);
    add_value(e, text, quoted);
}

/* Length of the parameter's name at s: an identifier, digits, or one special character. */
static size_t parameter_length(const char *s, int in_braces)
{
    size_t n = name_length(s);

    if (n)
        return n;
    if (isdigit((unsigned char)*s))
        return in_braces ? strspn(s, "0123456789") : 1;
    return *s && strchr("?$!#@*", *s) ? 1 : 0;
}

static void add_parameter(struct expansion *e, const char *name, int quoted)
{
    const char *value;

    if (strcmp(name, "@") == 0 || strcmp(name, "*") == 0) {
        add_parameters(e, *name == '*' && quoted, quoted);
    } else {
        value = var_get(name);
        if (value)
            add_value(e, value, quoted);
    }
}

/* ${name}, ${#name}, ${name-word}, with :- - := = :+ +; s is behind the "{". */
static void expand_braces(struct expansion *e, const char *s, const char *end, int quoted)
{
    int length = s[0] == '#' && end - s > 1;
    size_t n = parameter_length(s + length, 1);
    char *name = arena_strndup(s + length, n);
    const char *value = var_get(name), *word = s + length + n;
    int or_empty = *word == ':';
    char op = word[or_empty];

    if (n && word == end) {
        if (length)
            add_number(e, value ? (long)strlen(value) : 0, quoted);
        else
            add_parameter(e, name, quoted);
        return;
    }
    if (!n || length || !strchr("-=+", op)) {
        expansion_error(arena_strndup(s, end - s), "bad substitution");
        return;
    }
    word += or_empty + 1;
    if (value && or_empty && !*value)
        value = NULL;
    if (op == '=' && !value) {
        value = expand_string(arena_strndup(word, end - word));
        var_set(name, value);
    }
    if (op == '+' ? value != NULL : value == NULL) {
        if (quoted)
            add_value(e, expand_string(arena_strndup(word, end - word)), 1);
        else
            expand_text(e, word, end);
    } else if (op != '+') {
        add_value(e, value, quoted);
    }
}

/* s is behind the "$"; returns what is behind the expansion. */
static const char *expand_dollar(struct expansion *e, const char *s, int quoted)
{
    const char *end;
    size_t n;
    long value;

    if (s[0] == '(') {
        end = skip_quoted(s + 1, ')');
        if (s[1] == '(' && end - s >= 4 && end[-2] == ')') {
            if (arithmetic(expand_string(arena_strndup(s + 2, end - s - 4)), &value) == 0)
                add_number(e, value, quoted);
        } else {
            add_value(e, command_output(arena_strndup(s + 1, end - s - 2)), quoted);
        }
        return end;
    }
    if (s[0] == '{') {
        end = skip_quoted(s + 1, '}');
        expand_braces(e, s + 1, end - 1, quoted);
        return end;
    }
    n = parameter_length(s, 0);
    if (n)
        add_parameter(e, arena_strndup(s, n), quoted);
    else
        add_char(e, '$', quoted);
    return s + n;
}

/* --- words
 * ---------------------------------------------------------------------------------------- */

static const char *expand_backquoted(struct expansion *e, const char *s, int quoted)
{
    const char *end = skip_quoted(s, '`');

    add_value(e, command_output(strip_backquoted(s, end - 1)), quoted);
    return end;
}

/* s is behind the opening quote; returns what is behind the closing one. */
static const char *expand_double_quoted(struct expansion *e, const char *s)
{
    if (strncmp(s, "$@\"", 3) != 0 || shell.param_count > 0)
        e->started = 1;
    while (*s && *s != '"') {
        char c = *s++;
        if (c == '$')
            s = expand_dollar(e, s, 1);
        else if (c == '`')
            s = expand_backquoted(e, s, 1);
        else if (c == '\\' && *s == '\n')
            s++;
        else if (c == '\\' && *s && strchr("$`\"\\", *s))
            add_char(e, *s++, 1);
        else
            add_char(e, c, 1);
    }
    return *s ? s + 1 : s;
}

static void expand_text(struct expansion *e, const char *s, const char *end)
{
    while (s < end) {
        char c = *s++;
        if (c == '\'') {
            e->started = 1;
            for (; *s && *s != '\''; s++)
                add_char(e, *s, 1);
            s += *s != '\0';
        } else if (c == '"') {
            s = expand_double_quoted(e, s);
        } else if (c == '\\' && s < end) {
            add_char(e, *s++, 1);
        } else if (c == '$') {
            s = expand_dollar(e, s, 0);
        } else if (c == '`') {
            s = expand_backquoted(e, s, 0);
        } else {
            add_char(e, c, 0);
        }
    }
}

static void expand_word(struct expansion *e, const char *s)
{
    const char *home = var_get("HOME");

    if (*s == '~' && (!s[1] || s[1] == '/') && home) {
        for (; *home; home++)
            add_char(e, *home, 1);
        s++;
    }
    expand_text(e, s, s + strlen(s));
}

char **expand_words(struct word *words, int *n)
{
    struct expansion e = {.tail = &e.fields};
    char **argv;

    for (; words; words = words->next) {
        expand_word(&e, words->text);
        end_field(&e);
    }
    argv = arena_alloc((e.count + 1) * sizeof(*argv));
    *n = 0;
    for (struct word *w = e.fields; w; w = w->next)
        argv[(*n)++] = w->text;
    return argv;
}

char *expand_string(const char *text)
{
    struct expansion e = {.single = 1, .tail = &e.fields};

    expand_word(&e, text);
    return e.field.n ? unescape(&e.field) : "";
}
