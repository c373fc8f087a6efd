/* SPDX-License-Identifier: MIT */
/* A logical processor: Intel SDM vol. 2 and 3. */
#ifndef ARCH_PROCESSOR_H
#define ARCH_PROCESSOR_H

/* RFLAGS.IF: maskable interrupts are taken. */
#define RFLAGS_IF (1ul << 9)

/*
 * In the kernel, GS is based at this CPU's struct cpu, whose first scratch word holds its own
 * address.
 */
static inline struct cpu *this_cpu(void)
{
    struct cpu *cpu;
    __asm__ volatile("mov %%gs:0, %0" : "=r"(cpu));
    return cpu;
}

static inline void arch_irq_enable(void)
{
    __asm__ volatile("sti" ::: "memory");
}

static inline void arch_irq_disable(void)
{
    __asm__ volatile("cli" ::: "memory");
}

static inline irqflags_t arch_irq_flags(void)
{
    irqflags_t flags;
    __asm__ volatile("pushfq; popq %0" : "=r"(flags)::"memory");
    return flags & RFLAGS_IF;
}

static inline irqflags_t arch_irq_save(void)
{
    irqflags_t flags = arch_irq_flags();
    arch_irq_disable();
    return flags;
}

static inline void arch_irq_restore(irqflags_t flags)
{
    if (flags)
        arch_irq_enable();
}

static inline bool arch_irq_enabled(void)
{
    return arch_irq_flags();
}

/*
 * Inside a spin loop. A CPU that waits with interrupts off must still forget translations when
 * another asks for it, for that one may hold what this one waits for: see tlb.c.
 */
void tlb_serve(void);
extern unsigned long tlb_asked; /* CPUs, by bit, that are asked to forget something */
static inline void arch_relax(void)
{
    __asm__ volatile("pause" ::: "memory");
    if (__builtin_expect(__atomic_load_n(&tlb_asked, __ATOMIC_RELAXED) != 0, 0))
        tlb_serve();
}

static inline void arch_wait_for_interrupt(void)
{
    /* Interrupts are taken from behind the instruction after sti: none is missed before hlt. */
    __asm__ volatile("sti; hlt; cli" ::: "memory");
}

static inline __attribute__((noreturn)) void arch_halt(void)
{
    for (;;)
        __asm__ volatile("cli; hlt" ::: "memory");
}

static inline void arch_wmb(void)
{
    __asm__ volatile("sfence" ::: "memory");
}

static inline void arch_mb(void)
{
    __asm__ volatile("mfence" ::: "memory");
}

/*
 * Device registers: one access of exactly this width, in program order with other accesses, for
 * they are mapped uncached.
 */
#define ARCH_MMIO(bits)                                                                            \
    static inline uint##bits##_t arch_mmio_read##bits(const volatile void *reg)                    \
    {                                                                                              \
        uint##bits##_t value = *(const volatile uint##bits##_t *)reg;                              \
        __asm__ volatile("" ::: "memory");                                                         \
        return value;                                                                              \
    }                                                                                              \
    static inline void arch_mmio_write##bits(volatile void *reg, uint##bits##_t value)             \
    {                                                                                              \
        __asm__ volatile("" ::: "memory");                                                         \
        *(volatile uint##bits##_t *)reg = value;                                                   \
    }
ARCH_MMIO(8)
ARCH_MMIO(16)
ARCH_MMIO(32)
ARCH_MMIO(64)
#undef ARCH_MMIO

#endif
