/* SPDX-License-Identifier: MIT */
/* Offsets and numbers that assembly uses; trap.c and smp.c assert that C agrees. */
#ifndef X86_OFFSETS_H
#define X86_OFFSETS_H

#include <arch/switch.h>
#include <arch/trap.h>

/* struct trapframe */
#define TF_ADDRESS  32
#define TF_R15      40
#define TF_RBX      80
#define TF_R11      88
#define TF_RAX      120
#define TF_RCX      128
#define TF_RDI      152
#define TF_ORIG_RAX 160
#define TF_VECTOR   168
#define TF_ERROR    176
#define TF_RIP      184
#define TF_CS       192
#define TF_RFLAGS   200
#define TF_RSP      208
#define TF_SS       216

/* struct cpu. Its scratch words, by what the entry code keeps in each. */
#define CPU_SELF        0  /* its own address, for this_cpu() */
#define CPU_USER_RSP    8  /* rsp as `syscall` found it */
#define CPU_TSS         16 /* this CPU's task-state segment */
#define CPU_START_RSP   24 /* a starting CPU's first rsp */
#define CPU_KSTACK_WORD 32
#define CPU_ID          40

#define TSS_RSP0        4 /* struct tss: where a trap from user code puts its frame */
#define FEATURE_SMAP    1 /* struct cpu_features */

/* Selectors in the GDT (desc.c): Linux's numbers, for programs see them in signal frames. */
#define KERNEL_CS 0x10
#define KERNEL_DS 0x18
#define USER32_CS 0x23 /* no such code runs: `sysret` counts from here */
#define USER_DS   0x2b
#define USER_CS   0x33
#define TSS_SEL   0x40

/* Vectors. Exceptions are below 32; devices have DEVICE_VECTOR to TIMER_VECTOR - 1. */
#define DIVIDE_VECTOR     0
#define DEBUG_VECTOR      1
#define NMI_VECTOR        2
#define BREAKPOINT_VECTOR 3
#define OVERFLOW_VECTOR   4
#define DOUBLE_VECTOR     8
#define PAGE_FAULT_VECTOR 14
#define X87_VECTOR        16
#define ALIGNMENT_VECTOR  17
#define MACHINE_VECTOR    18
#define SIMD_VECTOR       19
#define DEVICE_VECTOR     0x20
#define TIMER_VECTOR      0xf0
#define RESCHEDULE_VECTOR 0xf1
#define TLB_VECTOR        0xf2
#define SPURIOUS_VECTOR   0xff
#define SYSCALL_VECTOR    0x100 /* in frames that `syscall` made: no vector at all */

/* Stacks that some exceptions bring along (SDM vol. 3, 6.14.5), by number in the TSS. */
#define IST_FATAL       1 /* double fault, machine check: there is no way back */
#define IST_NMI         2
#define IST_DEBUG       3
#define IST_COUNT       3
#define IST_STACK_SHIFT 13

#define STUB_SIZE       16 /* trap_stubs: bytes of code for each vector */

#endif
