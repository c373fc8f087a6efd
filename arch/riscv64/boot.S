/* SPDX-License-Identifier: MIT */
/*
 * Entry: from firmware's hands to C at the kernel's own addresses.
 *
 * Each CPU comes here in S-mode with paging off, at the physical address the image was loaded to.
 * There is no identity mapping, not even for a moment: stvec holds the virtual address of what
 * comes next, and writing satp makes the very next fetch fault there (Privileged ISA 4.1.11: to
 * leave Bare mode needs no fence). A format that the CPU lacks leaves satp unchanged, and the fetch
 * succeeds.
 */
#include "arch/riscv64/csr.h"
#include "arch/riscv64/offsets.h"

/* Continues at the virtual address that `word` holds, with the table that \satp names. */
.macro paging_on satp, word
    lla     t0, \word
    ld      t0, 0(t0)
    csrw    stvec, t0
    sfence.vma
    csrw    satp, \satp
    j       no_such_format
.endm

/* What a CPU needs before it may run C at its own addresses, tp and sp aside. */
.macro enter_c function
    la      t0, trap_entry
    csrw    stvec, t0
    csrw    sscratch, zero
    li      t0, SSTATUS_SUM | SSTATUS_FS
    csrc    sstatus, t0
    mv      s0, zero
    mv      ra, zero
    tail    \function
.endm

/*
 * Firmware: a0 = this hart, a1 = physical address of the device tree. The first hart here boots.
 * Another one was meant for secondary_start: OpenSBI 1.1 marks a hart as to be started before it
 * stores where, and a hart that looks in between goes where the first one went.
 */
    .section .text.entry, "ax"
    .globl  _start
_start:
    csrw    sie, zero
    lla     t0, boot_taken
    li      t1, 1
    amoswap.w.aq t1, t1, (t0)
    bnez    t1, misled
    mv      s1, a0
    mv      s2, a1
    lla     t0, __bss_start
    lla     t1, __bss_end
1:  sd      zero, 0(t0)
    addi    t0, t0, 8
    bltu    t0, t1, 1b
    lla     sp, boot_stack_top
    mv      a0, s2
    call    early_map
    paging_on a0, boot_continuation

    .balign 4
boot_virtual:
    la      sp, boot_stack_top
    la      tp, cpus
    mv      a0, s1
    mv      a1, s2
    enter_c boot_main

/* Finds what it should have been given: arch_smp_start() noted it before it asked for the start. */
misled:
    lla     t0, secondaries
    li      t2, -1
1:  ld      t1, SECONDARY_HART(t0)
    ld      a1, SECONDARY_CPU(t0)
    addi    t0, t0, SECONDARY_SIZE
    beq     t1, a0, secondary_start
    bne     t1, t2, 1b
2:  wfi
    j       2b

/* Every other hart, from arch_smp_start(): a1 = its struct cpu, a virtual address. */
    .globl  secondary_start
secondary_start:
    csrw    sie, zero
    lla     t0, secondary_satp
    ld      t1, 0(t0)
    paging_on t1, secondary_continuation

    .balign 4
secondary_virtual:
    mv      tp, a1
    ld      sp, CPU_SCRATCH_SP(tp)
    enter_c secondary_main

/* One line through the firmware's console (SBI legacy call 1), then shut down (SRST). */
no_such_format:
    lla     s1, no_such_format_text
1:  lbu     a0, 0(s1)
    beqz    a0, 2f
    li      a7, 1
    ecall
    addi    s1, s1, 1
    j       1b
2:  li      a7, 0x53525354
    li      a6, 0
    li      a0, 0
    li      a1, 0
    ecall
3:  wfi
    j       3b

    .section .rodata
#define STRING(x)   #x
#define STRINGOF(x) STRING(x)
no_such_format_text:
    .asciz  "xv39: this processor cannot do Sv" STRINGOF(SV) "\r\n"
    .balign 8
    .globl  kernel_link_address
kernel_link_address:
    .dword  __kernel_start
boot_continuation:
    .dword  boot_virtual
secondary_continuation:
    .dword  secondary_virtual

    .data
    .balign 4
boot_taken: /* not in .bss, which the first hart clears */
    .word   0

    .bss
    .balign 4096
    .globl  boot_stack, boot_stack_top
boot_stack:
    .skip   KSTACK_SIZE
boot_stack_top:
