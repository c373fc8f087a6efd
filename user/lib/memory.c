/* SPDX-License-Identifier: MIT */
/*
 * The mem functions. They go by words where alignment allows. The pragma keeps the compiler from
 * recognizing these very loops and replacing them by calls to themselves.
 */
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#include <stdint.h>
#include <string.h>

typedef uint64_t __attribute__((may_alias)) word;
#define WORD          sizeof(word)
#define misaligned(p) ((uintptr_t)(p) % WORD)

static void copy_up(unsigned char *d, const unsigned char *s, size_t n)
{
    if (misaligned(d) == misaligned(s)) {
        for (; n && misaligned(d); n--)
            *d++ = *s++;
        for (; n >= WORD; n -= WORD, d += WORD, s += WORD)
            *(word *)d = *(const word *)s;
    }
    while (n--)
        *d++ = *s++;
}

static void copy_down(unsigned char *d, const unsigned char *s, size_t n)
{
    d += n;
    s += n;
    if (misaligned(d) == misaligned(s)) {
        for (; n && misaligned(d); n--)
            *--d = *--s;
        for (; n >= WORD; n -= WORD) {
            d -= WORD;
            s -= WORD;
            *(word *)d = *(const word *)s;
        }
    }
    while (n--)
        *--d = *--s;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
    copy_up(dst, src, n);
    return dst;
}

void *mempcpy(void *restrict dst, const void *restrict src, size_t n)
{
    copy_up(dst, src, n);
    return (char *)dst + n;
}

void *memmove(void *dst, const void *src, size_t n)
{
    if ((uintptr_t)dst - (uintptr_t)src >= n)
        copy_up(dst, src, n);
    else
        copy_down(dst, src, n);
    return dst;
}

void *memset(void *dst, int c, size_t n)
{
    unsigned char *d = dst;
    word pattern = (unsigned char)c * 0x0101010101010101UL;

    for (; n && misaligned(d); n--)
        *d++ = c;
    for (; n >= WORD; n -= WORD, d += WORD)
        *(word *)d = pattern;
    while (n--)
        *d++ = c;
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;

    for (; n; n--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

void *memchr(const void *s, int c, size_t n)
{
    const unsigned char *p = s;

    for (; n; n--, p++)
        if (*p == (unsigned char)c)
            return (void *)p;
    return NULL;
}

void *memrchr(const void *s, int c, size_t n)
{
    const unsigned char *p = s;

    while (n--)
        if (p[n] == (unsigned char)c)
            return (void *)(p + n);
    return NULL;
}

void *memmem(const void *haystack, size_t n, const void *needle, size_t m)
{
    const char *h = haystack;

    for (; n >= m; h++, n--)
        if (memcmp(h, needle, m) == 0)
            return (void *)h;
    return NULL;
}
