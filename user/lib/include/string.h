/* SPDX-License-Identifier: MIT */
/* string.h: ISO C's and POSIX's functions on strings and memory. */
#ifndef STRING_H
#define STRING_H

#include <stddef.h>
#include <strings.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
void *memrchr(const void *s, int c, size_t n);
void *memmem(const void *haystack, size_t n, const void *needle, size_t m);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
int strcoll(const char *a, const char *b);
char *strcpy(char *restrict dst, const char *restrict src);
char *stpcpy(char *restrict dst, const char *restrict src);
char *strncpy(char *restrict dst, const char *restrict src, size_t n);
/* As BSD has them: always terminated, return the length of the string they tried to make. */
size_t strlcpy(char *restrict dst, const char *restrict src, size_t size);
size_t strlcat(char *restrict dst, const char *restrict src, size_t size);
char *strcat(char *restrict dst, const char *restrict src);
char *strncat(char *restrict dst, const char *restrict src, size_t n);
char *strchr(const char *s, int c);
char *strchrnul(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *haystack, const char *needle);
size_t strspn(const char *s, const char *accept);
size_t strcspn(const char *s, const char *reject);
char *strpbrk(const char *s, const char *accept);
char *strtok(char *restrict s, const char *restrict delim);
char *strtok_r(char *restrict s, const char *restrict delim, char **restrict save);
char *strsep(char **stringp, const char *delim);
/* On the heap: NULL with errno ENOMEM when there is none; free() them. */
char *strdup(const char *s);
char *strndup(const char *s, size_t max);
/* Never NULL: "Unknown error N" for a number without a name. */
char *strerror(int err);
/* "Segmentation fault", "Killed", ...; never NULL. */
char *strsignal(int sig);
/* GNU's memory-copy that returns the end. */
void *mempcpy(void *restrict dst, const void *restrict src, size_t n);

#endif
