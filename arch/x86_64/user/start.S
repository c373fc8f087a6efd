/* SPDX-License-Identifier: MIT */
/*
 * Where a program starts: rsp points at argc as the System V ABI's process start lays it out (x86-64
 * psABI 3.4.1), rdx is 0. Hands that stack to __libc_start, which never returns.
 */
    .text
    .globl _start
    .type _start, @function
_start:
    xorl    %ebp, %ebp          /* the outermost frame */
    movq    %rsp, %rdi
    andq    $-16, %rsp
    call    __libc_start
    ud2
    .size _start, . - _start
    .section .note.GNU-stack, "", @progbits
