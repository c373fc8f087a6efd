/* SPDX-License-Identifier: MIT */
/*
 * Variables. One that is exported lives in the environment and nowhere else; the others are on a
 * list here. The shell's parameters ($1, $?, ...) answer to their names as well.
 */
#include "sh.h"
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct var {
    struct var *next;
    char *value;
    char name[];
};

static struct var *vars;

size_t name_length(const char *s)
{
    size_t n = 0;

    if (isdigit((unsigned char)*s))
        return 0;
    while (isalnum((unsigned char)s[n]) || s[n] == '_')
        n++;
    return n;
}

int is_assignment(const char *text)
{
    size_t n = name_length(text);

    return n && text[n] == '=';
}

void assign(const char *text)
{
    size_t n = name_length(text);

    var_set(arena_strndup(text, n), expand_string(text + n + 1));
}

static struct var **find(const char *name)
{
    struct var **p = &vars;

    while (*p && strcmp((*p)->name, name) != 0)
        p = &(*p)->next;
    return p;
}

static const char *parameter(const char *name)
{
    static char text[24];
    long value;

    if (isdigit((unsigned char)*name)) {
        int i = atoi(name);
        return i == 0 ? shell.name : i <= shell.param_count ? shell.params[i - 1] : NULL;
    }
    switch (*name) {
    case '?':
        value = shell.status;
        break;
    case '$':
        value = shell.pid;
        break;
    case '#':
        value = shell.param_count;
        break;
    case '!':
        if (!shell.last_background)
            return NULL;
        value = shell.last_background;
        break;
    default:
        return NULL;
    }
    snprintf(text, sizeof(text), "%ld", value);
    return text;
}

const char *var_get(const char *name)
{
    struct var *v;

    if (!name_length(name))
        return parameter(name);
    v = *find(name);
    return v ? v->value : getenv(name);
}

static void out_of_memory(const char *name)
{
    err(2, "%s", name);
}

void var_set(const char *name, const char *value)
{
    struct var **place = find(name), *v = *place;
    char *copy;

    if (!v && getenv(name)) {
        if (setenv(name, value, 1) < 0)
            out_of_memory(name);
        return;
    }
    copy = strdup(value);
    if (!copy)
        out_of_memory(name);
    if (v) {
        free(v->value);
    } else {
        v = malloc(sizeof(*v) + strlen(name) + 1);
        if (!v)
            out_of_memory(name);
        strcpy(v->name, name);
        v->next = NULL;
        *place = v;
    }
    v->value = copy;
}

static void forget(struct var **place)
{
    struct var *v = *place;

    if (v) {
        *place = v->next;
        free(v->value);
        free(v);
    }
}

void var_unset(const char *name)
{
    forget(find(name));
    unsetenv(name);
}

void var_export(const char *name)
{
    struct var **place = find(name);
    const char *value = *place ? (*place)->value : "";

    if (!*place && getenv(name))
        return;
    if (setenv(name, value, 1) < 0)
        out_of_memory(name);
    forget(place);
}

void var_print_all(int exported_only)
{
    for (char **p = environ; *p; p++)
        printf("%s%s\n", exported_only ? "export " : "", *p);
    if (!exported_only)
        for (struct var *v = vars; v; v = v->next)
            printf("%s=%s\n", v->name, v->value);
}
