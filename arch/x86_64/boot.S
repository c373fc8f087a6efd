/* SPDX-License-Identifier: MIT */
/*
 * Entry: from the loader's hands to C at the kernel's own addresses.
 *
 * A loader that knows the PVH start protocol enters where the note says: 32-bit protected mode,
 * flat segments, paging and interrupts off, ebx = physical address of the start info. Other CPUs
 * come here from the trampoline, in the same mode. Long mode (Intel SDM vol. 3, 9.8.5) is turned on
 * with tables that show this code at its physical address too; the next jump is into the image's
 * window.
 *
 * All 32-bit code runs at physical addresses, and names what is in the image with PA().
 */
#include "arch/x86_64/boot.h"
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/regs.h"

#if LA57
#define CR4_PAGING (CR4_PAE | CR4_LA57)
#else
#define CR4_PAGING CR4_PAE
#endif

/* Of CPUID: leaf 0x80000001, EDX, and leaf 7, ECX. */
#define FEATURE_NX      20
#define FEATURE_1G_PAGE 26
#define FEATURE_LONG    29
#define FEATURE_LA57    16

#define XEN_ELFNOTE_PHYS32_ENTRY 18

    .section .note.pvh, "a", @note
    .balign 4
    .long   4, 8, XEN_ELFNOTE_PHYS32_ENTRY
    .asciz  "Xen"
    .quad   PA(_start)

/* Goes on when the bit of the register, as CPUID gave it, is set. */
.macro need bit, register, name
    mov     $PA(\name), %esi
    bt      $\bit, \register
    jnc     lacking
.endm

/* From 32-bit to 64-bit code, with the early tables. Continues behind the macro. */
.macro enter_long_mode
    mov     $CR4_PAGING, %eax
    mov     %eax, %cr4
    mov     $PA(early_root_table), %eax
    mov     %eax, %cr3
    mov     $MSR_EFER, %ecx
    rdmsr
    or      $(EFER_LME | EFER_NX), %eax
    wrmsr
    mov     $(CR0_PG | CR0_WP | CR0_NE | CR0_MP | CR0_PE), %eax
    mov     %eax, %cr0
    ljmp    $BOOT_CS64, $PA(9f)
    .code64
9:
.endm

/* What a CPU needs before it may run C at its own addresses, rsp aside. rbx = its struct cpu. */
.macro enter_c function
    xor     %eax, %eax
    mov     %eax, %ds
    mov     %eax, %es
    mov     %eax, %ss
    mov     %eax, %fs
    mov     %eax, %gs
    mov     $MSR_KERNEL_GS, %ecx
    xor     %edx, %edx
    wrmsr
    mov     $MSR_GS_BASE, %ecx
    mov     %rbx, %rax
    mov     %rbx, %rdx
    shr     $32, %rdx
    wrmsr
    mov     %rbx, CPU_SELF(%rbx)
    xor     %ebp, %ebp
    call    \function
.endm

    .section .text.entry, "ax"
    .code32
    .globl  _start
_start:
    cli
    cld
    mov     %ebx, %ebp
    mov     $0x80000000, %eax
    cpuid
    xor     %edx, %edx
    cmp     $0x80000001, %eax
    jb      1f
    mov     $0x80000001, %eax
    cpuid
1:  need    FEATURE_LONG, %edx, no_long_mode
    need    FEATURE_NX, %edx, no_nx
    need    FEATURE_1G_PAGE, %edx, no_1g_pages
#if LA57
    mov     $7, %eax
    xor     %ecx, %ecx
    cpuid
    need    FEATURE_LA57, %ecx, no_la57
#endif
    mov     $PA(__bss_start), %edi
    mov     $PA(__bss_end), %ecx
    sub     %edi, %ecx
    shr     $2, %ecx
    xor     %eax, %eax
    rep stosl

    lgdt    PA(boot_gdt_pointer)
    enter_long_mode
    mov     $boot_virtual, %rax
    jmp     *%rax
boot_virtual:
    mov     %ebp, %edi
    mov     $cpus, %rbx
    mov     $boot_stack_top, %rsp
    enter_c boot_main

/* The other CPUs, from trampoline.S. */
    .code32
    .globl  secondary_start
secondary_start:
    cld
    mov     $BOOT_DS, %eax
    mov     %eax, %ds
    enter_long_mode
    mov     $secondary_virtual, %rax
    jmp     *%rax
secondary_virtual:
    mov     secondary_cr3, %rax
    mov     %rax, %cr3
    mov     secondary_cpu, %rbx
    mov     CPU_START_RSP(%rbx), %rsp
    enter_c secondary_main

/* esi = what this processor has not: a line on COM1, and nothing more can be done. */
    .code32
lacking:
    mov     $PA(boot_stack_top), %esp
    mov     %esi, %edi
    mov     $PA(lacking_text), %esi
    call    print
    mov     %edi, %esi
    call    print
    mov     $PA(line_end), %esi
    call    print
1:  hlt
    jmp     1b

/* The string at esi. */
print:
    mov     $COM1_LSR, %dx
1:  in      %dx, %al
    test    $LSR_THR_EMPTY, %al
    jz      1b
    mov     $COM1, %dx
    lodsb
    test    %al, %al
    jz      2f
    out     %al, %dx
    jmp     print
2:  ret

    .section .rodata
lacking_text:
    .asciz  "\r\nxv39: this processor lacks "
no_long_mode:
    .asciz  "64-bit mode"
no_nx:
    .asciz  "no-execute pages (nx)"
no_1g_pages:
    .asciz  "1 GiB pages (pdpe1gb)"
no_la57:
    .asciz  "5-level paging (la57)"
line_end:
    .asciz  "\r\n"

/* Flat segments, marked accessed so that nobody writes here. */
    .balign 8
    .globl  boot_gdt
boot_gdt:
    .quad   0
    .quad   0x00cf9b000000ffff /* BOOT_CS32 */
    .quad   0x00cf93000000ffff /* BOOT_DS */
    .quad   0x00af9b000000ffff /* BOOT_CS64 */
boot_gdt_pointer:
    .word   BOOT_GDT_LIMIT
    .long   PA(boot_gdt)

    .bss
    .balign 4096
    .globl  boot_stack, secondary_cr3, secondary_cpu
boot_stack:
    .skip   KSTACK_SIZE
boot_stack_top:
secondary_cr3:
    .skip   8
secondary_cpu:
    .skip   8
