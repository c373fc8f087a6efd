/* SPDX-License-Identifier: MIT */
/* The part of ISO C's <string.h> and <stdio.h> that the kernel uses, with ISO C's meanings. */
#ifndef KERNEL_STRING_H
#define KERNEL_STRING_H

#include <stdarg.h>
#include "kernel/types.h"

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *haystack, const char *needle);
unsigned long strtoul(const char *s, char **end, int base);

/*
 * Copies at most size - 1 bytes and always terminates (size > 0). Returns strlen(src), so a result
 * >= size says that it was cut.
 */
size_t strlcpy(char *dst, const char *src, size_t size);

/* ISO C conversions d i u x X o c s p % with flags, width, precision and hh h l ll z t j; no
 * floats. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args) __printf(3, 0);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

#endif
