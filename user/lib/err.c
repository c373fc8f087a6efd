/* SPDX-License-Identifier: MIT */
/* Messages on stderr, each in a single write so that those of several processes do not mix. */
#include <errno.h>
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *__progname = "?";

/* reason: an error number, or 0 for none. What the program printed before comes first. */
static void message(int reason, const char *fmt, va_list ap)
{
    char text[1024];

    fflush(stdout);
    vsnprintf(text, sizeof(text), fmt, ap);
    if (reason)
        fprintf(stderr, "%s: %s: %s\n", __progname, text, strerror(reason));
    else
        fprintf(stderr, "%s: %s\n", __progname, text);
}

void warn(const char *fmt, ...)
{
    int reason = errno;
    va_list ap;

    va_start(ap, fmt);
    message(reason, fmt, ap);
    va_end(ap);
}

void warnx(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    message(0, fmt, ap);
    va_end(ap);
}

void err(int status, const char *fmt, ...)
{
    int reason = errno;
    va_list ap;

    va_start(ap, fmt);
    message(reason, fmt, ap);
    va_end(ap);
    exit(status);
}

void errx(int status, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    message(0, fmt, ap);
    va_end(ap);
    exit(status);
}
