/* SPDX-License-Identifier: MIT */
/*
 * User programs' floating-point registers. The kernel itself is built without F and D and runs with
 * sstatus.FS off; here it is on for a few instructions. A frame's FS says whether the program has
 * changed the registers since they were loaded (Privileged ISA 3.1.6.6): dirty is saved.
 *
 * Loading them at every switch is 72 of its 2600 instructions (bench pipe, `qemu -icount`), saving 40
 * more: a first use that trapped, with FS off until then, would cost about twice what it spares.
 */
#include "arch/riscv64/csr.h"
#include "arch/riscv64/offsets.h"

    .option arch, +d

#define FCSR (32 * 8)

.macro each_fp_register op
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    \op     f\n, \n * 8(a0)
    .endr
.endm

    .text
/* fpu_save(a0 = fpu, a1 = frame or NULL) */
    .globl  fpu_save
fpu_save:
    beqz    a1, 1f
    ld      t0, TF_STATUS(a1)
    li      t1, SSTATUS_FS
    and     t2, t0, t1
    bne     t2, t1, 1f
    csrs    sstatus, t1
    each_fp_register fsd
    frcsr   t2
    sd      t2, FCSR(a0)
    csrc    sstatus, t1
    li      t1, SSTATUS_FS_INITIAL /* dirty less initial is clean */
    xor     t0, t0, t1
    sd      t0, TF_STATUS(a1)
1:  ret

/* fpu_restore(a0 = fpu, a1 = frame or NULL) */
    .globl  fpu_restore
fpu_restore:
    beqz    a1, 1b
    ld      t0, TF_STATUS(a1)
    li      t1, SSTATUS_FS
    not     t2, t1
    and     t0, t0, t2
    li      t2, SSTATUS_FS_CLEAN
    or      t0, t0, t2
    sd      t0, TF_STATUS(a1)

/* fpu_load(a0 = fpu): for the task that runs. */
    .globl  fpu_load
fpu_load:
    li      t1, SSTATUS_FS
    csrs    sstatus, t1
    each_fp_register fld
    ld      t2, FCSR(a0)
    fscsr   t2
    csrc    sstatus, t1
    ret
