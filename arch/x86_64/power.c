/* SPDX-License-Identifier: MIT */
/*
 * The end of the machine, by ACPI's "hardware-reduced" registers, and the console that works before
 * any driver: COM1, where every PC has it.
 */
#include <arch/early.h>
#include "arch/x86_64/acpi.h"
#include "arch/x86_64/machine.h"
#include "arch/x86_64/regs.h"
#include "kernel/cpu.h"
#include "mm/page.h"

/* Where whoever runs the machine may listen for its exit status; nobody hears it elsewhere. */
#define STATUS_PORT 0xf4

/* The keyboard controller's reset line, on machines that have one. */
#define KBD_COMMAND 0x64
#define KBD_RESET   0xfe

/* The sleep control register, ACPI 4.8.3.7. */
#define SLEEP_TYPE(n) ((n) << 2 & 0x1c)
#define SLEEP_ENABLE  (1 << 5)

static struct acpi_address sleep_control, reset;
static uint8_t off_value, reset_value; /* off_value 0: not known */

void power_init(const struct acpi_fadt *fadt)
{
    sleep_control = fadt->sleep_control;
    if (fadt->flags & FADT_RESET_SUPPORTED)
        reset = fadt->reset;
    reset_value = fadt->reset_value;
}

void power_set_off_type(unsigned type)
{
    off_value = SLEEP_ENABLE | SLEEP_TYPE(type);
}

void arch_early_putc(char c)
{
    while (!(in8(COM1_LSR) & LSR_THR_EMPTY))
        arch_relax();
    out8(COM1, (uint8_t)c);
}

/*
 * Registers in memory are reached through the early tables, which show them at any time: a panic
 * may come before anything could be mapped. The stack is not there meanwhile.
 */
static void write_register(const struct acpi_address *reg, uint8_t value)
{
    paddr_t start, end;

    arch_early_direct_map(&start, &end);
    if (reg->address == 0 || reg->address >= end)
        return;
    if (reg->space == ACPI_SPACE_IO)
        out8((uint16_t)reg->address, value);
    else if (reg->space == ACPI_SPACE_MEMORY)
        __asm__ volatile("mov %0, %%cr3; movb %1, (%2); mov %3, %%cr3" ::"r"(early_root()),
                         "q"(value), "r"(__va(reg->address)), "r"(read_cr(3))
                         : "memory");
}

void arch_power_off(int status)
{
    arch_irq_disable();
    if (status)
        out8(STATUS_PORT, (uint8_t)status);
    if (off_value)
        write_register(&sleep_control, off_value);
    arch_halt();
}

void arch_reboot(void)
{
    static const struct {
        uint16_t limit;
        uint64_t base;
    } __packed no_idt;

    arch_irq_disable();
    write_register(&reset, reset_value);
    out8(KBD_COMMAND, KBD_RESET);
    /* An exception that cannot be delivered, and neither the next two: the CPU shuts down. */
    __asm__ volatile("lidt %0; int3" ::"m"(no_idt));
    arch_halt();
}
