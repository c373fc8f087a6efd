/* SPDX-License-Identifier: MIT */
/*
 * Where the dynamic linker starts: with the stack that exec made for the program, to which it then
 * leaves it as it was, rdx zero as at any start.
 */
    .text
    .globl _start
    .type _start, @function
_start:
    xorl    %ebp, %ebp          /* the outermost frame */
    movq    %rsp, %rbx
    movq    %rsp, %rdi
    andq    $-16, %rsp
    call    ld_main
    movq    %rbx, %rsp
    xorl    %edx, %edx
    jmp     *%rax
    .size _start, . - _start
    .section .note.GNU-stack, "", @progbits
