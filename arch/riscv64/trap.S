/* SPDX-License-Identifier: MIT */
/*
 * The way into the kernel and out of it.
 *
 * sscratch tells where a trap came from: it holds this CPU's struct cpu while user code runs, and 0
 * while the kernel does. The kernel runs with tp = struct cpu, and with SUM and FS off: user memory
 * and the floating-point registers are out of reach by accident. gp is the user's throughout.
 */
#include "arch/riscv64/csr.h"
#include "arch/riscv64/offsets.h"

/* All but x2 (sp) and x4 (tp), which each path finds elsewhere. */
.macro each_register op
    .irp n, 1,3,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    \op     x\n, \n * 8(sp)
    .endr
.endm

.macro save_trap_csrs
    csrr    t0, sepc
    li      t1, SSTATUS_SUM | SSTATUS_FS
    csrrc   t1, sstatus, t1
    csrr    t2, scause
    csrr    t3, stval
    sd      t0, TF_PC(sp)
    sd      t1, TF_STATUS(sp)
    sd      t2, TF_CAUSE(sp)
    sd      t3, TF_VALUE(sp)
.endm

.macro load_trap_csrs
    ld      t0, TF_PC(sp)
    ld      t1, TF_STATUS(sp)
    csrw    sepc, t0
    csrw    sstatus, t1
.endm

/*
 * The frame of a trap in the kernel; above it a frame record as functions make it (previous frame
 * pointer, return address), so that a backtrace goes through the trap.
 */
#define RECORD_SIZE 16
.macro save_kernel_frame
    ld      t0, CPU_SCRATCH_T0(tp)
    each_register sd
    ld      t0, CPU_SCRATCH_SP(tp)
    sd      t0, 2 * 8(sp)
    sd      tp, 4 * 8(sp)
    save_trap_csrs
    sd      s0, TF_SIZE(sp)
    csrr    t0, sepc
    sd      t0, TF_SIZE + 8(sp)
    addi    s0, sp, TF_SIZE + RECORD_SIZE
    mv      a0, sp
.endm

/*
 * For debuggers (DWARF 4, 6.4), from the calls below on: a frame lies at sp, with all registers of
 * what was trapped; its pc stands in for a return address, under a number that is no register's.
 */
#define TRAPPED_PC 64
.macro cfi_trapped
    .cfi_signal_frame
    .cfi_return_column TRAPPED_PC
    .cfi_def_cfa sp, 0
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    .cfi_offset \n, \n * 8
    .endr
    .cfi_offset TRAPPED_PC, TF_PC
.endm

    .cfi_sections .debug_frame
    .text
    .balign 4
    .globl  trap_entry
    .type   trap_entry, @function
trap_entry:
    .cfi_startproc simple
    cfi_trapped
    csrrw   tp, sscratch, tp
    beqz    tp, from_kernel

    /* From user code, onto the frame it was loaded from: nothing else is on the kernel stack. */
    sd      sp, CPU_SCRATCH_SP(tp)
    ld      sp, CPU_SCRATCH_TF(tp)
    each_register sd
    ld      t0, CPU_SCRATCH_SP(tp)
    csrrw   t1, sscratch, zero
    sd      t0, 2 * 8(sp)
    sd      t1, 4 * 8(sp)
    save_trap_csrs
    mv      s0, zero
    mv      a0, sp
    call    trap_from_user

/* Interrupts off; sp = the frame. tp is this CPU's, which need not be the one we came in on. */
to_user:
    sd      sp, CPU_SCRATCH_TF(tp)
    csrw    sscratch, tp
    load_trap_csrs
    each_register ld
    ld      x4, 4 * 8(sp)
    ld      x2, 2 * 8(sp)
    sret

    .globl  return_to_user
return_to_user:
    csrci   sstatus, 2
    mv      sp, a0
    mv      s0, zero
    call    return_to_user_work
    j       to_user
    .cfi_endproc

    .type   from_kernel, @function
from_kernel:
    .cfi_startproc simple
    cfi_trapped
    csrrw   tp, sscratch, zero
    sd      t0, CPU_SCRATCH_T0(tp)
    sd      sp, CPU_SCRATCH_SP(tp)
    addi    sp, sp, -(TF_SIZE + RECORD_SIZE)
    ld      t0, CPU_KSTACK_WORD(tp)
    sub     t0, sp, t0
    srli    t0, t0, KSTACK_SHIFT
    bnez    t0, no_stack
    save_kernel_frame
    call    trap_from_kernel
    load_trap_csrs
    each_register ld
    ld      x2, 2 * 8(sp)
    sret

/* sp is not in the current task's stack: the frame goes to a stack kept for this, for good. */
no_stack:
    lwu     t0, CPU_ID(tp)
    addi    t0, t0, 1
    slli    t0, t0, OVERFLOW_STACK_SHIFT
    la      sp, overflow_stacks
    add     sp, sp, t0
    addi    sp, sp, -(TF_SIZE + RECORD_SIZE)
    save_kernel_frame
    call    trap_without_stack
    .cfi_endproc
