/* SPDX-License-Identifier: MIT */
/* What the files of the C library share and programs do not see. */
#ifndef LIB_INTERNAL_H
#define LIB_INTERNAL_H

#include <arch/syscall.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

/* Turns the kernel's result into the C library's: -1 and errno, or the value. */
static inline long sys_result(long r)
{
    if (r < 0 && r >= -4095) {
        errno = -r;
        return -1;
    }
    return r;
}

/* sys(nr, up to six arguments): the call with errno; the arguments not given are 0. */
#define sys(...) sys_result(raw(__VA_ARGS__))
/* The same with -errno as the result. */
#define raw(...) RAW7(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define RAW7(nr, a, b, c, d, e, f, ...)                                                            \
    __syscall((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* For the port's code: what sys() does with a result. */
long __sys_result(long r);
/* The port's: a child that calls fn(arg) on the stack that ends at `stack`. Its pid or -errno. */
long __clone(int (*fn)(void *), void *stack, long flags, void *arg);

/* The port's code that calls rt_sigreturn, where the C library has to bring it (arch/uabi.h). */
void __sigreturn(void);

struct __FILE;

/* start.c finds it behind the environment; getauxval() reads it. */
extern const uint64_t *__auxv;

/* Called by exit() after the atexit functions. */
void __stdio_exit(void);

/*
 * Around the pieces of one printf: an unbuffered stream collects them, so that they go out in one
 * write. hold returns the stream's mode, which release puts back.
 */
int __stdio_hold(struct __FILE *f);
void __stdio_release(struct __FILE *f, int mode);

#endif
