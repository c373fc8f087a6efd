/* SPDX-License-Identifier: MIT */
/*
 * Copies between kernel and user memory, with the user window (RFLAGS.AC) open meanwhile where the
 * CPU has SMAP.
 *
 * Whole words, eight at a time, however they are aligned; the rest in bytes. When a fault in the
 * word loops cannot be served, the bytes not yet copied are tried one by one, so that what is
 * reachable is copied to the last byte; a fault in the byte loop ends the copy. (The string
 * instructions would do it in fewer lines, but start slowly, and emulators step through them.)
 *
 * The exception table: first instruction that may fault, end, and where to go on instead.
 */
#include "arch/x86_64/offsets.h"

.macro may_fault from, to, fixup
    .pushsection .extable, "a"
    .quad   \from, \to, \fixup
    .popsection
.endm

.macro user_window op
    cmpb    $0, cpu_features + FEATURE_SMAP(%rip)
    je      .Lno_smap\@
    \op
.Lno_smap\@:
.endm

    .cfi_sections .debug_frame
    .text
/*
 * rdi = to, rsi = from, rdx = bytes. Returns the bytes not copied. Either side may be the user's.
 * The frame is for backtraces, when the kernel's side is no good address.
 */
    .globl  arch_copy_from_user, arch_copy_to_user
arch_copy_from_user:
arch_copy_to_user:
    .cfi_startproc
    push    %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbp, 0
    mov     %rsp, %rbp
    user_window stac
    sub     $64, %rdx
    jb      .Lcopy_few
1:  .irp n, 0,16,32,48
    mov     \n(%rsi), %rax
    mov     \n + 8(%rsi), %rcx
    mov     %rax, \n(%rdi)
    mov     %rcx, \n + 8(%rdi)
    .endr
2:  add     $64, %rsi
    add     $64, %rdi
    sub     $64, %rdx
    jae     1b
    may_fault 1b, 2b, .Lcopy_slowly

.Lcopy_few:
    add     $64 - 8, %rdx
    jl      .Lcopy_rest
1:  mov     (%rsi), %rax
    mov     %rax, (%rdi)
2:  add     $8, %rsi
    add     $8, %rdi
    sub     $8, %rdx
    jae     1b
    may_fault 1b, 2b, .Lcopy_rest

/* What is left, less 64 or less 8, is in rdx: as the loops above count. */
.Lcopy_rest:
    add     $8, %rdx
    jmp     .Lcopy_bytes
.Lcopy_slowly:
    add     $64, %rdx
.Lcopy_bytes:
    test    %rdx, %rdx
    jz      .Lcopy_done
1:  movb    (%rsi), %al
    movb    %al, (%rdi)
2:  inc     %rsi
    inc     %rdi
    dec     %rdx
    jnz     1b
    may_fault 1b, 2b, .Lcopy_done
.Lcopy_done:
    user_window clac
    mov     %rdx, %rax
    pop     %rbp
    .cfi_adjust_cfa_offset -8
    ret
    .cfi_endproc

/* rdi = where, rsi = bytes. Returns the bytes not cleared. */
    .globl  arch_clear_user
arch_clear_user:
    .cfi_startproc
    user_window stac
    xor     %eax, %eax
    sub     $64, %rsi
    jb      .Lclear_few
1:  .irp n, 0,8,16,24,32,40,48,56
    mov     %rax, \n(%rdi)
    .endr
2:  add     $64, %rdi
    sub     $64, %rsi
    jae     1b
    may_fault 1b, 2b, .Lclear_few

.Lclear_few:
    add     $64, %rsi
    jz      .Lclear_done
1:  movb    %al, (%rdi)
2:  inc     %rdi
    dec     %rsi
    jnz     1b
    may_fault 1b, 2b, .Lclear_done
.Lclear_done:
    user_window clac
    mov     %rsi, %rax
    ret
    .cfi_endproc
