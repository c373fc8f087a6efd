/* SPDX-License-Identifier: MIT */
/*
 * The environment: an array of "NAME=value" that ends with NULL. The first change copies the array
 * that exec gave us to the heap. Strings that were ever visible are never freed, since a program
 * may hold pointers into them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char **owned; /* the array when it is ours */

/* The entry for a name of n bytes, or the terminating NULL's place. */
static char **find(const char *name, size_t n)
{
    char **p = environ;

    while (*p && (strncmp(*p, name, n) != 0 || (*p)[n] != '='))
        p++;
    return p;
}

static int bad_name(const char *name)
{
    if (name && *name && !strchr(name, '='))
        return 0;
    errno = EINVAL;
    return -1;
}

char *getenv(const char *name)
{
    size_t n = strlen(name);
    char **p = environ ? find(name, n) : NULL;

    return p && *p ? *p + n + 1 : NULL;
}

/* Puts "NAME=value", whose name is n bytes long, in its place or at the end. */
static int put(char *entry, size_t n)
{
    char **place = find(entry, n);
    size_t used = place - environ;
    char **array;

    if (*place) {
        *place = entry;
        return 0;
    }
    array = reallocarray(owned, used + 2, sizeof(*array));
    if (!array)
        return -1;
    if (environ != owned)
        memcpy(array, environ, used * sizeof(*array));
    array[used] = entry;
    array[used + 1] = NULL;
    owned = environ = array;
    return 0;
}

int putenv(char *entry)
{
    size_t n = strcspn(entry, "=");

    return entry[n] ? put(entry, n) : unsetenv(entry);
}

int setenv(const char *name, const char *value, int overwrite)
{
    size_t n;
    char *entry;

    if (bad_name(name))
        return -1;
    n = strlen(name);
    if (!overwrite && *find(name, n))
        return 0;
    entry = malloc(n + strlen(value) + 2);
    if (!entry)
        return -1;
    stpcpy(stpcpy(stpcpy(entry, name), "="), value);
    if (put(entry, n)) {
        free(entry);
        return -1;
    }
    return 0;
}

int unsetenv(const char *name)
{
    char **p;

    if (bad_name(name))
        return -1;
    for (p = find(name, strlen(name)); *p; p++)
        p[0] = p[1];
    return 0;
}

int clearenv(void)
{
    *environ = NULL;
    return 0;
}
