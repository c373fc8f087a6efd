/* SPDX-License-Identifier: MIT */
/* Errors and memory; see util.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

void fail(const char *name, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "mkfs: %s: ", name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

void fail_errno(const char *name)
{
    fail(name, "%s", strerror(errno));
}

void *xcalloc(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);

    if (!memory)
        fail("memory", "%s", strerror(ENOMEM));
    return memory;
}

void *xrealloc(void *old, size_t count, size_t size)
{
    void *memory = reallocarray(old, count, size);

    if (!memory)
        fail("memory", "%s", strerror(ENOMEM));
    return memory;
}

char *xasprintf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        fail_errno("memory");

    char *text = xcalloc((size_t)length + 1, 1);

    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}
