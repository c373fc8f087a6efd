/* SPDX-License-Identifier: MIT */
/*
 * The I/O APICs: devices' interrupts, each a "global system interrupt" (GSI): one input of one of
 * them, counted through all of them (ACPI 5.2.13). All go to the boot CPU: which CPU then runs what
 * was waiting is the scheduler's business.
 *
 * Handlers are set while booting, by one CPU, and never change; an entry is published by its
 * handler. Registers are reached through a window, so only that one CPU touches them.
 */
#include <arch/irq.h>
#include "arch/x86_64/machine.h"
#include "arch/x86_64/offsets.h"
#include "kernel/cpu.h"
#include "kernel/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "mm/layout.h"
#include "mm/vmalloc.h"

#define MAX_IOAPICS 8
#define MAX_GSI     256
#define ISA_IRQS    16

/* In memory: which register, and its value. */
#define IOAPIC_SELECT    0x00
#define IOAPIC_WINDOW    0x10

#define IOAPIC_VERSION   1 /* bits 23 to 16: number of the last input */
#define IOAPIC_LOW(n)    (0x10 + 2 * (n))
#define IOAPIC_HIGH(n)   (0x11 + 2 * (n)) /* bits 31 to 24: the CPU that gets it */
#define INPUT_ACTIVE_LOW (1 << 13)
#define INPUT_LEVEL      (1 << 15)
#define INPUT_MASKED     (1 << 16)

static struct ioapic {
    paddr_t base;
    unsigned gsi_base, inputs;
    char *regs;
} ioapics[MAX_IOAPICS];
static unsigned nr_ioapics;

/* The MADT's flags (ACPI 5.2.12.5); 0: as the bus has it. */
#define MADT_POLARITY   3
#define MADT_ACTIVE_LOW 3
#define MADT_TRIGGER    (3 << 2)
#define MADT_LEVEL      (3 << 2)

/* How each GSI is signalled. */
static struct mode {
    bool known, edge, low;
} modes[MAX_GSI];
static struct {
    bool moved;
    unsigned gsi;
} isa_irqs[ISA_IRQS];

static struct irq_action {
    void (*_Atomic handler)(void *data);
    void *data;
    unsigned gsi;
} actions[TIMER_VECTOR - DEVICE_VECTOR]; /* by vector */
static unsigned nr_actions;

static uint32_t read_reg(const struct ioapic *io, unsigned reg)
{
    arch_mmio_write32(io->regs + IOAPIC_SELECT, reg);
    return arch_mmio_read32(io->regs + IOAPIC_WINDOW);
}

static void write_reg(const struct ioapic *io, unsigned reg, uint32_t value)
{
    arch_mmio_write32(io->regs + IOAPIC_SELECT, reg);
    arch_mmio_write32(io->regs + IOAPIC_WINDOW, value);
}

/* --- what firmware says --- */

void ioapic_add(paddr_t base, unsigned gsi_base)
{
    if (nr_ioapics == MAX_IOAPICS) {
        pr_warn("ioapic at %#lx: no more than %d are used\n", base, MAX_IOAPICS);
        return;
    }
    ioapics[nr_ioapics++] = (struct ioapic){.base = base, .gsi_base = gsi_base};
}

void ioapic_trigger(unsigned gsi, bool edge, bool low)
{
    if (gsi < MAX_GSI)
        modes[gsi] = (struct mode){true, edge, low};
}

/* As this bus has it is edge and high. */
void ioapic_override(unsigned isa_irq, unsigned gsi, unsigned flags)
{
    if (isa_irq >= ISA_IRQS)
        return;
    isa_irqs[isa_irq].moved = true;
    isa_irqs[isa_irq].gsi = gsi;
    ioapic_trigger(gsi, (flags & MADT_TRIGGER) != MADT_LEVEL,
                   (flags & MADT_POLARITY) == MADT_ACTIVE_LOW);
}

unsigned ioapic_isa_gsi(unsigned isa_irq)
{
    return isa_irq < ISA_IRQS && isa_irqs[isa_irq].moved ? isa_irqs[isa_irq].gsi : isa_irq;
}

/* What nobody has described is an ISA interrupt, or one of PCI's: level and low. */
static uint32_t input_mode(unsigned gsi)
{
    struct mode mode = modes[gsi];

    if (!mode.known)
        mode = (struct mode){.edge = gsi < ISA_IRQS, .low = gsi >= ISA_IRQS};
    return (mode.low ? INPUT_ACTIVE_LOW : 0) | (mode.edge ? 0 : INPUT_LEVEL);
}

/* --- the controllers --- */

void ioapic_init(void)
{
    for (struct ioapic *io = ioapics; io < ioapics + nr_ioapics; io++) {
        io->regs = ioremap(io->base, PAGE_SIZE);
        if (!io->regs)
            panic("no memory to map the I/O APIC at %#lx", io->base);
        io->inputs = (read_reg(io, IOAPIC_VERSION) >> 16 & 0xff) + 1;
        for (unsigned n = 0; n < io->inputs; n++)
            write_reg(io, IOAPIC_LOW(n), INPUT_MASKED);
    }
}

static const struct ioapic *ioapic_of(unsigned gsi)
{
    for (const struct ioapic *io = ioapics; io < ioapics + nr_ioapics; io++)
        if (gsi - io->gsi_base < io->inputs)
            return io;
    return NULL;
}

int arch_irq_request(unsigned irq, void (*handler)(void *data), void *data, const char *name)
{
    const struct ioapic *io = ioapic_of(irq);

    if (!io || irq >= MAX_GSI)
        return -EINVAL;
    for (unsigned i = 0; i < nr_actions; i++)
        if (actions[i].gsi == irq)
            return -EBUSY;
    if (nr_actions == ARRAY_SIZE(actions))
        return -EBUSY;

    struct irq_action *action = &actions[nr_actions];
    unsigned vector = DEVICE_VECTOR + nr_actions++, input = irq - io->gsi_base;
    action->gsi = irq;
    action->data = data;
    atomic_store(&action->handler, handler);
    write_reg(io, IOAPIC_HIGH(input), (uint32_t)cpus[0].hw_id << 24);
    write_reg(io, IOAPIC_LOW(input), input_mode(irq) | vector);
    pr_info("irq %u: %s\n", irq, name);
    return 0;
}

void ioapic_handle(unsigned vector)
{
    const struct irq_action *action = &actions[vector - DEVICE_VECTOR];

    if (action->handler)
        action->handler(action->data);
}
