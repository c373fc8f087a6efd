/* SPDX-License-Identifier: MIT */
/* /proc/slabinfo: what each cache holds, in Linux's format 2.1. */
#include "kernel/fs/seq_file.h"
#include "mm/kmem_cache.h"

void show_slabinfo(struct seq_file *m)
{
    struct slab_info s;

    seq_printf(m, "slabinfo - version: 2.1\n"
                  "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
                  " : tunables <limit> <batchcount> <sharedfactor>"
                  " : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
    for (unsigned n = 0; slab_get_info(n, &s); n++) {
        seq_printf(m, "%-17s %6zu %6zu %6zu %4u %4u : tunables %4u %4u %4u", s.name, s.active,
                   s.total, s.size, s.per_slab, 1u << s.order, s.limit, s.limit / 2, 0u);
        seq_printf(m, " : slabdata %6zu %6zu %6u\n", s.slabs - s.empty, s.slabs, 0u);
    }
}
