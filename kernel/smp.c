/* SPDX-License-Identifier: MIT */
/* CPUs that come, and go: see smp.h. */
#include "kernel/smp.h"

#include <arch/smp.h>
#include <arch/timer.h>
#include "kernel/cpu.h"
#include "kernel/time.h"

#define STOP_TIMEOUT (100 * NSEC_PER_MSEC)

static atomic_bool stopping; /* set once, for good */
static atomic_uint stopped;

bool cpu_wait_online(const struct cpu *cpu, ktime_t time)
{
    ktime_t deadline = arch_clock() + time;

    while (!atomic_load(&cpu->online) && arch_clock() < deadline)
        arch_relax();
    return atomic_load(&cpu->online);
}

void stop_if_asked(void)
{
    if (atomic_load(&stopping)) {
        atomic_fetch_add(&stopped, 1);
        arch_halt();
    }
}

void stop_other_cpus(void)
{
    unsigned others = 0;
    ktime_t deadline = arch_clock() + STOP_TIMEOUT;

    atomic_store(&stopping, true);
    for_each_cpu (cpu) {
        if (cpu != this_cpu() && atomic_load(&cpu->online)) {
            arch_ipi_stop(cpu->id);
            others++;
        }
    }
    while (atomic_load(&stopped) < others && arch_clock() < deadline)
        arch_relax();
}
