/* SPDX-License-Identifier: MIT */
/* This CPU: its pointer, its interrupt switch, device registers; spelled in <arch/processor.h>. */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include "kernel/types.h"

struct cpu;

/* This CPU's struct cpu. Stable until the task sleeps. */
static inline struct cpu *this_cpu(void);

/* The interrupt switch. arch_irq_save() turns it off and says how it was; _restore() takes that. */
typedef uint64_t irqflags_t;
static inline void arch_irq_enable(void);
static inline void arch_irq_disable(void);
static inline irqflags_t arch_irq_save(void);
static inline void arch_irq_restore(irqflags_t flags);
static inline bool arch_irq_enabled(void);

/* Inside a spin loop. Who waits in one with interrupts off still serves other CPUs' flushes. */
static inline void arch_relax(void);

/* Sleeps until an interrupt is pending; called with interrupts off, returns with them off. */
static inline void arch_wait_for_interrupt(void);

/* Stops this CPU for good. */
static inline __attribute__((noreturn)) void arch_halt(void);

/* Orders stores to memory that a device reads, or that another CPU's page walker reads. */
static inline void arch_wmb(void);
/* The same, of all accesses. */
static inline void arch_mb(void);

/* Device registers: one access of exactly this width, in program order with other accesses. */
static inline uint8_t arch_mmio_read8(const volatile void *reg);
static inline uint16_t arch_mmio_read16(const volatile void *reg);
static inline uint32_t arch_mmio_read32(const volatile void *reg);
static inline uint64_t arch_mmio_read64(const volatile void *reg);
static inline void arch_mmio_write8(volatile void *reg, uint8_t value);
static inline void arch_mmio_write16(volatile void *reg, uint16_t value);
static inline void arch_mmio_write32(volatile void *reg, uint32_t value);
static inline void arch_mmio_write64(volatile void *reg, uint64_t value);

/* The frame pointer of the caller, for backtraces. */
static inline __attribute__((always_inline)) vaddr_t arch_frame_pointer(void)
{
    return (vaddr_t)__builtin_frame_address(0);
}

/*
 * One step of a backtrace: from frame pointer *fp to the caller's return address (result) and frame
 * pointer. 0 at the end. `*fp` is only followed while it lies in [low, high).
 */
vaddr_t arch_unwind(vaddr_t *fp, vaddr_t low, vaddr_t high);

#include <arch/processor.h>

#endif
