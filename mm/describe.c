/* SPDX-License-Identifier: MIT */
/* What an address is, in words. Runs in panics: looks, but takes no lock and allocates nothing. */
#include "mm/describe.h"

#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "mm/kernel_map.h"
#include "mm/layout.h"
#include "mm/vmalloc.h"

static const char *const area_kinds[] = {[VM_ALLOC] = "vmalloc area",
                                         [VM_MAP] = "vmap area",
                                         [VM_IOREMAP] = "device registers",
                                         [VM_KSTACK] = "kernel stack"};

static void describe_vmalloc(vaddr_t addr)
{
    const struct vmap_area *area = find_vmap_area(addr);

    if (!area) {
        pr_err("  %#lx is in the vmalloc window, in no area\n", addr);
        return;
    }
    const struct task_struct *owner = area->owner;
    bool guard = addr < area->start || addr >= area->end;
    if (area->kind == VM_KSTACK && owner)
        pr_err("  %#lx is in %s kernel stack of %s (pid %d), %#lx-%#lx\n", addr,
               guard ? "the guard page of the" : "the", owner->comm, owner->pid, area->start,
               area->end);
    else
        pr_err("  %#lx is in %s %s %#lx-%#lx\n", addr, guard ? "the guard page of" : "the",
               area_kinds[area->kind], area->start, area->end);
}

void describe_address(vaddr_t addr)
{
    size_t offset;

    if (addr < PAGE_SIZE)
        pr_err("  %#lx is in the page at address 0, which is never mapped: a null pointer\n", addr);
    else if (addr < USER_END)
        pr_err("  %#lx is a user address: the kernel reaches those only through its copies\n",
               addr);
    else if (addr < KERNEL_HALF)
        pr_err("  %#lx is not canonical: it lies between the user and the kernel half\n", addr);
    else if (addr >= VMALLOC_START && addr < VMALLOC_END)
        describe_vmalloc(addr);
    else if (ksym_lookup(addr, &offset))
        pr_err("  %#lx is kernel text: %s+%#lx\n", addr, ksym_lookup(addr, &offset), offset);
    else if (addr >= PAGE_OFFSET && addr < DIRECT_MAP_END)
        pr_err("  %#lx is in the direct map: physical %#lx, %s\n", addr, addr - PAGE_OFFSET,
               pfn_valid((addr - PAGE_OFFSET) >> PAGE_SHIFT) ? "memory"
                                                             : "where there is no memory");
    else
        pr_err("  %#lx is in the %s window\n", addr, kernel_window_name(addr));
}
