/* SPDX-License-Identifier: MIT */
/* ISO C's formatted output into memory, without floating point and wide characters. */
#include "kernel/string.h"

struct out {
    char *buf;
    size_t size;
    size_t n; /* what there would be, were `size` large enough */
};

static void put(struct out *o, char c)
{
    if (o->n < o->size)
        o->buf[o->n] = c;
    o->n++;
}

static void put_repeated(struct out *o, char c, int times)
{
    while (times-- > 0)
        put(o, c);
}

static void put_text(struct out *o, const char *text, int n)
{
    while (n-- > 0)
        put(o, *text++);
}

struct spec {
    bool left, plus, space, alt, zero;
    int width, precision; /* precision -1: none */
    int size;             /* of the argument, in bytes */
};

static bool read_flag(struct spec *spec, char c)
{
    switch (c) {
    case '-':
        return spec->left = true;
    case '+':
        return spec->plus = true;
    case ' ':
        return spec->space = true;
    case '#':
        return spec->alt = true;
    case '0':
        return spec->zero = true;
    default:
        return false;
    }
}

static const char *read_number(const char *fmt, int *number)
{
    for (*number = 0; *fmt >= '0' && *fmt <= '9'; fmt++)
        *number = *number * 10 + *fmt - '0';
    return fmt;
}

static const char *read_length(const char *fmt, struct spec *spec)
{
    spec->size = sizeof(int);
    for (;; fmt++) {
        switch (*fmt) {
        case 'h':
            spec->size /= 2;
            break;
        case 'l':
        case 'z':
        case 't':
        case 'j':
            spec->size = sizeof(long);
            break;
        default:
            return fmt;
        }
    }
}

/* Sign or base, zeros for the precision, digits; padded to the width. */
static void put_integer(struct out *o, struct spec spec, uint64_t value, const char *prefix,
                        unsigned base, bool upper)
{
    char digits[24];
    int n = 0;

    for (uint64_t rest = value; rest; rest /= base)
        digits[n++] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[rest % base];
    if (spec.precision < 0 && n == 0)
        digits[n++] = '0';

    int prefix_len = (int)strlen(prefix);
    int zeros = max(spec.precision - n, 0);
    if (spec.alt && base == 8 && zeros == 0 && (n == 0 || digits[n - 1] != '0'))
        zeros = 1;
    int blanks = max(spec.width - prefix_len - zeros - n, 0);
    if (spec.zero && !spec.left && spec.precision < 0) {
        zeros += blanks;
        blanks = 0;
    }
    if (!spec.left)
        put_repeated(o, ' ', blanks);
    put_text(o, prefix, prefix_len);
    put_repeated(o, '0', zeros);
    while (n)
        put(o, digits[--n]);
    if (spec.left)
        put_repeated(o, ' ', blanks);
}

static void put_signed(struct out *o, struct spec spec, int64_t value)
{
    const char *prefix = value < 0 ? "-" : spec.plus ? "+" : spec.space ? " " : "";
    put_integer(o, spec, value < 0 ? -(uint64_t)value : (uint64_t)value, prefix, 10, false);
}

static void put_padded(struct out *o, struct spec spec, const char *text, size_t n)
{
    int blanks = spec.width - (int)n;

    if (!spec.left)
        put_repeated(o, ' ', blanks);
    put_text(o, text, (int)n);
    if (spec.left)
        put_repeated(o, ' ', blanks);
}

/* The argument as the caller's type holds it, widened to 64 bits with or without its sign. */
static int64_t sized_signed(int size, int64_t v)
{
    return size == 1 ? (int8_t)v : size == 2 ? (int16_t)v : size == 4 ? (int32_t)v : v;
}
static uint64_t sized_unsigned(int size, uint64_t v)
{
    return size == 1 ? (uint8_t)v : size == 2 ? (uint16_t)v : size == 4 ? (uint32_t)v : v;
}

static const char *read_spec(const char *fmt, struct spec *spec, va_list *args)
{
    *spec = (struct spec){.precision = -1};
    while (read_flag(spec, *fmt))
        fmt++;
    if (*fmt == '*') {
        spec->width = va_arg(*args, int);
        fmt++;
        if (spec->width < 0) {
            spec->left = true;
            spec->width = -spec->width;
        }
    } else {
        fmt = read_number(fmt, &spec->width);
    }
    if (*fmt == '.' && fmt[1] == '*') {
        spec->precision = max(va_arg(*args, int), -1);
        fmt += 2;
    } else if (*fmt == '.') {
        fmt = read_number(fmt + 1, &spec->precision);
    }
    return read_length(fmt, spec);
}

static void put_conversion(struct out *o, struct spec spec, char conversion, va_list *args)
{
    bool upper = conversion == 'X';
    const char *prefix, *text;
    unsigned base;
    uint64_t value;
    char c;

    switch (conversion) {
    case 'd':
    case 'i':
        value = spec.size == sizeof(long) ? va_arg(*args, uint64_t) : va_arg(*args, unsigned);
        put_signed(o, spec, sized_signed(spec.size, (int64_t)value));
        break;
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        value = spec.size == sizeof(long) ? va_arg(*args, uint64_t) : va_arg(*args, unsigned);
        value = sized_unsigned(spec.size, value);
        base = conversion == 'u' ? 10 : conversion == 'o' ? 8 : 16;
        prefix = !spec.alt || !value || base != 16 ? "" : upper ? "0X" : "0x";
        put_integer(o, spec, value, prefix, base, upper);
        break;
    case 'p':
        put_integer(o, spec, va_arg(*args, uintptr_t), "0x", 16, false);
        break;
    case 'c':
        c = (char)va_arg(*args, int);
        put_padded(o, spec, &c, 1);
        break;
    case 's':
        text = va_arg(*args, const char *);
        if (!text)
            text = "(null)";
        put_padded(o, spec, text,
                   strnlen(text, spec.precision < 0 ? SIZE_MAX : (size_t)spec.precision));
        break;
    default:
        put(o, conversion);
    }
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
    struct out o = {.buf = buf, .size = size};
    va_list ap;

    va_copy(ap, args);
    while (*fmt) {
        if (*fmt != '%') {
            put(&o, *fmt++);
            continue;
        }
        struct spec spec;
        fmt = read_spec(fmt + 1, &spec, &ap);
        if (!*fmt)
            break;
        put_conversion(&o, spec, *fmt++, &ap);
    }
    va_end(ap);
    if (size)
        buf[min(o.n, size - 1)] = '\0';
    return (int)o.n;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(buf, size, fmt, args);
    va_end(args);
    return n;
}
