/* SPDX-License-Identifier: MIT */
/*
 * procfs: /proc/vmstat: what memory is used for, in pages, and how often what has happened to it
 * since boot. Names and meanings are Linux's; what is not counted here is not told.
 */
#include "kernel/fs/proc/proc.h"
#include "mm/memory_use.h"
#include "mm/vmstat.h"

void proc_show_vmstat(struct seq_file *m)
{
    struct memory_use use;

    get_memory_use(&use);
    seq_printf(m, "nr_free_pages %lu\n", use.free);
    show_node_stats(m, false);
    /* There is no swap; programs look for the lines all the same. */
    seq_printf(m, "pswpin 0\npswpout 0\n");
    for (unsigned event = 0; event < NR_VM_EVENTS; event++)
        seq_printf(m, "%s %lu\n", vm_event_names[event], vm_events(event));
}
