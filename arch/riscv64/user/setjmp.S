/* SPDX-License-Identifier: MIT */
/*
 * setjmp and longjmp (ISO C 7.13): a jmp_buf holds what a function must preserve (RISC-V calling
 * convention): ra, sp, s0 to s11, fs0 to fs11, in that order. The signal mask is not saved.
 */
    .macro each_saved op, fop
    \op     ra, 0(a0)
    \op     sp, 8(a0)
    \op     s0, 16(a0)
    \op     s1, 24(a0)
    \op     s2, 32(a0)
    \op     s3, 40(a0)
    \op     s4, 48(a0)
    \op     s5, 56(a0)
    \op     s6, 64(a0)
    \op     s7, 72(a0)
    \op     s8, 80(a0)
    \op     s9, 88(a0)
    \op     s10, 96(a0)
    \op     s11, 104(a0)
    \fop    fs0, 112(a0)
    \fop    fs1, 120(a0)
    \fop    fs2, 128(a0)
    \fop    fs3, 136(a0)
    \fop    fs4, 144(a0)
    \fop    fs5, 152(a0)
    \fop    fs6, 160(a0)
    \fop    fs7, 168(a0)
    \fop    fs8, 176(a0)
    \fop    fs9, 184(a0)
    \fop    fs10, 192(a0)
    \fop    fs11, 200(a0)
    .endm

    .text
    .globl setjmp
    .type setjmp, @function
setjmp:
    each_saved sd, fsd
    li      a0, 0
    ret
    .size setjmp, . - setjmp

    .globl longjmp
    .type longjmp, @function
longjmp:
    each_saved ld, fld
    seqz    a0, a1              /* longjmp(env, 0) makes setjmp return 1 */
    add     a0, a0, a1
    ret
    .size longjmp, . - longjmp
    .section .note.GNU-stack, "", @progbits
