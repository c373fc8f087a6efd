/* SPDX-License-Identifier: MIT */
/*
 * long __syscall(long nr, long a, long b, long c, long d, long e, long f): the raw system call.
 * Returns what the kernel returns: a result, or -errno. Calls with fewer arguments pass anything.
 */
    .text
    .globl __syscall
    .type __syscall, @function
__syscall:
    mv      a7, a0
    mv      a0, a1
    mv      a1, a2
    mv      a2, a3
    mv      a3, a4
    mv      a4, a5
    mv      a5, a6
    ecall
    ret
    .size __syscall, . - __syscall
    .section .note.GNU-stack, "", @progbits
