/* SPDX-License-Identifier: MIT */
/* Offsets that assembly uses; trap.c and smp.c assert that C agrees. */
#ifndef RISCV_OFFSETS_H
#define RISCV_OFFSETS_H

#include <arch/trap.h>
#include <arch/switch.h>

#define TF_PC     256
#define TF_STATUS 264
#define TF_CAUSE  272
#define TF_VALUE  280

/* struct cpu. Its scratch words, by what the entry code keeps in each. */
#define CPU_SCRATCH_SP  0  /* sp as a trap found it; a starting CPU's first sp */
#define CPU_SCRATCH_T0  8  /* t0 as a trap found it */
#define CPU_SCRATCH_TF  24 /* the frame that the running user context was loaded from */
#define CPU_KSTACK_WORD 32
#define CPU_ID          40

/* struct secondary. */
#define SECONDARY_HART       0
#define SECONDARY_CPU        8
#define SECONDARY_SIZE       16

#define OVERFLOW_STACK_SHIFT 13 /* bytes in the stack for reporting that there is none left */

#endif
