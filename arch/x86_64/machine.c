/* SPDX-License-Identifier: MIT */
/*
 * The machine as its loader and firmware describe it: memory and command line in PVH's start info,
 * CPUs and interrupt controllers in ACPI's MADT, devices in its namespace.
 *
 * All of it is read at the start, through the early direct map, and what is needed later is kept
 * here: nothing of firmware's is looked at once the kernel's own table is in use.
 */
#include <arch/early.h>
#include "arch/x86_64/acpi.h"
#include "arch/x86_64/aml.h"
#include "arch/x86_64/machine.h"
#include "arch/x86_64/regs.h"
#include "kernel/cpu.h"
#include "kernel/drivers/iomem.h"
#include "kernel/drivers/ns16550.h"
#include "kernel/drivers/virtio_mmio.h"
#include "kernel/main.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/random.h"
#include "kernel/string.h"
#include "mm/memblock.h"
#include "mm/page.h"

/* struct hvm_start_info of the PVH start protocol, and what its memory map is made of. */
struct start_info {
    uint32_t magic, version, flags, nr_modules;
    uint64_t modules, command_line, rsdp;
    uint64_t memory_map; /* from version 1 on */
    uint32_t nr_memory_map, reserved;
};
struct memory_map_entry {
    uint64_t start, size;
    uint32_t type, reserved;
};

#define START_MAGIC 0x336ec578

enum memory_type {
    MEMORY_RAM = 1,
    MEMORY_RESERVED,
    MEMORY_ACPI,
    MEMORY_ACPI_NVS
};

#define CPUID_RDRAND (1u << 30) /* leaf 1, ECX */

/* The clock that a PC feeds its serial ports with. */
#define UART_CLOCK  1843200

#define MAX_DEVICES 64

static paddr_t start_info_pa, lapic_base;
static struct aml_device devices[MAX_DEVICES];
static unsigned nr_devices;

/* The first C code at the kernel's own addresses: on the boot stack, GS based at cpus[0]. */
void boot_main(paddr_t start_info)
{
    cpus[0].kstack = (vaddr_t)boot_stack;
    start_info_pa = start_info;
    kernel_main();
}

static void read_memory_map(const struct start_info *info)
{
    static const char *const names[] = {
        [MEMORY_RESERVED] = "Reserved",
        [MEMORY_ACPI] = "ACPI Tables",
        [MEMORY_ACPI_NVS] = "ACPI Non-volatile Storage",
    };
    const struct memory_map_entry *entry = __va(info->memory_map);

    for (unsigned i = 0; i < info->nr_memory_map; i++, entry++) {
        if (entry->type == MEMORY_RAM) {
            memblock_add(entry->start, entry->size);
        } else if (entry->size) {
            const char *name = entry->type < ARRAY_SIZE(names) ? names[entry->type] : NULL;
            name = name ? name : "Reserved";
            iomem_register(entry->start, entry->size, name);
            /* Where two entries contradict each other, it is not ours. */
            memblock_reserve(entry->start, entry->size, name);
        }
    }
}

static void read_start_info(void)
{
    const struct start_info *info = __va(start_info_pa);

    if (info->magic != START_MAGIC || info->version < 1)
        panic("no start info with a memory map at physical %#lx", start_info_pa);
    if (info->command_line)
        strlcpy(boot_command_line, __va(info->command_line), COMMAND_LINE_SIZE);
    read_memory_map(info);
    if (!acpi_open(info->rsdp))
        panic("no ACPI tables at physical %#lx", info->rsdp);
}

/* The boot CPU has id 0 already; the others are counted in the order of the table. */
static void read_cpu(uint8_t apic_id, uint32_t flags)
{
    if (!(flags & MADT_CPU_ENABLED) || apic_id == cpus[0].hw_id)
        return;
    if (nr_cpus < MAX_CPUS) {
        cpus[nr_cpus].id = nr_cpus;
        cpus[nr_cpus++].hw_id = apic_id;
    } else {
        pr_warn("the CPU with APIC id %u is left alone: no more than %d CPUs\n", apic_id, MAX_CPUS);
    }
}

static void read_madt(void)
{
    const struct acpi_madt *madt = (const void *)acpi_find("APIC");

    if (!madt || madt->header.length < sizeof(*madt))
        panic("ACPI does not describe the interrupt controllers");
    nr_cpus = 1;
    cpus[0].hw_id = cpuid(1, 0).ebx >> 24;
    lapic_base = madt->lapic_address;
    for (const struct madt_entry *e = NULL; (e = madt_next(madt, e));) {
        switch (e->type) {
        case MADT_LAPIC:
            read_cpu(e->lapic.apic_id, e->lapic.flags);
            break;
        case MADT_IOAPIC:
            ioapic_add(e->ioapic.address, e->ioapic.gsi_base);
            break;
        case MADT_OVERRIDE:
            ioapic_override(e->override.irq, e->override.gsi, e->override.flags);
            break;
        case MADT_LAPIC_ADDRESS:
            lapic_base = e->lapic_address.address;
            break;
        }
    }
}

static void note_device(const struct aml_device *device)
{
    if (nr_devices < MAX_DEVICES)
        devices[nr_devices++] = *device;
    else
        pr_warn("ACPI device %s is left alone: no more than %d\n", device->hid, MAX_DEVICES);
}

/* What the machine is made of, and how it is switched off. */
static void read_namespace(void)
{
    static const struct aml_visitor visitor = {note_device, power_set_off_type};
    const struct acpi_table *dsdt = acpi_find_dsdt();

    if (dsdt)
        aml_read((const uint8_t *)(dsdt + 1), dsdt->length - sizeof(*dsdt), &visitor);
}

/* The processor's own random numbers, where it has any. It may have none to give for a moment. */
static void seed_random(void)
{
    uint64_t seed[4];

    if (!(cpuid(1, 0).ecx & CPUID_RDRAND))
        return;
    for (size_t i = 0; i < ARRAY_SIZE(seed); i++) {
        bool good = false;
        for (int tries = 0; tries < 10 && !good; tries++)
            __asm__ volatile("rdrand %0" : "=r"(seed[i]), "=@ccc"(good));
        if (good)
            random_add(&seed[i], sizeof(seed[i]));
    }
}

void arch_early_init(void)
{
    struct acpi_fadt fadt;

    read_start_info();
    acpi_find_fadt(&fadt);
    power_init(&fadt);
    read_namespace();
    /* Now a panic can switch the machine off. */
    cpu_find_features();
    cpu_init();
    read_madt();
    memblock_reserve(__pa_symbol(__kernel_start), (size_t)(__kernel_end - __kernel_start),
                     "Kernel image");
    smp_reserve();
    seed_random();
    tlb_init();
}

static uint8_t port_read(const struct ns16550_regs *regs, unsigned reg)
{
    return in8((uint16_t)(regs->base + reg));
}

static void port_write(const struct ns16550_regs *regs, unsigned reg, uint8_t value)
{
    out8((uint16_t)(regs->base + reg), value);
}

static void start_device(const struct aml_device *d)
{
    unsigned gsi = d->isa ? ioapic_isa_gsi(d->interrupt) : d->interrupt;

    if (!d->has_interrupt)
        return;
    if (strcmp(d->hid, "PNP0501") == 0 && d->nr_ports >= NS16550_NR_REGS) {
        struct ns16550_regs regs = {.read = port_read, .write = port_write, .base = d->port};
        ns16550_probe(&regs, gsi, UART_CLOCK);
    } else if (strcmp(d->hid, "LNRO0005") == 0 && d->size) {
        ioapic_trigger(gsi, d->edge, d->low);
        virtio_mmio_probe(d->base, d->size, gsi);
    }
}

static void init_this_cpu(void)
{
    lapic_init_cpu();
    tlb_init_cpu();
}

void arch_init(void)
{
    lapic_init(lapic_base);
    ioapic_init();
    init_this_cpu();
    time_calibrate();
    for (unsigned i = 0; i < nr_devices; i++)
        start_device(&devices[i]);
}

void arch_init_secondary(void)
{
    cpu_init();
    init_this_cpu();
}
