/* SPDX-License-Identifier: MIT */
/*
 * Where signal handlers return to whose program has named no restorer. The two instructions are
 * spelled as C libraries spell theirs, for debuggers compare the bytes.
 *
 * Unwinders read the call frame information: the handler's return has taken the restorer's address
 * from the signal frame (sigframe.c), rsp points to ucontext, and the interrupted registers lie
 * MCONTEXT bytes up. It covers an instruction more at the front, since whoever comes from a handler
 * looks up its return address less one.
 */
#include <arch/syscall.h>

#define MCONTEXT 40 /* in ucontext: flags, link and the alternate stack come before */

    .text
    .cfi_startproc
    .cfi_signal_frame
    .cfi_def_cfa rsp, MCONTEXT
    .cfi_offset r8, 0
    .cfi_offset r9, 8
    .cfi_offset r10, 16
    .cfi_offset r11, 24
    .cfi_offset r12, 32
    .cfi_offset r13, 40
    .cfi_offset r14, 48
    .cfi_offset r15, 56
    .cfi_offset rdi, 64
    .cfi_offset rsi, 72
    .cfi_offset rbp, 80
    .cfi_offset rbx, 88
    .cfi_offset rdx, 96
    .cfi_offset rax, 104
    .cfi_offset rcx, 112
    .cfi_offset rsp, 120
    .cfi_offset rip, 128
    nop
    .global __vdso_rt_sigreturn
    .type __vdso_rt_sigreturn, @function
__vdso_rt_sigreturn:
    movq $SYS_rt_sigreturn, %rax
    syscall
    .size __vdso_rt_sigreturn, . - __vdso_rt_sigreturn
    .cfi_endproc
