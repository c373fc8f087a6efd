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
    andq    $-16, %rsi
    subq    $16, %rsi
    movq    %rdi, 0(%rsi)
    movq    %rcx, 8(%rsi)
    movq    %rdx, %rdi
    xorl    %edx, %edx
    xorl    %r10d, %r10d
    xorl    %r8d, %r8d
    movl    $SYS_clone, %eax
    syscall
    testq   %rax, %rax
    jz      child
    ret
child:
    xorl    %ebp, %ebp
    popq    %rax
    popq    %rdi
    call    *%rax
    movl    %eax, %edi
    movl    $SYS_exit, %eax
    syscall
    .size __clone, . - __clone
    .section .note.GNU-stack, "", @progbits
