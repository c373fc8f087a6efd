/* SPDX-License-Identifier: MIT */
/* sys/random.h: random bytes from the kernel. */
#ifndef SYS_RANDOM_H
#define SYS_RANDOM_H

#include <sys/types.h>

#define GRND_NONBLOCK 1
#define GRND_RANDOM   2

ssize_t getrandom(void *buf, size_t n, unsigned int flags);

#endif
