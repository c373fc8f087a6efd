/* SPDX-License-Identifier: MIT */
/* /proc/iomem: what lies where in the physical address space. See iomem.h. */
#include "kernel/drivers/iomem.h"

#include <arch/image.h>
#include "kernel/fs/seq_file.h"
#include "mm/memblock.h"
#include "mm/page.h"

#define MAX_DEVICES 32

struct range {
    paddr_t start, end; /* end is exclusive */
    const char *name;
};

/* Ascending. Written at boot only. */
static struct range devices[MAX_DEVICES];
static unsigned nr_devices;

void iomem_register(paddr_t base, size_t size, const char *name)
{
    unsigned i = nr_devices;

    if (nr_devices == MAX_DEVICES || size == 0)
        return;
    for (; i > 0 && devices[i - 1].start > base; i--)
        devices[i] = devices[i - 1];
    devices[i] = (struct range){base, base + size, name};
    nr_devices++;
}

static void show_range(struct seq_file *m, unsigned depth, paddr_t start, paddr_t end,
                       const char *name)
{
    seq_printf(m, "%*s%08lx-%08lx : %s\n", (int)depth * 2, "", start, end - 1, name);
}

static void show_image(struct seq_file *m, unsigned depth, paddr_t start, paddr_t end)
{
    const struct range parts[] = {
        {__pa_symbol(__text_start), __pa_symbol(__text_end), "Kernel code"},
        {__pa_symbol(__rodata_start), __pa_symbol(__rodata_end), "Kernel rodata"},
        {__pa_symbol(__data_start), __pa_symbol(__data_end), "Kernel data"},
        {__pa_symbol(__bss_start), __pa_symbol(__bss_end), "Kernel bss"},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(parts); i++)
        if (parts[i].start >= start && parts[i].end <= end && parts[i].start < parts[i].end)
            show_range(m, depth, parts[i].start, parts[i].end, parts[i].name);
}

static void show_memory(struct seq_file *m, const struct memblock_region *memory)
{
    const struct memblock_region *r;

    show_range(m, 0, memory->start, memory->end, memory->name);
    for (unsigned i = 0; (r = memblock_reserved(i)); i++) {
        if (r->start < memory->start || r->end > memory->end)
            continue;
        show_range(m, 1, r->start, r->end, r->name);
        show_image(m, 2, r->start, r->end);
    }
}

/* Merges the two ascending lists, memory and devices. */
void show_iomem(struct seq_file *m)
{
    const struct memblock_region *memory = memblock_memory(0);
    unsigned next_memory = 1, next_device = 0;

    while (memory || next_device < nr_devices) {
        const struct range *device = &devices[next_device];

        if (!memory || (next_device < nr_devices && device->start < memory->start)) {
            show_range(m, 0, device->start, device->end, device->name);
            next_device++;
        } else {
            show_memory(m, memory);
            memory = memblock_memory(next_memory++);
        }
    }
}
