/* SPDX-License-Identifier: MIT */
/*
 * Where a program starts: sp points at argc as the System V ABI's process start lays it out (RISC-V
 * ELF psABI), a0 is 0. Hands that stack to __libc_start, which never returns.
 */
    .text
    .globl _start
    .type _start, @function
_start:
    .option push
    .option norelax
    lla     gp, __global_pointer$
    .option pop
    li      fp, 0               /* the outermost frame */
    li      ra, 0
    mv      a0, sp
    andi    sp, sp, -16
    call    __libc_start
    ebreak
    .size _start, . - _start
    .section .note.GNU-stack, "", @progbits
