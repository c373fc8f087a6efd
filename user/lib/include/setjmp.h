/* SPDX-License-Identifier: MIT */
/* setjmp.h: non-local jumps; room for any port's registers. The signal mask is not saved. */
#ifndef SETJMP_H
#define SETJMP_H

typedef unsigned long jmp_buf[32];

int setjmp(jmp_buf env) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf env, int value);

#endif
