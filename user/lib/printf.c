/* SPDX-License-Identifier: MIT */
/*
 * Formatted output (ISO C 7.21.6.1 without floating point). One engine writes to a sink: a stream
 * or a buffer. The result is the number of bytes that the whole text has, wherever it went.
 */
#include "internal.h"
#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sink {
    FILE *file; /* or, when NULL: */
    char *buf;
    size_t room; /* in buf, its terminator not counted */
    size_t total;
};

struct spec {
    int left, plus, space, alt, zero;
    int width;
    int precision; /* -1: none */
    int size;      /* of an integer in bytes */
};

static void emit(struct sink *s, const char *p, size_t n)
{
    if (s->file) {
        fwrite(p, 1, n, s->file);
    } else {
        size_t fit = n < s->room ? n : s->room;
        memcpy(s->buf, p, fit);
        s->buf += fit;
        s->room -= fit;
    }
    s->total += n;
}

static void emit_repeated(struct sink *s, char c, int n)
{
    char run[32];

    if (n <= 0)
        return;
    memset(run, c, sizeof(run));
    for (; n > (int)sizeof(run); n -= sizeof(run))
        emit(s, run, sizeof(run));
    emit(s, run, n);
}

static void emit_padded(struct sink *s, const struct spec *f, const char *p, size_t n)
{
    int padding = n < (size_t)f->width ? f->width - (int)n : 0;

    if (!f->left)
        emit_repeated(s, ' ', padding);
    emit(s, p, n);
    if (f->left)
        emit_repeated(s, ' ', padding);
}

/* prefix (sign or 0x), zeros as precision or width ask for, digits. */
static void emit_number(struct sink *s, const struct spec *f, const char *prefix,
                        unsigned long value, unsigned base, int upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[24], *p = text + sizeof(text);
    int n, zeros, plen = strlen(prefix);

    for (unsigned long v = value; v; v /= base)
        *--p = digits[v % base];
    n = text + sizeof(text) - p;
    zeros = (f->precision < 0 ? 1 : f->precision) - n;
    if (f->alt && base == 8 && zeros < 1)
        zeros = n == 0 || *p != '0' ? 1 : zeros;
    if (f->zero && !f->left && f->precision < 0 && f->width - plen - n > zeros)
        zeros = f->width - plen - n;
    if (zeros < 0)
        zeros = 0;

    if (!f->left)
        emit_repeated(s, ' ', f->width - plen - zeros - n);
    emit(s, prefix, plen);
    emit_repeated(s, '0', zeros);
    emit(s, p, n);
    if (f->left)
        emit_repeated(s, ' ', f->width - plen - zeros - n);
}

static void emit_signed(struct sink *s, const struct spec *f, long v)
{
    const char *prefix = v < 0 ? "-" : f->plus ? "+" : f->space ? " " : "";

    emit_number(s, f, prefix, v < 0 ? -(unsigned long)v : (unsigned long)v, 10, 0);
}

/* An integer argument of f->size bytes, extended to 64 bits. */
static long integer(va_list *ap, const struct spec *f, int is_signed)
{
    if (f->size == 8)
        return va_arg(*ap, long);
    int v = va_arg(*ap, int);
    switch (f->size) {
    case 1:
        return is_signed ? (signed char)v : (unsigned char)v;
    case 2:
        return is_signed ? (short)v : (unsigned short)v;
    default:
        return is_signed ? (long)v : (long)(unsigned int)v;
    }
}

static int number_or_star(const char **fmt, va_list *ap)
{
    int n = 0;

    if (**fmt == '*') {
        ++*fmt;
        return va_arg(*ap, int);
    }
    for (; isdigit((unsigned char)**fmt); ++*fmt)
        if (n < INT_MAX / 10 - 1)
            n = n * 10 + (**fmt - '0');
    return n;
}

/* Reads flags, width, precision and size; leaves *fmt at the conversion's letter. */
static struct spec parse_spec(const char **fmt, va_list *ap)
{
    struct spec f = {.precision = -1, .size = sizeof(int)};

    for (;; ++*fmt) {
        if (**fmt == '-')
            f.left = 1;
        else if (**fmt == '+')
            f.plus = 1;
        else if (**fmt == ' ')
            f.space = 1;
        else if (**fmt == '#')
            f.alt = 1;
        else if (**fmt == '0')
            f.zero = 1;
        else
            break;
    }
    f.width = number_or_star(fmt, ap);
    if (f.width < 0) {
        f.left = 1;
        f.width = f.width == INT_MIN ? INT_MAX : -f.width;
    }
    if (**fmt == '.') {
        ++*fmt;
        f.precision = number_or_star(fmt, ap);
    }
    for (;; ++*fmt) {
        if (**fmt == 'h')
            f.size /= 2;
        else if (**fmt == 'l' || **fmt == 'z' || **fmt == 't' || **fmt == 'j')
            f.size = 8;
        else
            return f;
    }
}

static void convert(struct sink *s, const struct spec *f, char conversion, va_list *ap)
{
    const char *str;
    unsigned long value;
    char c;

    switch (conversion) {
    case 'd':
    case 'i':
        emit_signed(s, f, integer(ap, f, 1));
        break;
    case 'u':
        emit_number(s, f, "", integer(ap, f, 0), 10, 0);
        break;
    case 'o':
        emit_number(s, f, "", integer(ap, f, 0), 8, 0);
        break;
    case 'x':
    case 'X':
        value = integer(ap, f, 0);
        str = !f->alt || !value ? "" : conversion == 'X' ? "0X" : "0x";
        emit_number(s, f, str, value, 16, conversion == 'X');
        break;
    case 'p':
        emit_number(s, f, "0x", (unsigned long)va_arg(*ap, void *), 16, 0);
        break;
    case 'c':
        c = va_arg(*ap, int);
        emit_padded(s, f, &c, 1);
        break;
    case 's':
        str = va_arg(*ap, const char *);
        if (!str)
            str = "(null)";
        emit_padded(s, f, str, f->precision < 0 ? strlen(str) : strnlen(str, f->precision));
        break;
    default: /* not a conversion: show it as it is */
        emit(s, "%", 1);
        if (conversion)
            emit(s, &conversion, 1);
    }
}

static int format(struct sink *s, const char *fmt, va_list args)
{
    int saved_errno = errno; /* for %m: writing may change it */
    va_list ap;

    va_copy(ap, args);
    while (*fmt) {
        size_t literal = strcspn(fmt, "%");
        struct spec f;

        emit(s, fmt, literal);
        fmt += literal;
        if (!*fmt)
            break;
        fmt++;
        f = parse_spec(&fmt, &ap);
        if (*fmt == '%') {
            emit(s, "%", 1);
        } else if (*fmt == 'm') {
            const char *text = strerror(saved_errno);
            emit_padded(s, &f, text, strlen(text));
        } else {
            convert(s, &f, *fmt, &ap);
        }
        if (*fmt)
            fmt++;
    }
    va_end(ap);
    return s->total > INT_MAX ? -1 : (int)s->total;
}

int vfprintf(FILE *f, const char *fmt, va_list ap)
{
    struct sink s = {.file = f};
    int mode = __stdio_hold(f);
    int n = format(&s, fmt, ap);

    __stdio_release(f, mode);
    return ferror(f) ? -1 : n;
}

int vprintf(const char *fmt, va_list ap)
{
    return vfprintf(stdout, fmt, ap);
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
    struct sink s = {.buf = buf, .room = size ? size - 1 : 0};
    int n = format(&s, fmt, ap);

    if (size)
        *s.buf = '\0';
    return n;
}

int vsprintf(char *buf, const char *fmt, va_list ap)
{
    return vsnprintf(buf, INT_MAX, fmt, ap);
}

int vasprintf(char **out, const char *fmt, va_list ap)
{
    int n = vsnprintf(NULL, 0, fmt, ap);

    *out = n < 0 ? NULL : malloc(n + 1);
    return *out ? vsnprintf(*out, n + 1, fmt, ap) : -1;
}

/*
 * The text goes out in one write where it fits a small buffer, so that processes do not mix lines.
 */
int vdprintf(int fd, const char *fmt, va_list ap)
{
    char small[512], *text = small;
    int n = vsnprintf(small, sizeof(small), fmt, ap);
    ssize_t done = 0;

    if (n >= (int)sizeof(small))
        n = vasprintf(&text, fmt, ap);
    while (n > 0 && done < n) {
        ssize_t w = write(fd, text + done, n - done);
        if (w < 0) {
            n = -1;
            break;
        }
        done += w;
    }
    if (text != small)
        free(text);
    return n;
}

#define FORWARD(call)                                                                              \
    va_list ap;                                                                                    \
    int n;                                                                                         \
    va_start(ap, fmt);                                                                             \
    n = call;                                                                                      \
    va_end(ap);                                                                                    \
    return n

int printf(const char *fmt, ...)
{
    FORWARD(vfprintf(stdout, fmt, ap));
}

int fprintf(FILE *f, const char *fmt, ...)
{
    FORWARD(vfprintf(f, fmt, ap));
}

int dprintf(int fd, const char *fmt, ...)
{
    FORWARD(vdprintf(fd, fmt, ap));
}

int sprintf(char *buf, const char *fmt, ...)
{
    FORWARD(vsprintf(buf, fmt, ap));
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    FORWARD(vsnprintf(buf, size, fmt, ap));
}

int asprintf(char **out, const char *fmt, ...)
{
    FORWARD(vasprintf(out, fmt, ap));
}
