/* SPDX-License-Identifier: MIT */
/*
 * The way into the kernel and out of it.
 *
 * While user code runs, GS has the user's base, and swapgs brings this CPU's struct cpu. A trap
 * from user code begins and ends with a swapgs; one from the kernel has none. Between `syscall` and
 * its swapgs, and between the last swapgs and the return, the kernel runs with the user's GS, and
 * for an instruction or two on the user's stack: what can come in there, for no switch holds it
 * back, has a stack of its own and looks which base GS has. The kernel's is negative, no user's is.
 *
 * The kernel runs with DF and AC clear: string instructions go upward, and user memory is out of
 * reach by accident. Gates and `syscall` clear IF, TF and NT.
 */
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/regs.h"

/* What lies above a frame's registers when a stub has been: vector, error, rip, cs. */
#define STUB_CS (TF_CS - TF_VECTOR)

.macro push_registers
    .irp reg, rax,rdi,rsi,rdx,rcx,rax,r8,r9,r10,r11,rbx,rbp,r12,r13,r14,r15
    push    %\reg
    .endr
.endm

/* Leaves rsp at orig_rax. */
.macro pop_registers
    add     $TF_R15, %rsp
    .irp reg, r15,r14,r13,r12,rbp,rbx,r11,r10,r9,r8,rax,rcx,rdx,rsi,rdi
    pop     %\reg
    .endr
.endm

/* Leaves rsp at the frame; the words of the bases are as they were. */
.macro complete_frame
    push_registers
    cmpb    $0, cpu_features + FEATURE_SMAP(%rip)
    je      .Lno_smap\@
    clac
.Lno_smap\@:
    mov     %cr2, %rax
    push    %rax
    sub     $TF_ADDRESS, %rsp
    mov     %rsp, %rdi
.endm

/*
 * Below a frame of the kernel's own, a frame record as functions make it (caller's frame pointer,
 * return address), so that a backtrace goes through the trap.
 */
.macro push_record
    push    TF_RIP(%rsp)
    push    %rbp
    mov     %rsp, %rbp
.endm
#define RECORD_SIZE 16

.macro return_to_kernel
    add     $RECORD_SIZE, %rsp
    pop_registers
    add     $(TF_RIP - TF_ORIG_RAX), %rsp
    iretq
.endm

/*
 * For debuggers (DWARF 4, 6.4), from the calls below on: a frame lies at rsp + `offset`, with all
 * registers of what was trapped. Its stack pointer is in the frame and no fixed distance away, for
 * the processor aligns: so every rule is an expression, "the word at rsp + n".
 */
#define DW_CFA_def_cfa_expression 0x0f
#define DW_CFA_expression         0x10
#define DW_OP_deref               0x06
#define DW_OP_breg_rsp            0x77
#define SLEB(n)                   (n) & 0x7f | 0x80, (n) >> 7
.macro cfi_saved register, at
    .cfi_escape DW_CFA_expression, \register, 3, DW_OP_breg_rsp, SLEB(\at)
.endm
.macro cfi_trapped offset
    .cfi_signal_frame
    .cfi_escape DW_CFA_def_cfa_expression, 4, DW_OP_breg_rsp, SLEB(\offset + TF_RSP), DW_OP_deref
.Lsaved_at = \offset + TF_R15
    .irp register, 15,14,13,12,6,3,11,10,9,8,0,2,1,4,5
    cfi_saved \register, .Lsaved_at
.Lsaved_at = .Lsaved_at + 8
    .endr
    cfi_saved 16, \offset + TF_RIP
.endm

    .cfi_sections .debug_frame
    .text
/* One for each vector: a word for the error code where the processor pushes none; the vector. */
    .balign STUB_SIZE
    .globl  trap_stubs
trap_stubs:
.Lvector = 0
    .rept   256
    .balign STUB_SIZE
    .ifeq   (.Lvector - 8) * (.Lvector - 17) * (.Lvector - 21) * (.Lvector - 29) * (.Lvector - 30)
    .elseif .Lvector >= 10 && .Lvector <= 14
    .else
    push    $0
    .endif
    push    $.Lvector
    .ifeq   (.Lvector - DEBUG_VECTOR) * (.Lvector - NMI_VECTOR) * (.Lvector - DOUBLE_VECTOR) * \
            (.Lvector - MACHINE_VECTOR)
    jmp     trap_with_stack
    .else
    jmp     trap_entry
    .endif
.Lvector = .Lvector + 1
    .endr

    .balign 16
    .type   trap_entry, @function
trap_entry:
    .cfi_startproc simple
    cfi_trapped 0
    cld
    testb   $3, STUB_CS(%rsp)
    jz      from_kernel
    swapgs
from_user:
    complete_frame
    xor     %ebp, %ebp
    call    trap_from_user

/*
 * Interrupts off; rsp = the frame, at the top of the task's stack; its rip is in the user half, cs
 * and ss are the only ones there are: so iretq and sysretq cannot fault. sysretq loads rip and
 * rflags from rcx and r11, and is the faster one where these are what the program gets anyway; but
 * it cannot set RF, and a single step (TF) would not begin behind it as it should.
 */
to_user:
    mov     %gs:CPU_TSS, %rax
    lea     TF_SIZE(%rsp), %rdx
    mov     %rdx, TSS_RSP0(%rax)
    mov     TF_RCX(%rsp), %rcx
    mov     TF_R11(%rsp), %r11
    cmp     %rcx, TF_RIP(%rsp)
    jne     1f
    cmp     %r11, TF_RFLAGS(%rsp)
    jne     1f
    test    $(RFLAGS_TF | RFLAGS_RF), %r11d
    jnz     1f
    pop_registers
    mov     TF_RSP - TF_ORIG_RAX(%rsp), %rsp
    swapgs
    sysretq
1:  pop_registers
    add     $(TF_RIP - TF_ORIG_RAX), %rsp
    swapgs
    iretq

    .globl  return_to_user
return_to_user:
    cli
    mov     %rdi, %rsp
    xor     %ebp, %ebp
    call    trap_return
    jmp     to_user
    .cfi_endproc

/* rcx = the user's rip, r11 = its rflags; everything else is still the user's. */
    .balign 16
    .globl  syscall_entry
    .type   syscall_entry, @function
syscall_entry:
    .cfi_startproc simple
    cfi_trapped 0
    swapgs
    mov     %rsp, %gs:CPU_USER_RSP
    mov     %gs:CPU_TSS, %rsp
    mov     TSS_RSP0(%rsp), %rsp
    push    $USER_DS
    push    %gs:CPU_USER_RSP
    push    %r11
    push    $USER_CS
    push    %rcx
    push    $0
    push    $SYSCALL_VECTOR
    push_registers
    push    $0
    sub     $TF_ADDRESS, %rsp
    mov     %rsp, %rdi
    xor     %ebp, %ebp
    call    trap_syscall
    jmp     to_user
    .cfi_endproc

    .type   from_kernel, @function
from_kernel:
    .cfi_startproc simple
    cfi_trapped RECORD_SIZE
    complete_frame
    push_record
    call    trap_from_kernel
    return_to_kernel

trap_with_stack:
    cld
    testb   $3, STUB_CS(%rsp)
    jnz     2f
    complete_frame
    push_record
    mov     $MSR_GS_BASE, %ecx
    rdmsr
    xor     %ebx, %ebx
    test    %edx, %edx
    js      1f
    swapgs
    inc     %ebx
1:  call    trap_on_own_stack
    test    %ebx, %ebx
    jz      1f
    swapgs
1:  return_to_kernel

/* From user code it is a trap as any other: over to the task's stack, with the seven words. */
2:  swapgs
    push    %rdi
    mov     %rsp, %rdi
    mov     %gs:CPU_TSS, %rsp
    mov     TSS_RSP0(%rsp), %rsp
    .irp n, 7,6,5,4,3,2,1
    push    8 * \n(%rdi)
    .endr
    mov     (%rdi), %rdi
    jmp     from_user
    .cfi_endproc
