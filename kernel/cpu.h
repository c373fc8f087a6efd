/* SPDX-License-Identifier: MIT */
/*
 * What each CPU has of its own. this_cpu() (<arch/cpu.h>) finds it; only that CPU touches it, with
 * interrupts off where handlers do, except where a field says otherwise.
 *
 * The first two members have their place by contract: entry code finds them by offset.
 */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include <arch/cpu.h>
#include <arch/smp.h>
#include "kernel/spinlock.h"

#define CPU_SCRATCH    0  /* offset of scratch */
#define CPU_KSTACK     32 /* offset of kstack */

#define MAX_HELD_LOCKS 12

struct cpu {
    uint64_t scratch[4]; /* for entry code */
    vaddr_t kstack;      /* lowest address of the current task's kernel stack */
    unsigned id;         /* index in cpus[] */
    uint64_t hw_id;      /* what the hardware calls it */
    atomic_bool online;  /* any CPU may read it */

    struct task_struct *current_task;
    struct task_struct *prev_task; /* during a switch: who was switched from */
    struct task_struct *idle_task;
    struct trapframe *trap;   /* innermost trap being served, for panics */
    atomic_bool need_resched; /* any CPU may set it, followed by arch_ipi_reschedule() */
    bool in_irq;
    uint64_t nr_irqs, nr_switches; /* since boot; any CPU may read them */
    struct arch_mm *active_mm;     /* whose user half the hardware uses */

#if DEBUG
    const struct spinlock *held[MAX_HELD_LOCKS];
    unsigned nr_held;
#endif
};
_Static_assert(offsetof(struct cpu, kstack) == CPU_KSTACK, "entry code uses this offset");

extern struct cpu cpus[MAX_CPUS];
extern unsigned nr_cpus; /* found by firmware's description, at most MAX_CPUS */

#define for_each_cpu(cpu) for (struct cpu *cpu = cpus; cpu < cpus + nr_cpus; cpu++)

#define current           (this_cpu()->current_task)

#endif
