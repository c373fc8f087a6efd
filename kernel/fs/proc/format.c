/* SPDX-License-Identifier: MIT */
/*
 * procfs: /proc/kernel_format: what this kernel was built as, for programs that show page tables or
 * compare machines. Lines `key value`, addresses in hexadecimal, sizes in bytes; then the fields of
 * page-table entries, `field leaf|table NAME LOWEST-BIT HIGHEST-BIT`.
 */
#include <arch/identity.h>
#include <arch/image.h>
#include "kernel/cpu.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/sched.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"
#include "mm/paging_format.h"

static void show_addresses(struct seq_file *m)
{
    const struct {
        const char *key;
        unsigned long address;
    } lines[] = {
        {"task_size", TASK_SIZE},
        {"page_offset", PAGE_OFFSET},
        {"vmalloc_start", VMALLOC_START},
        {"vmemmap_start", VMEMMAP_START},
        {"start_kernel_map", __START_KERNEL_map},
        {"kernel_phys_base", kernel_phys_base},
    };

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        seq_printf(m, "%s 0x%lx\n", lines[i].key, lines[i].address);
}

static void show_sizes(struct seq_file *m)
{
    struct page_counts counts;

    page_alloc_counts(&counts);
    const struct {
        const char *key;
        size_t bytes;
    } lines[] = {
        {"mem_total", counts.total << PAGE_SHIFT},
        {"sizeof_page", sizeof(struct page)},
        {"sizeof_vm_area_struct", sizeof(struct vm_area_struct)},
        {"sizeof_mm_struct", sizeof(struct mm_struct)},
        {"sizeof_task_struct", sizeof(struct task_struct)},
        {"image_text", (size_t)(__text_end - __text_start)},
        {"image_rodata", (size_t)(__rodata_end - __rodata_start)},
        {"image_data", (size_t)(__data_end - __data_start)},
        {"image_bss", (size_t)(__bss_end - __bss_start)},
    };

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        seq_printf(m, "%s %lu\n", lines[i].key, lines[i].bytes);
}

static void show_fields(struct seq_file *m, const char *kind, const struct pte_field *f)
{
    for (; f->name; f++)
        seq_printf(m, "field %s %s %d %d\n", kind, f->name, f->low, f->high);
}

void proc_show_kernel_format(struct seq_file *m)
{
    seq_printf(m, "machine %s\nformat %s\n", ARCH_NAME, PT_NAME);
    seq_printf(m, "levels %d\nva_bits %d\npa_bits %d\nleaf_max %d\n", PT_LEVELS, PT_VA_BITS,
               PT_PA_BITS, PT_LEAF_MAX);
    seq_printf(m, "page_size %lu\nroot_slots %d\nroot_slot_size %lu\n", PAGE_SIZE, ROOT_SLOTS,
               ROOT_SLOT_SIZE);
    show_addresses(m);
    show_sizes(m);
    seq_printf(m, "nr_cpus %u\n", nr_cpus);
    show_fields(m, "leaf", paging_format.leaf_fields);
    show_fields(m, "table", paging_format.table_fields);
}
