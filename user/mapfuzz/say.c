/* SPDX-License-Identifier: MIT */
/* What is said, and its hash (FNV-1a, 64 bits). */
#include "mapfuzz.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint64_t digest;
static char line[400];
static char out[16384];
static size_t out_len;

uint64_t hash(uint64_t h, const void *p, size_t n)
{
    const unsigned char *c = p;

    for (size_t i = 0; i < n; i++)
        h = (h ^ c[i]) * 0x100000001b3;
    return h;
}

void flush_said(void)
{
    for (size_t done = 0; done < out_len;) {
        ssize_t n = write(1, out + done, out_len - done);
        if (n <= 0)
            break;
        done += n;
    }
    out_len = 0;
}

void say_start(void)
{
    digest = 0xcbf29ce484222325;
}

static void print(const char *text, size_t n)
{
    if (out_len + n > sizeof(out))
        flush_said();
    memcpy(out + out_len, text, n);
    out_len += n;
}

void note(const char *fmt, ...)
{
    va_list ap;

    if (!verbosity)
        return;
    va_start(ap, fmt);
    print(line, vsnprintf(line, sizeof(line), fmt, ap));
    va_end(ap);
}

void say(const char *fmt, ...)
{
    va_list ap;
    size_t n;

    va_start(ap, fmt);
    n = vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    if (n >= sizeof(line))
        n = sizeof(line) - 1;
    digest = hash(digest, line, n);
    if (verbosity)
        print(line, n);
}

void say_result(long r)
{
    if (r == -1)
        say(" = -1 errno %d\n", errno);
    else
        say(" = ok\n");
}

void say_again(uint64_t old)
{
    digest = old;
}

uint64_t said(void)
{
    return digest;
}

void say_digest(uint64_t other)
{
    digest = hash(digest, &other, sizeof(other));
}
