/* SPDX-License-Identifier: MIT */
/* Changing kernel stacks: what the calling convention says a callee keeps, and nothing else. */

    .cfi_sections .debug_frame
    .text
/* switch_to(rdi = prev, rsi = next) */
    .globl  switch_to
switch_to:
    .cfi_startproc
    mov     %rsp, 0(%rdi)
    mov     %rbx, 8(%rdi)
    mov     %rbp, 16(%rdi)
    mov     %r12, 24(%rdi)
    mov     %r13, 32(%rdi)
    mov     %r14, 40(%rdi)
    mov     %r15, 48(%rdi)
    mov     0(%rsi), %rsp
    mov     8(%rsi), %rbx
    mov     16(%rsi), %rbp
    mov     24(%rsi), %r12
    mov     32(%rsi), %r13
    mov     40(%rsi), %r14
    mov     48(%rsi), %r15
    ret
    .cfi_endproc

/* Where context_init() makes a new context begin: rbx = function, r12 = its argument. */
    .globl  context_begin
context_begin:
    .cfi_startproc
    .cfi_undefined rip /* a backtrace ends here */
    mov     %r12, %rdi
    call    *%rbx
    ud2
    .cfi_endproc
