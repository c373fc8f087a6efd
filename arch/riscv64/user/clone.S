/* SPDX-License-Identifier: MIT */
/*
 * long __clone(int (*fn)(void *), void *stack, long flags, void *arg): a child on a stack of its
 * own, which ends below `stack`: calls fn(arg) and exits with its result. Returns the child's
 * number, or -errno.
 */
#include <arch/syscall.h>

    .text
    .globl __clone
    .type __clone, @function
__clone:
    andi    a1, a1, -16
    addi    a1, a1, -16
    sd      a0, 0(a1)
    sd      a3, 8(a1)
    mv      a0, a2
    li      a2, 0
    li      a3, 0
    li      a4, 0
    li      a7, SYS_clone
    ecall
    beqz    a0, child
    ret
child:
    li      s0, 0
    ld      t0, 0(sp)
    ld      a0, 8(sp)
    jalr    t0
    li      a7, SYS_exit
    ecall
    .size __clone, . - __clone
    .section .note.GNU-stack, "", @progbits
