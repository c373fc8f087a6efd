/* SPDX-License-Identifier: MIT */
/*
 * pid_t vfork(void): the child runs on the parent's stack while the parent waits, and overwrites
 * what the parent has there below the caller's frame, the return address first of all. So that is
 * kept in a register, which is the parent's own. CLONE_VFORK | CLONE_VM | SIGCHLD (sched.h,
 * signal.h).
 */
#include <arch/syscall.h>

    .text
    .globl vfork
    .type vfork, @function
vfork:
    popq    %r9
    movl    $(0x4000 | 0x100 | 17), %edi
    xorl    %esi, %esi
    xorl    %edx, %edx
    xorl    %r10d, %r10d
    xorl    %r8d, %r8d
    movl    $SYS_clone, %eax
    syscall
    pushq   %r9
    movq    %rax, %rdi
    jmp     __sys_result
    .size vfork, . - vfork
    .section .note.GNU-stack, "", @progbits
