/* SPDX-License-Identifier: MIT */
/*
 * The platform-level interrupt controller (RISC-V PLIC specification 1.0). Each hart's mode is a
 * "context" of it; the device tree says which. All sources go to the boot CPU: which CPU then runs
 * what was waiting is the scheduler's business.
 *
 * Handlers are set while booting and never change; an entry is published by its handler.
 */
#include <arch/irq.h>
#include "arch/riscv64/csr.h"
#include "arch/riscv64/fdt.h"
#include "arch/riscv64/machine.h"
#include "kernel/cpu.h"
#include "kernel/errno.h"
#include "kernel/printk.h"
#include "mm/vmalloc.h"

#define PLIC_MAX_IRQ        128

#define PLIC_PRIORITY(irq)  (4 * (irq))
#define PLIC_ENABLE(ctx)    (0x2000 + 0x80 * (ctx))
#define PLIC_THRESHOLD(ctx) (0x200000 + 0x1000 * (ctx))
#define PLIC_CLAIM(ctx)     (0x200004 + 0x1000 * (ctx))

struct irq_action {
    void (*_Atomic handler)(void *data);
    void *data;
};

static struct irq_action actions[PLIC_MAX_IRQ];
static unsigned nr_irqs;
static char *plic;
static unsigned context; /* the boot CPU's, supervisor mode */

/* Whether `phandle` is the interrupt input of the CPU whose hart id is `hart`. */
static bool is_input_of(uint32_t phandle, uint64_t hart)
{
    struct fdt_walk w;

    fdt_start(&w);
    for (const struct fdt_node *node; (node = fdt_next(&w));)
        if (fdt_number(node, "phandle", 0) == phandle)
            return fdt_compatible(node, "riscv,cpu-intc") &&
                   fdt_number(node->parent, "reg", UINT64_MAX) == hart;
    return false;
}

/* Context n is the n-th pair in interrupts-extended: a CPU's input, and which of its interrupts. */
static bool find_context(const struct fdt_node *node)
{
    unsigned len;
    const uint32_t *pair = fdt_prop(node, "interrupts-extended", &len);

    for (context = 0; pair && context < len / 8; context++, pair += 2)
        if (fdt_cell(pair + 1) == IRQ_EXT && is_input_of(fdt_cell(pair), this_cpu()->hw_id))
            return true;
    return false;
}

void plic_init(const struct fdt_node *node, paddr_t base, size_t size)
{
    if (plic || !find_context(node))
        return;
    plic = ioremap(base, size);
    if (!plic) {
        pr_err("plic: no memory to map it\n");
        return;
    }
    nr_irqs = min((unsigned)fdt_number(node, "riscv,ndev", 0) + 1, (unsigned)PLIC_MAX_IRQ);
    for (unsigned irq = 1; irq < nr_irqs; irq++)
        arch_mmio_write32(plic + PLIC_PRIORITY(irq), 0);
    arch_mmio_write32(plic + PLIC_THRESHOLD(context), 0);
}

int arch_irq_request(unsigned irq, void (*handler)(void *data), void *data, const char *name)
{
    if (irq == 0 || irq >= nr_irqs)
        return -EINVAL;
    if (actions[irq].handler)
        return -EBUSY;
    actions[irq].data = data;
    atomic_store(&actions[irq].handler, handler);

    char *enable = plic + PLIC_ENABLE(context) + irq / 32 * 4;
    arch_mmio_write32(enable, arch_mmio_read32(enable) | 1u << irq % 32);
    arch_mmio_write32(plic + PLIC_PRIORITY(irq), 1);
    pr_info("irq %u: %s\n", irq, name);
    return 0;
}

void plic_handle(void)
{
    uint32_t irq;

    while (plic && (irq = arch_mmio_read32(plic + PLIC_CLAIM(context)))) {
        if (irq < nr_irqs && actions[irq].handler)
            actions[irq].handler(actions[irq].data);
        arch_mmio_write32(plic + PLIC_CLAIM(context), irq);
    }
}
