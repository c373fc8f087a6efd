/* SPDX-License-Identifier: MIT */
/*
 * long __syscall(long nr, long a, long b, long c, long d, long e, long f): the raw system call.
 * Returns what the kernel returns: a result, or -errno. Calls with fewer arguments pass anything.
 * The kernel takes the fourth argument in r10, since `syscall` itself writes to rcx, and r11.
 */
#include <arch/syscall.h>

    .text
    .globl __syscall
    .type __syscall, @function
__syscall:
    movq    %rdi, %rax
    movq    %rsi, %rdi
    movq    %rdx, %rsi
    movq    %rcx, %rdx
    movq    %r8, %r10
    movq    %r9, %r8
    movq    8(%rsp), %r9        /* the seventh is on the stack */
    syscall
    ret
    .size __syscall, . - __syscall

/*
 * What a signal handler returns to (sigaction() names it to the kernel): its frame is at rsp then.
 * Debuggers and unwinders know such a frame by exactly these instructions.
 */
    .globl __sigreturn
    .type __sigreturn, @function
__sigreturn:
    movq    $SYS_rt_sigreturn, %rax
    syscall
    .size __sigreturn, . - __sigreturn
    .section .note.GNU-stack, "", @progbits
