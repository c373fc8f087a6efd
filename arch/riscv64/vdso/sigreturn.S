/* SPDX-License-Identifier: MIT */
/*
 * Where signal handlers return to. The two instructions are uncompressed and exactly these, for
 * debuggers and unwinders compare the bytes.
 *
 * The others read the call frame information: sp points to the signal frame (sigframe.c), in which
 * the interrupted pc and x1 to x31 lie MCONTEXT bytes up, in this order. It covers an instruction
 * more at the front, since whoever comes from a handler looks up its return address less one.
 */
#include <arch/syscall.h>

#define MCONTEXT  304 /* siginfo 128, ucontext up to its registers 176 */
#define PC_COLUMN 64  /* of DWARF's registers the one for a return address that is not in ra */

    .option norvc
    .text
    .cfi_startproc
    .cfi_signal_frame
    .cfi_return_column PC_COLUMN
    .cfi_def_cfa 2, MCONTEXT
    .cfi_offset PC_COLUMN, 0
    .irp reg, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, \
              24, 25, 26, 27, 28, 29, 30, 31
    .cfi_offset \reg, 8 * \reg
    .endr
    nop
    .global __vdso_rt_sigreturn
    .type __vdso_rt_sigreturn, @function
__vdso_rt_sigreturn:
    li a7, SYS_rt_sigreturn
    ecall
    .size __vdso_rt_sigreturn, . - __vdso_rt_sigreturn
    .cfi_endproc
