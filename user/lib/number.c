/* SPDX-License-Identifier: MIT */
/* Numbers from text (ISO C 7.22.1), and pseudo-random ones. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

static int digit_value(char c)
{
    if (isdigit((unsigned char)c))
        return c - '0';
    if (isalpha((unsigned char)c))
        return tolower((unsigned char)c) - 'a' + 10;
    return INT_MAX;
}

/*
 * Reads an optional sign and the digits in `base` (0: by prefix). Gives the magnitude, saturated
 * with *overflow set; *end is s itself when there is no number.
 */
static unsigned long parse(const char *s, const char **end, int base, int *negative, int *overflow)
{
    unsigned long value = 0;

    *end = s;
    *negative = *overflow = 0;
    while (isspace((unsigned char)*s))
        s++;
    if (*s == '+' || *s == '-')
        *negative = *s++ == '-';
    if ((base == 0 || base == 16) && s[0] == '0' && (s[1] | 0x20) == 'x' &&
        digit_value(s[2]) < 16) {
        s += 2;
        base = 16;
    }
    if (base == 0)
        base = *s == '0' ? 8 : 10;
    for (; digit_value(*s) < base; *end = ++s)
        if (__builtin_mul_overflow(value, (unsigned long)base, &value) ||
            __builtin_add_overflow(value, (unsigned long)digit_value(*s), &value))
            *overflow = 1;
    return *overflow ? ULONG_MAX : value;
}

static int base_is_valid(const char *s, char **end, int base)
{
    if (base == 0 || (base >= 2 && base <= 36))
        return 1;
    if (end)
        *end = (char *)s;
    errno = EINVAL;
    return 0;
}

long strtol(const char *restrict s, char **restrict end, int base)
{
    const char *stop;
    int negative, overflow;
    unsigned long value, limit;

    if (!base_is_valid(s, end, base))
        return 0;
    value = parse(s, &stop, base, &negative, &overflow);
    limit = negative ? (unsigned long)LONG_MAX + 1 : LONG_MAX;
    if (end)
        *end = (char *)stop;
    if (value > limit) {
        errno = ERANGE;
        value = limit;
    }
    return negative ? -value : value;
}

unsigned long strtoul(const char *restrict s, char **restrict end, int base)
{
    const char *stop;
    int negative, overflow;
    unsigned long value;

    if (!base_is_valid(s, end, base))
        return 0;
    value = parse(s, &stop, base, &negative, &overflow);
    if (end)
        *end = (char *)stop;
    if (overflow) {
        errno = ERANGE;
        return ULONG_MAX;
    }
    return negative ? -value : value;
}

long long strtoll(const char *restrict s, char **restrict end, int base)
{
    return strtol(s, end, base);
}

unsigned long long strtoull(const char *restrict s, char **restrict end, int base)
{
    return strtoul(s, end, base);
}

int atoi(const char *s)
{
    return strtol(s, NULL, 10);
}

long atol(const char *s)
{
    return strtol(s, NULL, 10);
}

int abs(int i)
{
    return i < 0 ? -i : i;
}

long labs(long i)
{
    return i < 0 ? -i : i;
}

/*
 * xorshift with 32 bits of state (Marsaglia 2003): period 2^32 - 1, so that 0 must not be a state.
 */
int rand_r(unsigned int *seed)
{
    unsigned int x = *seed ? *seed : 2463534242u;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    *seed = x;
    return x & RAND_MAX;
}

static unsigned int rand_state = 1;

int rand(void)
{
    return rand_r(&rand_state);
}

void srand(unsigned int seed)
{
    rand_state = seed;
}
