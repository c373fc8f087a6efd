/* SPDX-License-Identifier: MIT */
/* Patterns: * ? [a-z] [!a-z], and \ before a character to be taken literally. */
#include "sh.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/*
 * Matches c against the bracket expression behind "["; *end becomes what is behind its "]", or NULL
 * when there is none.
 */
static int bracket_match(const char *p, char c, const char **end)
{
    int negate = *p == '!' || *p == '^', matched = 0;

    p += negate;
    for (int first = 1; *p && (*p != ']' || first); first = 0) {
        char low = *p == '\\' && p[1] ? *++p : *p, high = low;
        p++;
        if (p[0] == '-' && p[1] && p[1] != ']') {
            p++;
            high = *p == '\\' && p[1] ? *++p : *p;
            p++;
        }
        matched |= low <= c && c <= high;
    }
    *end = *p ? p + 1 : NULL;
    return matched != negate;
}

int pattern_match(const char *p, const char *s)
{
    const char *end;

    for (; *p; s++) {
        if (*p == '*') {
            while (*p == '*')
                p++;
            for (;; s++) {
                if (pattern_match(p, s))
                    return 1;
                if (!*s)
                    return 0;
            }
        }
        if (!*s)
            return 0;
        if (*p == '[') {
            int matched = bracket_match(p + 1, *s, &end);
            if (end) {
                if (!matched)
                    return 0;
                p = end;
                continue;
            }
        }
        if (*p == '\\' && p[1])
            p++;
        else if (*p == '?') {
            p++;
            continue;
        }
        if (*p++ != *s)
            return 0;
    }
    return *s == '\0';
}

static int compare(const void *a, const void *b)
{
    return strcmp((*(struct word *const *)a)->text, (*(struct word *const *)b)->text);
}

static struct word *sorted(struct word *list)
{
    struct word **array, *w;
    size_t n = 0, i = 0;

    for (w = list; w; w = w->next)
        n++;
    if (!n)
        return NULL;
    array = arena_alloc(n * sizeof(*array));
    for (w = list; w; w = w->next)
        array[i++] = w;
    qsort(array, n, sizeof(*array), compare);
    for (i = 0; i < n; i++)
        array[i]->next = i + 1 < n ? array[i + 1] : NULL;
    return array[0];
}

static char *concatenate(const char *a, const char *b, const char *c)
{
    char *s = arena_alloc(strlen(a) + strlen(b) + strlen(c) + 1);

    stpcpy(stpcpy(stpcpy(s, a), b), c);
    return s;
}

/* Adds the names that begin with `done`, a directory or "", and go on as the pattern says. */
static void match_below(const char *done, const char *pattern, struct word **list)
{
    size_t slashes = strspn(pattern, "/");
    const char *part, *rest;
    struct dirent *d;
    DIR *dir;

    done = concatenate(done, arena_strndup(pattern, slashes), "");
    pattern += slashes;
    if (!*pattern) {
        struct word *w = arena_alloc(sizeof(*w));
        w->text = (char *)done;
        w->next = *list;
        *list = w;
        return;
    }
    rest = strchrnul(pattern, '/');
    part = arena_strndup(pattern, rest - pattern);
    dir = opendir(*done ? done : ".");
    if (!dir)
        return;
    while ((d = readdir(dir))) {
        struct stat st;
        char *path;
        if (d->d_name[0] == '.' && *part != '.' && strncmp(part, "\\.", 2) != 0)
            continue;
        if (!pattern_match(part, d->d_name))
            continue;
        path = concatenate(done, d->d_name, "");
        if (!*rest || (stat(path, &st) == 0 && S_ISDIR(st.st_mode)))
            match_below(path, rest, list);
    }
    closedir(dir);
}

struct word *glob(const char *pattern)
{
    struct word *list = NULL;

    match_below("", pattern, &list);
    return sorted(list);
}
