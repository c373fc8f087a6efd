/* SPDX-License-Identifier: MIT */
/*
 * The machine as the device tree describes it: memory and CPUs at the start, devices once the
 * allocators are up. The tree lies in memory and is reserved; it is read through the fixmap until
 * the kernel's own table shows it in the direct map.
 */
#include <arch/early.h>
#include "arch/riscv64/csr.h"
#include "arch/riscv64/fdt.h"
#include "arch/riscv64/machine.h"
#include "kernel/cpu.h"
#include "kernel/drivers/ns16550.h"
#include "kernel/drivers/virtio_mmio.h"
#include "kernel/main.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/random.h"
#include "kernel/string.h"
#include "mm/fixmap.h"
#include "mm/memblock.h"
#include "mm/page.h"

static paddr_t fdt_pa;

/* The first C code at the kernel's own addresses: on the boot stack, tp is &cpus[0]. */
void boot_main(uint64_t hart, paddr_t fdt)
{
    cpus[0].hw_id = hart;
    cpus[0].kstack = (vaddr_t)boot_stack;
    fdt_pa = fdt;
    kernel_main();
}

/* Reserved ranges keep a pointer to their name, and the tree moves: so the names are copied. */
static const char *keep_name(const char *name)
{
    static char names[8][32];
    static unsigned used;

    if (used == ARRAY_SIZE(names))
        return "Firmware";
    strlcpy(names[used], name, sizeof(names[0]));
    return names[used++];
}

static void read_chosen(const struct fdt_node *node)
{
    const char *args = fdt_prop(node, "bootargs", NULL);
    paddr_t start = fdt_number(node, "linux,initrd-start", 0);
    paddr_t end = fdt_number(node, "linux,initrd-end", 0);
    unsigned seed_size;
    const void *seed = fdt_prop(node, "rng-seed", &seed_size);

    if (seed)
        random_add(seed, seed_size);
    if (args)
        strlcpy(boot_command_line, args, COMMAND_LINE_SIZE);
    if (start < end)
        memblock_reserve(start, end - start, "Initrd");
}

/* The boot CPU has id 0 already; the others are counted in the order of the tree. */
static void read_cpu(const struct fdt_node *node)
{
    const char *isa = fdt_prop(node, "riscv,isa", NULL);
    uint64_t hart = fdt_number(node, "reg", UINT64_MAX);
    bool has_sstc =
        (isa && strstr(isa, "_sstc")) || fdt_has_string(node, "riscv,isa-extensions", "sstc");

    if (hart == cpus[0].hw_id) {
        time_set_base(fdt_number(node->parent, "timebase-frequency", 0), has_sstc);
    } else if (nr_cpus < MAX_CPUS) {
        cpus[nr_cpus].id = nr_cpus;
        cpus[nr_cpus++].hw_id = hart;
    } else {
        pr_warn("hart %lu is left alone: no more than %d CPUs\n", hart, MAX_CPUS);
    }
}

static void read_memory(const struct fdt_node *node)
{
    paddr_t start;
    uint64_t size;
    for (unsigned n = 0; fdt_reg(node, n, &start, &size); n++)
        memblock_add(start, size);
}

static void read_reserved(const struct fdt_node *node)
{
    paddr_t start;
    uint64_t size;
    for (unsigned n = 0; fdt_reg(node, n, &start, &size); n++)
        memblock_reserve(start, size, keep_name(node->name));
}

static bool lies_in(const struct fdt_node *node, const char *parent)
{
    return node->parent && strcmp(node->parent->name, parent) == 0;
}

void arch_early_init(void)
{
    const size_t large = 2 * MiB;
    size_t fdt_size = fdt_open((const void *)(FIX_FIRMWARE + (fdt_pa & (large - 1))));
    struct fdt_walk w;
    paddr_t start;
    uint64_t size;

    if (fdt_size == 0 || (fdt_pa & (large - 1)) + fdt_size > FIX_FIRMWARE_SIZE)
        panic("no device tree at physical %#lx", fdt_pa);
    nr_cpus = 1;
    fdt_start(&w);
    for (const struct fdt_node *node; (node = fdt_next(&w));) {
        if (!fdt_enabled(node))
            continue;
        if (fdt_has_string(node, "device_type", "memory"))
            read_memory(node);
        else if (fdt_has_string(node, "device_type", "cpu"))
            read_cpu(node);
        else if (lies_in(node, "reserved-memory"))
            read_reserved(node);
        else if (strcmp(node->name, "chosen") == 0)
            read_chosen(node);
    }
    for (unsigned n = 0; fdt_reservation(n, &start, &size); n++)
        memblock_reserve(start, size, "Firmware");
    memblock_reserve(fdt_pa, fdt_size, "Device tree");
    memblock_reserve(__pa_symbol(__kernel_start), (size_t)(__kernel_end - __kernel_start),
                     "Kernel image");
    tlb_init();
}

/* Calls fn for each device that can be used and is one of `compatible`. */
static void for_each_device(const char *compatible,
                            void (*fn)(const struct fdt_node *, paddr_t base, size_t size))
{
    struct fdt_walk w;
    paddr_t base;
    uint64_t size;

    fdt_start(&w);
    for (const struct fdt_node *node; (node = fdt_next(&w));)
        if (fdt_enabled(node) && fdt_compatible(node, compatible) && fdt_reg(node, 0, &base, &size))
            fn(node, base, size);
}

static void found_uart(const struct fdt_node *node, paddr_t base, size_t size)
{
    ns16550_probe_mmio(base, size, (unsigned)fdt_number(node, "interrupts", 0),
                       (unsigned)fdt_number(node, "reg-shift", 0),
                       (unsigned)fdt_number(node, "clock-frequency", 0));
}

static void found_virtio(const struct fdt_node *node, paddr_t base, size_t size)
{
    virtio_mmio_probe(base, size, (unsigned)fdt_number(node, "interrupts", 0));
}

void arch_init(void)
{
    fdt_open(__va(fdt_pa));
    for_each_device("sifive,test0", test_device_init);
    for_each_device("google,goldfish-rtc", rtc_init);
    for_each_device("sifive,plic-1.0.0", plic_init);
    arch_init_secondary();
    for_each_device("ns16550a", found_uart);
    for_each_device("virtio,mmio", found_virtio);
}

void arch_init_secondary(void)
{
    tlb_init_cpu();
    /* User code may read the cycle, time and instret counters. */
    csr_write(scounteren, 7);
    csr_set(sie, 1u << IRQ_SOFT | 1u << IRQ_EXT);
}
