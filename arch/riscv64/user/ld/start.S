/* SPDX-License-Identifier: MIT */
/*
 * Where the dynamic linker starts: with the stack that exec made for the program, to which it then
 * leaves it as it was, a0 zero as at any start.
 */
    .text
    .globl _start
    .type _start, @function
_start:
    li      fp, 0               /* the outermost frame */
    li      ra, 0
    mv      s1, sp
    mv      a0, sp
    andi    sp, sp, -16
    call    ld_main
    mv      sp, s1
    mv      t0, a0
    li      a0, 0
    jr      t0
    .size _start, . - _start
    .section .note.GNU-stack, "", @progbits
