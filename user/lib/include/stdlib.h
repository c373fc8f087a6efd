/* SPDX-License-Identifier: MIT */
/* stdlib.h: memory, numbers, sorting, environment, ending the program. */
#ifndef STDLIB_H
#define STDLIB_H

#include <stddef.h>

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1
#define RAND_MAX     0x7fffffff

/*
 * Memory aligned to 16 bytes, from the brk area; from M_MMAP_THRESHOLD bytes up a block is a
 * private mapping of its own, which free() gives back at once. NULL with errno ENOMEM when there is
 * none.
 */
#define M_MMAP_THRESHOLD (128 * 1024)
void *malloc(size_t size) __attribute__((malloc, warn_unused_result));
void *calloc(size_t n, size_t size) __attribute__((malloc, warn_unused_result));
void *realloc(void *p, size_t size) __attribute__((warn_unused_result));
void *reallocarray(void *p, size_t n, size_t size) __attribute__((warn_unused_result));
void free(void *p);

int atoi(const char *s);
long atol(const char *s);
long strtol(const char *restrict s, char **restrict end, int base);
unsigned long strtoul(const char *restrict s, char **restrict end, int base);
long long strtoll(const char *restrict s, char **restrict end, int base);
unsigned long long strtoull(const char *restrict s, char **restrict end, int base);

int abs(int i);
long labs(long i);
int rand(void);
void srand(unsigned int seed);
int rand_r(unsigned int *seed);

void qsort(void *base, size_t n, size_t size, int (*cmp)(const void *, const void *));
void *bsearch(const void *key, const void *base, size_t n, size_t size,
              int (*cmp)(const void *, const void *));

char *getenv(const char *name);
int setenv(const char *name, const char *value, int overwrite);
int unsetenv(const char *name);
int putenv(char *entry);
int clearenv(void);

int atexit(void (*fn)(void)); /* at most 32 */
_Noreturn void exit(int status);
_Noreturn void _Exit(int status);
_Noreturn void abort(void);
/* Runs `sh -c line`; the status as wait() gives it. */
int system(const char *line);
/* template ends in XXXXXX, which become the name of the new file, or directory. */
int mkstemp(char *template);
char *mkdtemp(char *template);
char *realpath(const char *restrict path, char *restrict resolved);

#endif
