/* SPDX-License-Identifier: MIT */
/*
 * Counts of events since boot, as /proc/vmstat shows them under Linux's names.
 *
 * Each CPU adds to a row of its own, without atomics: the kernel is not preempted, and handlers
 * count nothing. Reading sums the rows, while others go on adding.
 */
#ifndef MM_VMSTAT_H
#define MM_VMSTAT_H

#include "kernel/cpu.h"

enum vm_event {
    PGPGIN, /* KiB read from block devices, and written; as Linux has them */
    PGPGOUT,
    PGALLOC_DMA32, /* pages given out, in the order of zones[] */
    PGALLOC_NORMAL,
    PGFREE,
    PGFAULT, /* page faults, and those that had to wait for a device */
    PGMAJFAULT,
    PGLAZYFREE, /* pages given to MADV_FREE, and those that reclaim took of them */
    PGLAZYFREED,
    PGSCAN, /* pages that reclaim looked at, and those that it took */
    PGSTEAL,
    NR_DIRTIED, /* pages that became dirty, and that were written back */
    NR_WRITTEN,
    OOM_KILL,
    NR_VM_EVENTS
};

/* Linux's name of each. */
extern const char *const vm_event_names[NR_VM_EVENTS];

extern struct vm_event_row {
    unsigned long count[NR_VM_EVENTS];
} __aligned(64) vm_event_rows[MAX_CPUS];

static inline void count_vm_events(enum vm_event event, unsigned long n)
{
    vm_event_rows[this_cpu()->id].count[event] += n;
}
static inline void count_vm_event(enum vm_event event)
{
    count_vm_events(event, 1);
}

/* On all CPUs together. */
unsigned long vm_events(enum vm_event event);

#endif
