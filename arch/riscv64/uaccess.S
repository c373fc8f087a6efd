/* SPDX-License-Identifier: MIT */
/*
 * Copies between kernel and user memory, with the user window (sstatus.SUM) open meanwhile.
 *
 * Whole words, eight at a time, where both sides are aligned alike; else bytes. When a fault in the
 * word loops cannot be served, the bytes not yet copied are tried one by one, so that what is
 * reachable is copied to the last byte; a fault in the byte loop ends the copy.
 *
 * The exception table: first instruction that may fault, end, and where to go on instead.
 */
#include "arch/riscv64/csr.h"

.macro may_fault from, to, fixup
    .pushsection .extable, "a"
    .dword  \from, \to, \fixup
    .popsection
.endm

.macro each_word op, base
    \op     t0, 0(\base)
    \op     t1, 8(\base)
    \op     t2, 16(\base)
    \op     t3, 24(\base)
    \op     t4, 32(\base)
    \op     t5, 40(\base)
    \op     a4, 48(\base)
    \op     a5, 56(\base)
.endm

    .cfi_sections .debug_frame
    .text
/* a0 = to, a1 = from, a2 = bytes. Returns the bytes not copied. Either side may be the user's. */
    .globl  arch_copy_from_user, arch_copy_to_user
arch_copy_from_user:
arch_copy_to_user:
    .cfi_startproc
    li      t6, SSTATUS_SUM
    csrs    sstatus, t6
    xor     t0, a0, a1
    andi    t0, t0, 7
    bnez    t0, .Lcopy_bytes

    /* Bytes up to a word boundary. */
.Lcopy_head:
    andi    t0, a0, 7
    beqz    t0, .Lcopy_words
    beqz    a2, .Lcopy_done
1:  lb      t0, 0(a1)
    sb      t0, 0(a0)
2:  addi    a0, a0, 1
    addi    a1, a1, 1
    addi    a2, a2, -1
    j       .Lcopy_head
    may_fault 1b, 2b, .Lcopy_done

.Lcopy_words:
    li      a3, 64
    bltu    a2, a3, .Lcopy_few
1:  each_word ld, a1
    each_word sd, a0
2:  addi    a0, a0, 64
    addi    a1, a1, 64
    addi    a2, a2, -64
    bgeu    a2, a3, 1b
    may_fault 1b, 2b, .Lcopy_bytes
.Lcopy_few:
    li      a3, 8
    bltu    a2, a3, .Lcopy_bytes
1:  ld      t0, 0(a1)
    sd      t0, 0(a0)
2:  addi    a0, a0, 8
    addi    a1, a1, 8
    addi    a2, a2, -8
    bgeu    a2, a3, 1b
    may_fault 1b, 2b, .Lcopy_bytes

.Lcopy_bytes:
    beqz    a2, .Lcopy_done
1:  lb      t0, 0(a1)
    sb      t0, 0(a0)
2:  addi    a0, a0, 1
    addi    a1, a1, 1
    addi    a2, a2, -1
    bnez    a2, 1b
    may_fault 1b, 2b, .Lcopy_done

.Lcopy_done:
    csrc    sstatus, t6
    mv      a0, a2
    ret
    .cfi_endproc

/* a0 = where, a1 = bytes. Returns the bytes not cleared. */
    .globl  arch_clear_user
arch_clear_user:
    .cfi_startproc
    li      t6, SSTATUS_SUM
    csrs    sstatus, t6
.Lclear_bytes:
    beqz    a1, .Lclear_done
    andi    t0, a0, 7
    sltiu   t1, a1, 8
    or      t0, t0, t1
    beqz    t0, .Lclear_words
1:  sb      zero, 0(a0)
2:  addi    a0, a0, 1
    addi    a1, a1, -1
    j       .Lclear_bytes
    may_fault 1b, 2b, .Lclear_done
.Lclear_words:
    li      a3, 8
1:  sd      zero, 0(a0)
2:  addi    a0, a0, 8
    addi    a1, a1, -8
    bgeu    a1, a3, 1b
    j       .Lclear_bytes
    /* An aligned word lies in one page: what stops it stops its first byte. */
    may_fault 1b, 2b, .Lclear_done
.Lclear_done:
    csrc    sstatus, t6
    mv      a0, a1
    ret
    .cfi_endproc
