/* SPDX-License-Identifier: MIT */
/*
 * See trampoline.h. A start-up IPI makes a CPU begin in real mode with CS based at its page and IP
 * 0 (Intel SDM vol. 3, 9.4.4). That reaches only the page: the far jump into 32-bit code goes on in
 * the image, where the kernel was loaded.
 */
#include "arch/x86_64/boot.h"
#include "arch/x86_64/regs.h"

    .section .rodata
    .code16
    .globl  trampoline_start, trampoline_end
trampoline_start:
    cli
    mov     %cs, %ax
    mov     %ax, %ds
    lgdtl   gdt_pointer - trampoline_start
    mov     %cr0, %eax
    or      $CR0_PE, %eax
    mov     %eax, %cr0
    ljmpl   $BOOT_CS32, $PA(secondary_start)
gdt_pointer:
    .word   BOOT_GDT_LIMIT
    .long   PA(boot_gdt)
trampoline_end:
