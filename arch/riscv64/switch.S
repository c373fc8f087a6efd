/* SPDX-License-Identifier: MIT */
/* Changing kernel stacks: what the calling convention says a callee keeps, and nothing else. */

.macro each_kept op, context
    \op     ra, 0(\context)
    \op     sp, 8(\context)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    \op     s\n, 16 + \n * 8(\context)
    .endr
.endm

    .cfi_sections .debug_frame
    .text
/* switch_to(a0 = prev, a1 = next) */
    .globl  switch_to
switch_to:
    .cfi_startproc
    each_kept sd, a0
    /* A load-reserved of the task that leaves is not the next one's (Unprivileged ISA 8.2). */
    sc.d    t0, zero, (tp)
    each_kept ld, a1
    ret
    .cfi_endproc

/* Where context_init() makes a new context begin: s1 = function, s2 = its argument. */
    .globl  context_begin
context_begin:
    .cfi_startproc
    .cfi_undefined ra /* a backtrace ends here */
    mv      a0, s2
    jalr    s1
    unimp
    .cfi_endproc
