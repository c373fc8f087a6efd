/* SPDX-License-Identifier: MIT */
/*
 * The page: 80 columns, written out at its end, so that a line of the kernel's log about a fault
 * that the probe caused does not stand in its middle.
 */
#include "tour.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WIDTH 79

static struct {
    int quiet, failures;
} page;

/* Words, wrapped; `first` begins the first line, spaces the others. */
static void paragraph(const char *first, const char *text)
{
    int indent = strlen(first), column = indent;

    fputs(first, stdout);
    for (const char *word = text; *word;) {
        int n = strcspn(word, " "), gap = column > indent;
        if (gap && column + 1 + n > WIDTH) {
            printf("\n%*s", indent, "");
            column = indent;
            gap = 0;
        }
        /* Columns in a line are made of several spaces, which stay. */
        printf("%s%.*s", gap ? " " : "", n, word);
        column += gap + n;
        word += n;
        word += *word == ' ';
    }
    putchar('\n');
}

void page_begin(const struct claim *claim, int quiet)
{
    char head[16];

    page.quiet = quiet;
    page.failures = 0;
    if (quiet)
        return;
    snprintf(head, sizeof(head), "%2d  ", claim->number);
    paragraph(head, claim->title);
    paragraph("    ", claim->text);
    putchar('\n');
}

int page_end(void)
{
    fflush(stdout);
    return page.failures > 0;
}

void say(const char *fmt, ...)
{
    char text[512];
    va_list ap;

    if (page.quiet)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    paragraph("    ", text);
}

int expect(int holds, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (!holds) {
        page.failures++;
        paragraph("  FAILED: ", text);
    } else if (!page.quiet) {
        paragraph("  + ", text);
    }
    return holds;
}

void elsewhere(const char *fmt, ...)
{
    char text[512];
    va_list ap;
    int n;

    if (page.quiet)
        return;
    n = snprintf(text, sizeof(text), "On %s (%s): ", there()->machine, there()->name);
    va_start(ap, fmt);
    vsnprintf(text + n, sizeof(text) - n, fmt, ap);
    va_end(ap);
    putchar('\n');
    paragraph("    ", text);
}

void give_up(const char *fmt, ...)
{
    int error = errno;
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (error)
        expect(0, "%s: %s", text, strerror(error));
    else
        expect(0, "%s", text);
    fflush(stdout);
    _exit(1);
}
