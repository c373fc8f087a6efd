/* SPDX-License-Identifier: MIT */
/*
 * The other CPUs: started by INIT and start-up messages (Intel SDM vol. 3, 8.4.4), one at a time;
 * reached by interrupts, and in a panic by the one that nothing holds back (NMI).
 */
#include <arch/smp.h>
#include <arch/switch.h>
#include "arch/x86_64/machine.h"
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/trampoline.h"
#include "kernel/cpu.h"
#include "kernel/main.h"
#include "kernel/printk.h"
#include "kernel/smp.h"
#include "kernel/string.h"
#include "kernel/time.h"
#include "mm/memblock.h"
#include "mm/page.h"
#include "mm/pgtable.h"

/* Generous: a virtual CPU may wait for its host. */
#define START_TIMEOUT (5 * NSEC_PER_SEC)
/* What a processor takes to accept the next message, by the manual. */
#define INIT_DELAY    (10 * NSEC_PER_MSEC)
#define STARTUP_DELAY (200 * NSEC_PER_MSEC / 1000)

/* Where real mode reaches. Page 0, with its interrupt vectors, is never free. */
#define LOW_END MiB

static paddr_t start_page; /* 0: there is none */

/* --- starting --- */

static void note_low_page(paddr_t start, paddr_t end)
{
    if (!start_page && start + PAGE_SIZE <= min(end, LOW_END))
        start_page = start;
}

void smp_reserve(void)
{
    memblock_for_each_free(note_low_page);
    if (start_page)
        memblock_reserve(start_page, PAGE_SIZE, "Start of CPUs");
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
    cpu_wait_online(cpu, INIT_DELAY);
    lapic_send_startup(cpu->hw_id, start_page);
    if (!cpu_wait_online(cpu, STARTUP_DELAY))
        lapic_send_startup(cpu->hw_id, start_page);
    if (cpu_wait_online(cpu, START_TIMEOUT))
        return true;
    /* Should it come after all, it would take the next one's place: this stops it where it is. */
    lapic_send_init(cpu->hw_id);
    return false;
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

void arch_ipi_stop(unsigned id)
{
    lapic_send_nmi(cpus[id].hw_id);
}
