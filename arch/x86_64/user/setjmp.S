/* SPDX-License-Identifier: MIT */
/*
 * setjmp and longjmp (ISO C 7.13): a jmp_buf holds what a function must preserve (x86-64 psABI
 * 3.2.1): rbx, rbp, r12 to r15, then rsp as it is behind the call and the address to return to. The
 * control bits of MXCSR and the x87 control word stay as they are. The signal mask is not saved.
 */
    .text
    .globl setjmp
    .type setjmp, @function
setjmp:
    movq    %rbx, 0(%rdi)
    movq    %rbp, 8(%rdi)
    movq    %r12, 16(%rdi)
    movq    %r13, 24(%rdi)
    movq    %r14, 32(%rdi)
    movq    %r15, 40(%rdi)
    leaq    8(%rsp), %rdx
    movq    %rdx, 48(%rdi)
    movq    (%rsp), %rdx
    movq    %rdx, 56(%rdi)
    xorl    %eax, %eax
    ret
    .size setjmp, . - setjmp

    .globl longjmp
    .type longjmp, @function
longjmp:
    movl    %esi, %eax
    cmpl    $1, %eax
    adcl    $0, %eax            /* longjmp(env, 0) makes setjmp return 1 */
    movq    0(%rdi), %rbx
    movq    8(%rdi), %rbp
    movq    16(%rdi), %r12
    movq    24(%rdi), %r13
    movq    32(%rdi), %r14
    movq    40(%rdi), %r15
    movq    48(%rdi), %rsp
    jmp     *56(%rdi)
    .size longjmp, . - longjmp
    .section .note.GNU-stack, "", @progbits
