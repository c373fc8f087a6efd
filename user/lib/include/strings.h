/* SPDX-License-Identifier: MIT */
/* strings.h: comparison without regard to the case of ASCII letters; bit search. */
#ifndef STRINGS_H
#define STRINGS_H

#include <stddef.h>

int strcasecmp(const char *a, const char *b);
int strncasecmp(const char *a, const char *b, size_t n);
int ffs(int i);

#endif
