/* SPDX-License-Identifier: MIT */
/*
 * The local APIC: each CPU's own interrupt controller and timer, as registers in memory (xAPIC;
 * Intel SDM vol. 3, chapter 10). All CPUs find their own one at the same address. It is masked
 * until lapic_init_cpu() and no lock is needed: a CPU uses its own only.
 */
#include "arch/x86_64/machine.h"
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/regs.h"
#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "mm/layout.h"
#include "mm/vmalloc.h"

enum lapic_reg {
    LAPIC_VERSION = 0x30,
    LAPIC_TASK_PRIORITY = 0x80,
    LAPIC_EOI = 0xb0,
    LAPIC_SPURIOUS = 0xf0,
    LAPIC_COMMAND_LOW = 0x300,
    LAPIC_COMMAND_HIGH = 0x310,
    LAPIC_LVT_TIMER = 0x320,
    LAPIC_LVT_THERMAL = 0x330,
    LAPIC_LVT_COUNTER = 0x340,
    LAPIC_LVT_LINT0 = 0x350,
    LAPIC_LVT_LINT1 = 0x360,
    LAPIC_LVT_ERROR = 0x370,
    LAPIC_TIMER_INITIAL = 0x380,
    LAPIC_TIMER_CURRENT = 0x390,
    LAPIC_TIMER_DIVIDE = 0x3e0,
};

#define MSR_APIC_X2     (1 << 10)
#define MSR_APIC_ENABLE (1 << 11)

#define SPURIOUS_ENABLE (1 << 8) /* switches the whole APIC on */
#define LVT_MASKED      (1 << 16)
#define DIVIDE_BY_1     0xb

/* The interrupt command register. */
#define COMMAND_NMI     (4 << 8)
#define COMMAND_INIT    (5 << 8)
#define COMMAND_STARTUP (6 << 8)
#define COMMAND_PENDING (1 << 12)
#define COMMAND_ASSERT  (1 << 14)

static char *lapic;

static uint32_t read_reg(enum lapic_reg reg)
{
    return arch_mmio_read32(lapic + reg);
}

static void write_reg(enum lapic_reg reg, uint32_t value)
{
    arch_mmio_write32(lapic + reg, value);
}

void lapic_init(paddr_t base)
{
    lapic = ioremap(base, PAGE_SIZE);
    if (!lapic)
        panic("no memory to map the local APIC");
}

/*
 * Firmware may have left it in the mode without registers in memory; the way back is through off.
 */
static void use_registers(void)
{
    uint64_t base = read_msr(MSR_APIC_BASE);

    if (base & MSR_APIC_X2)
        write_msr(MSR_APIC_BASE, base & ~(uint64_t)(MSR_APIC_X2 | MSR_APIC_ENABLE));
    write_msr(MSR_APIC_BASE, (base & ~(uint64_t)MSR_APIC_X2) | MSR_APIC_ENABLE);
}

/*
 * Nothing but the timer and other CPUs' messages: the pins belong to the old interrupt controller.
 */
void lapic_init_cpu(void)
{
    use_registers();
    unsigned last_lvt = read_reg(LAPIC_VERSION) >> 16 & 0xff;

    write_reg(LAPIC_SPURIOUS, SPURIOUS_ENABLE | SPURIOUS_VECTOR);
    write_reg(LAPIC_LVT_TIMER, LVT_MASKED);
    write_reg(LAPIC_LVT_LINT0, LVT_MASKED);
    write_reg(LAPIC_LVT_LINT1, LVT_MASKED);
    write_reg(LAPIC_LVT_ERROR, LVT_MASKED);
    if (last_lvt >= 4)
        write_reg(LAPIC_LVT_COUNTER, LVT_MASKED);
    if (last_lvt >= 5)
        write_reg(LAPIC_LVT_THERMAL, LVT_MASKED);
    write_reg(LAPIC_TIMER_DIVIDE, DIVIDE_BY_1);
    write_reg(LAPIC_LVT_TIMER, TIMER_VECTOR);
    write_reg(LAPIC_TASK_PRIORITY, 0);
}

void lapic_eoi(void)
{
    write_reg(LAPIC_EOI, 0);
}

/* --- messages to other CPUs --- */

/* Handlers send too: nobody comes between the two halves. */
static void send(uint64_t apic_id, uint32_t command)
{
    irqflags_t flags = arch_irq_save();

    while (read_reg(LAPIC_COMMAND_LOW) & COMMAND_PENDING)
        arch_relax();
    write_reg(LAPIC_COMMAND_HIGH, (uint32_t)apic_id << 24);
    write_reg(LAPIC_COMMAND_LOW, command | COMMAND_ASSERT);
    arch_irq_restore(flags);
}

void lapic_send(uint64_t apic_id, unsigned vector)
{
    send(apic_id, vector);
}

void lapic_send_nmi(uint64_t apic_id)
{
    send(apic_id, COMMAND_NMI);
}

void lapic_send_init(uint64_t apic_id)
{
    send(apic_id, COMMAND_INIT);
}

void lapic_send_startup(uint64_t apic_id, paddr_t page)
{
    send(apic_id, COMMAND_STARTUP | (uint32_t)(page >> PAGE_SHIFT));
}

/* --- the timer --- */

void lapic_timer_arm(uint32_t count)
{
    write_reg(LAPIC_TIMER_INITIAL, count);
}

uint32_t lapic_timer_count(void)
{
    return read_reg(LAPIC_TIMER_CURRENT);
}
