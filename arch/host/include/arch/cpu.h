/* SPDX-License-Identifier: MIT */
/*
 * This CPU, as a process pretends to be it: one thread, which a test makes run "on" one CPU or
 * another (host_run_on_cpu(), arch/host/host.h). There are no interrupts, so the switch is only
 * remembered.
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <stdatomic.h>
#include "kernel/types.h"

struct cpu;

typedef uint64_t irqflags_t;

extern struct cpu *host_this_cpu;
extern bool host_irq_on;

static inline struct cpu *this_cpu(void)
{
    return host_this_cpu;
}

static inline void arch_irq_enable(void)
{
    host_irq_on = true;
}

static inline void arch_irq_disable(void)
{
    host_irq_on = false;
}

static inline irqflags_t arch_irq_save(void)
{
    irqflags_t old = host_irq_on;
    host_irq_on = false;
    return old;
}

static inline void arch_irq_restore(irqflags_t flags)
{
    host_irq_on = flags;
}

static inline bool arch_irq_enabled(void)
{
    return host_irq_on;
}

/* Who waits here waits for another thread, and there is none: see kernel.c. */
void arch_relax(void);

/* Everyone who looks is this thread: what keeps the compiler in order is enough. */
static inline void arch_wmb(void)
{
    atomic_thread_fence(memory_order_release);
}

static inline void arch_mb(void)
{
    atomic_thread_fence(memory_order_seq_cst);
}

#endif
