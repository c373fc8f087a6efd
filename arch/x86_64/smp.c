/* SPDX-License-Identifier: MIT */
/*
 * The other CPUs: started by INIT and start-up messages (Intel SDM vol. 3, 8.4.4), one at a time;
 * reached by interrupts, and in a panic by the one that nothing holds back (NMI).
 */
#include <arch/smp.h>
#include <arch/switch.h>
#include <arch/timer.h>
#include "arch/x86_64/machine.h"
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/trampoline.h"
#include "kernel/cpu.h"
#include "kernel/main.h"
#include "kernel/printk.h"
#include "kernel/string.h"
#include "kernel/time.h"
#include "mm/memblock.h"
#include "mm/page.h"
#include "mm/pgtable.h"

/* Generous: a virtual CPU may wait for its host. */
#define START_TIMEOUT (5 * NSEC_PER_SEC)
#define STOP_TIMEOUT  (100 * NSEC_PER_MSEC)
/* What a processor takes to accept the next message, by the manual. */
#define INIT_DELAY    (10 * NSEC_PER_MSEC)
#define STARTUP_DELAY (200 * NSEC_PER_MSEC / 1000)

/* Where real mode reaches: the first MiB, without the page that holds its interrupt vectors. */
#define LOW_START PAGE_SIZE
#define LOW_END   MiB

static paddr_t start_page; /* 0: there is none */

/* Set once, by panic: every CPU that takes an NMI stops, and says so. */
static atomic_bool stopping;
static atomic_uint stopped;

/* --- starting --- */

static bool is_reserved(paddr_t page)
{
    const struct memblock_region *r;

    for (unsigned n = 0; (r = memblock_reserved(n)); n++)
        if (page < r->end && page + PAGE_SIZE > r->start)
            return true;
    return false;
}

void smp_reserve(void)
{
    const struct memblock_region *r;

    for (unsigned n = 0; (r = memblock_memory(n)); n++) {
        paddr_t page = max(r->start, LOW_START), end = min(r->end, LOW_END);
        while (page + PAGE_SIZE <= end && is_reserved(page))
            page += PAGE_SIZE;
        if (page + PAGE_SIZE <= end) {
            memblock_reserve(page, PAGE_SIZE, "Start of CPUs");
            start_page = page;
            return;
        }
    }
}

static bool wait_online(const struct cpu *cpu, ktime_t time)
{
    ktime_t deadline = arch_clock() + time;

    while (!atomic_load(&cpu->online) && arch_clock() < deadline)
        arch_relax();
    return atomic_load(&cpu->online);
}

/* The second message is for a processor that has missed the first; any other ignores it. */
static bool start(struct cpu *cpu)
{
    vaddr_t stack_top = idle_stack_top(cpu->id);

    cpu->kstack = stack_top - KSTACK_SIZE;
    cpu->scratch[CPU_START_RSP / 8] = stack_top;
    secondary_cpu = cpu;
    arch_mb();
    lapic_send_init(cpu->hw_id);
    wait_online(cpu, INIT_DELAY);
    lapic_send_startup(cpu->hw_id, start_page);
    if (!wait_online(cpu, STARTUP_DELAY))
        lapic_send_startup(cpu->hw_id, start_page);
    return wait_online(cpu, START_TIMEOUT);
}

void arch_smp_start(void)
{
    if (nr_cpus > 1 && !start_page) {
        pr_warn("no free memory below 1 MiB: the other CPUs cannot start\n");
        return;
    }
    if (nr_cpus > 1)
        memcpy(__va(start_page), trampoline_start, (size_t)(trampoline_end - trampoline_start));
    secondary_cr3 = page_table_phys(&kernel_table);
    for_each_cpu (cpu)
        if (cpu != this_cpu() && !start(cpu))
            pr_warn("cpu %u (APIC id %lu) did not start\n", cpu->id, cpu->hw_id);
}

/* --- messages --- */

/* The handler has nothing to do: need_resched is looked at on the way out. */
void arch_ipi_reschedule(unsigned id)
{
    lapic_send(cpus[id].hw_id, RESCHEDULE_VECTOR);
}

/* What firmware or hardware sends this way is of no use here. */
void smp_handle_nmi(void)
{
    if (atomic_load(&stopping)) {
        atomic_fetch_add(&stopped, 1);
        arch_halt();
    }
}

void arch_smp_stop_others(void)
{
    unsigned others = 0;
    ktime_t deadline = arch_clock() + STOP_TIMEOUT;

    atomic_store(&stopping, true);
    for_each_cpu (cpu) {
        if (cpu != this_cpu() && atomic_load(&cpu->online)) {
            lapic_send_nmi(cpu->hw_id);
            others++;
        }
    }
    while (atomic_load(&stopped) < others && arch_clock() < deadline)
        arch_relax();
}
