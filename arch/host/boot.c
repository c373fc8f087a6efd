/* SPDX-License-Identifier: MIT */
/* The boot of mm/ on the host: what kernel_main() and mm/kernel_map.c do on a machine. */
#include "arch/host/host.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "mm/filemap.h"
#include "mm/memblock.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "mm/vmemmap.h"

struct cpu cpus[MAX_CPUS];
unsigned nr_cpus = MAX_CPUS;
struct cpu *host_this_cpu = cpus;
bool host_irq_on;

static struct task_struct host_task = {.pid = 1, .tgid = 1, .comm = "host"};
static _Atomic pte_t root[PT_ENTRIES] __aligned(PAGE_SIZE);

void host_run_on_cpu(unsigned id)
{
    host_this_cpu = &cpus[id];
}

static void fill_root(vaddr_t start, vaddr_t end)
{
    for (unsigned slot = VA_SLOT(start); slot <= VA_SLOT(end - 1); slot++) {
        struct pt_cursor c;
        BUG_ON(pt_seek_alloc(&c, &kernel_table, SLOT_VA(slot), PT_LEVELS - 2, GFP_KERNEL));
    }
}

void host_boot(void)
{
    for (int i = 0; i < RLIM_NLIMITS; i++)
        host_task.rlim[i] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
    host_task.rlim[RLIMIT_STACK].cur = 8 * MiB;
    for (unsigned i = 0; i < nr_cpus; i++) {
        cpus[i].id = i;
        cpus[i].online = true;
        cpus[i].current_task = &host_task;
    }
    memblock_add(HOST_RAM1_START, HOST_RAM1_SIZE);
    memblock_add(HOST_RAM2_START, HOST_RAM2_SIZE);
    memblock_reserve(HOST_RAM1_START + 3 * MiB, MiB + PAGE_SIZE, "Firmware");

    kernel_table.root = root;
    fill_root(VMALLOC_START, VMALLOC_END);
    fill_root(VMEMMAP_START, VMEMMAP_END);
    vmemmap_map();
    vmemmap_init();
    page_alloc_init();
    pt_tables_from_buddy();
    slab_init();
    vmalloc_init();
    radix_init();
    mm_init();
    filemap_init();
}
