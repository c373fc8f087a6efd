/* SPDX-License-Identifier: MIT */
/* A hart: RISC-V Privileged ISA, chapter 4. */
#ifndef ARCH_PROCESSOR_H
#define ARCH_PROCESSOR_H

/* sstatus.SIE: interrupts are taken in kernel mode. */
#define SSTATUS_SIE (1ul << 1)

/* `tp` holds this CPU's struct cpu while in the kernel. */
static inline struct cpu *this_cpu(void)
{
    struct cpu *cpu;
    __asm__ volatile("mv %0, tp" : "=r"(cpu));
    return cpu;
}

static inline void arch_irq_enable(void)
{
    __asm__ volatile("csrsi sstatus, 2" ::: "memory");
}

static inline void arch_irq_disable(void)
{
    __asm__ volatile("csrci sstatus, 2" ::: "memory");
}

static inline irqflags_t arch_irq_save(void)
{
    irqflags_t old;
    __asm__ volatile("csrrci %0, sstatus, 2" : "=r"(old)::"memory");
    return old & SSTATUS_SIE;
}

static inline void arch_irq_restore(irqflags_t flags)
{
    __asm__ volatile("csrs sstatus, %0" ::"r"(flags) : "memory");
}

static inline bool arch_irq_enabled(void)
{
    uint64_t status;
    __asm__ volatile("csrr %0, sstatus" : "=r"(status));
    return status & SSTATUS_SIE;
}

/* The pause hint of Zihintpause, a fence on CPUs that lack it. */
static inline void arch_relax(void)
{
    __asm__ volatile(".insn i 0x0f, 0, x0, x0, 0x010" ::: "memory");
}

static inline void arch_wait_for_interrupt(void)
{
    __asm__ volatile("wfi" ::: "memory");
}

static inline __attribute__((noreturn)) void arch_halt(void)
{
    arch_irq_disable();
    for (;;)
        arch_wait_for_interrupt();
}

static inline void arch_wmb(void)
{
    __asm__ volatile("fence ow, ow" ::: "memory");
}

static inline void arch_mb(void)
{
    __asm__ volatile("fence iorw, iorw" ::: "memory");
}

#define ARCH_MMIO(bits)                                                                            \
    static inline uint##bits##_t arch_mmio_read##bits(const volatile void *reg)                    \
    {                                                                                              \
        uint##bits##_t value = *(const volatile uint##bits##_t *)reg;                              \
        __asm__ volatile("fence i, ir" ::: "memory");                                              \
        return value;                                                                              \
    }                                                                                              \
    static inline void arch_mmio_write##bits(volatile void *reg, uint##bits##_t value)             \
    {                                                                                              \
        __asm__ volatile("fence w, o" ::: "memory");                                               \
        *(volatile uint##bits##_t *)reg = value;                                                   \
    }
ARCH_MMIO(8)
ARCH_MMIO(16)
ARCH_MMIO(32)
ARCH_MMIO(64)
#undef ARCH_MMIO

#endif
