/* SPDX-License-Identifier: MIT */
/*
 * The tables that paging is turned on with: data that the linker fills in, for they are the same on
 * every machine. They show, with 1 GiB leaves,
 *   - the image at its window,
 *   - the first 4 GiB in the direct map, where firmware's tables and early allocations are,
 *   - the same 4 GiB at their own addresses, for the code that turns paging on.
 *
 * The kernel's own table takes their place soon, but each CPU that starts later begins with them.
 */
#include <arch/early.h>
#include "arch/x86_64/machine.h"
#include "mm/page.h"

/* The image is loaded where it is linked to be. */
paddr_t kernel_phys_base;

/* Writable and executable. The processor marks them as used, so they are data. */
#define LEAF(gib) ((gib)*GiB | X86PTE_P | X86PTE_W | X86PTE_PS)
/* A sum, not a union of bits: the linker can add. */
#define TABLE(table) ((pte_t)(table)-__START_KERNEL_map + (X86PTE_P | X86PTE_W))

typedef pte_t early_table[PT_ENTRIES] __aligned(PAGE_SIZE);

#define INDEX(va, level) ((va) >> PT_SHIFT(level) & (PT_ENTRIES - 1))

static early_table low_gigabytes = {LEAF(0), LEAF(1), LEAF(2), LEAF(3)};
static early_table image_gigabytes = {[INDEX(__START_KERNEL_map, 2)] = LEAF(0)};
#if LA57
static early_table low_half = {TABLE(low_gigabytes)};
static early_table image_half = {[INDEX(__START_KERNEL_map, 3)] = TABLE(image_gigabytes)};
#define LOW_TABLE   low_half
#define IMAGE_TABLE image_half
#else
#define LOW_TABLE   low_gigabytes
#define IMAGE_TABLE image_gigabytes
#endif

/* boot.S turns paging on with it. */
early_table early_root_table = {
    [0] = TABLE(LOW_TABLE),
    [VA_SLOT(PAGE_OFFSET)] = TABLE(LOW_TABLE),
    [VA_SLOT(__START_KERNEL_map)] = TABLE(IMAGE_TABLE),
};

paddr_t early_root(void)
{
    return __pa_symbol(early_root_table);
}

void arch_early_direct_map(paddr_t *start, paddr_t *end)
{
    *start = 0;
    *end = 4 * GiB;
}
