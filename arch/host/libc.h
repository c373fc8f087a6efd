/* SPDX-License-Identifier: MIT */
/*
 * What the host port takes from the host: the C library's headers and the kernel's do not go
 * together in one file, so libc.c includes the former alone. (Plain functions of <string.h> and
 * snprintf() mean the same in both and are the library's.)
 */
#ifndef ARCH_HOST_LIBC_H
#define ARCH_HOST_LIBC_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Address space, zeroed when accessible and touched. Ends the process when there is none. */
void *host_reserve(size_t size, bool accessible);
void host_make_accessible(void *start, size_t size);

/* From the process's own heap. Never NULL. */
void *host_malloc(size_t size);
void host_free(void *p);

void host_vprintf(const char *fmt, va_list args);
/* Ends the process with a signal, so that a debugger stops here. */
__attribute__((noreturn)) void host_abort(void);

#endif
