/* SPDX-License-Identifier: MIT */
/* setjmp.h: non-local jumps; room for any port's registers. The signal mask is not saved. */
#ifndef SETJMP_H
#define SETJMP_H

typedef unsigned long jmp_buf[32];

int setjmp(jmp_buf env) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf env, int value);

/* The same with the signal mask, when `save` is not 0. */
typedef struct {
    jmp_buf registers;
    int saved;
    unsigned long mask;
} sigjmp_buf[1];

#define sigsetjmp(env, save) (__sigsave(env, save), setjmp((env)->registers))
void __sigsave(sigjmp_buf env, int save);
_Noreturn void siglongjmp(sigjmp_buf env, int value);

#endif
