/* SPDX-License-Identifier: MIT */
/*
 * The tables that paging is turned on with. They show what the kernel needs until mm/ has built its
 * own, and are forgotten then: the image at its window, the gigabyte around it in the direct map,
 * and firmware's device tree in the fixmap, all with 2 MiB leaves.
 *
 * early_map() runs before paging, at physical addresses: code here reaches everything relative to
 * pc (the medany model) and holds no pointer made by the linker.
 */
#include <arch/early.h>
#include "arch/riscv64/csr.h"
#include "arch/riscv64/machine.h"
#include "mm/fixmap.h"
#include "mm/page.h"

#define LARGE_PAGE (1ul << PT_SHIFT(1))

/* The root, and for each of three windows one table on every level down to that of the leaves. */
static pte_t early_tables[1 + 3 * (PT_LEVELS - 2)][PT_ENTRIES] __aligned(PAGE_SIZE);
static unsigned early_tables_used;

paddr_t kernel_phys_base;

static pte_t *early_entry(pte_t *table, vaddr_t va, int level)
{
    return &table[va >> PT_SHIFT(level) & (PT_ENTRIES - 1)];
}

/* Writable and executable, for the few milliseconds that these tables live. */
static void map_large(vaddr_t va, paddr_t pa, size_t size)
{
    for (size_t done = 0; done < size; done += LARGE_PAGE) {
        pte_t *table = early_tables[0];
        for (int level = PT_LEVELS - 1; level > 1; level--) {
            pte_t *entry = early_entry(table, va + done, level);
            if (pte_kind(*entry, level) == PTE_ABSENT)
                *entry = pte_table((paddr_t)early_tables[++early_tables_used]);
            table = (pte_t *)pte_paddr(*entry, level);
        }
        *early_entry(table, va + done, 1) = pte_leaf(pa + done, P_KERNEL_RW | P_EXEC, 1);
    }
}

/* Returns the value for satp. `fdt` is the physical address of the device tree. */
uint64_t early_map(paddr_t fdt)
{
    paddr_t image;
    size_t image_size = ALIGN_UP((size_t)(__kernel_end - __kernel_start), LARGE_PAGE);

    /* In C, the compiler could fold the sums below into one that is out of reach of pc. */
    __asm__("lla %0, __kernel_start" : "=r"(image));
    kernel_phys_base = image - (kernel_link_address - __START_KERNEL_map);
    map_large(kernel_link_address, image, image_size);
    map_large(PAGE_OFFSET + ALIGN_DOWN(image, GiB), ALIGN_DOWN(image, GiB), GiB);
    map_large(FIX_FIRMWARE, ALIGN_DOWN(fdt, LARGE_PAGE), FIX_FIRMWARE_SIZE);
    return SATP((paddr_t)early_tables[0], 0);
}

void arch_early_direct_map(paddr_t *start, paddr_t *end)
{
    *start = ALIGN_DOWN(kernel_phys_base + (kernel_link_address - __START_KERNEL_map), GiB);
    *end = *start + GiB;
}
