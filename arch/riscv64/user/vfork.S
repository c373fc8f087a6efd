/* SPDX-License-Identifier: MIT */
/*
 * pid_t vfork(void): the child runs on the parent's stack while the parent waits, and may overwrite
 * what the parent has there below the caller's frame. So nothing is kept there: the return address
 * stays in its register. CLONE_VFORK | CLONE_VM | SIGCHLD (sched.h, signal.h).
 */
#include <arch/syscall.h>

    .text
    .globl vfork
    .type vfork, @function
vfork:
    li      a0, 0x4000 | 0x100 | 17
    li      a1, 0
    li      a2, 0
    li      a3, 0
    li      a4, 0
    li      a7, SYS_clone
    ecall
    tail    __sys_result
    .size vfork, . - vfork
    .section .note.GNU-stack, "", @progbits
