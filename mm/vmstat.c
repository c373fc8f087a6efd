/* SPDX-License-Identifier: MIT */
/* Counts of events: see mm/vmstat.h. */
#include "mm/vmstat.h"

struct vm_event_row vm_event_rows[MAX_CPUS];

const char *const vm_event_names[NR_VM_EVENTS] = {
    [PGPGIN] = "pgpgin",
    [PGPGOUT] = "pgpgout",
    [PGALLOC_DMA32] = "pgalloc_dma32",
    [PGALLOC_NORMAL] = "pgalloc_normal",
    [PGFREE] = "pgfree",
    [PGFAULT] = "pgfault",
    [PGMAJFAULT] = "pgmajfault",
    [PGLAZYFREE] = "pglazyfree",
    [PGLAZYFREED] = "pglazyfreed",
    [PGSCAN] = "pgscan_direct",
    [PGSTEAL] = "pgsteal_direct",
    [NR_DIRTIED] = "nr_dirtied",
    [NR_WRITTEN] = "nr_written",
    [OOM_KILL] = "oom_kill",
};

unsigned long vm_events(enum vm_event event)
{
    unsigned long sum = 0;

    for_each_cpu (cpu)
        sum += READ_ONCE(vm_event_rows[cpu->id].count[event]);
    return sum;
}
