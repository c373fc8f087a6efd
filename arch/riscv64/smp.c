/* SPDX-License-Identifier: MIT */
/* The other CPUs: started by the firmware (SBI HSM), reached with its interrupts between them. */
#include <arch/smp.h>
#include <arch/switch.h>
#include "arch/riscv64/csr.h"
#include "arch/riscv64/machine.h"
#include "arch/riscv64/offsets.h"
#include "arch/riscv64/sbi.h"
#include "kernel/cpu.h"
#include "kernel/main.h"
#include "kernel/printk.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "mm/page.h"

/* Generous: a virtual CPU may wait for its host. */
#define START_TIMEOUT (5 * NSEC_PER_SEC)

_Static_assert(offsetof(struct secondary, hart) == SECONDARY_HART, "boot.S");
_Static_assert(offsetof(struct secondary, cpu) == SECONDARY_CPU, "boot.S");
_Static_assert(sizeof(struct secondary) == SECONDARY_SIZE, "boot.S");

uint64_t secondary_satp;
struct secondary secondaries[MAX_CPUS] = {[0 ... MAX_CPUS - 1] = {.hart = ~0ul}};

void arch_smp_start(void)
{
    struct secondary *next = secondaries;

    secondary_satp = csr_read(satp);
    for_each_cpu (cpu) {
        if (cpu == this_cpu())
            continue;
        vaddr_t stack_top = idle_stack_top(cpu->id);
        cpu->scratch[0] = stack_top;
        cpu->kstack = stack_top - KSTACK_SIZE;
        *next++ = (struct secondary){cpu->hw_id, cpu};
        arch_mb();
        long error = sbi_hart_start(cpu->hw_id, __pa_symbol(secondary_start), (uint64_t)cpu);
        if (error || !cpu_wait_online(cpu, START_TIMEOUT))
            pr_warn("cpu %u (hart %lu) did not start: SBI error %ld\n", cpu->id, cpu->hw_id, error);
    }
}

void arch_ipi_reschedule(unsigned id)
{
    sbi_send_ipi(1ul << id);
}

void arch_ipi_stop(unsigned id)
{
    sbi_send_ipi(1ul << id);
}
