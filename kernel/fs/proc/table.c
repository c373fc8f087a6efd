/* SPDX-License-Identifier: MIT */
/* procfs: everything in /proc that is not a process (proc_entries), by path. */
#include "kernel/drivers/iomem.h"
#include "kernel/fs/proc/proc.h"
#include "mm/kernel_map.h"
#include "mm/memory_use.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

#define DIR(name)                                                                                  \
    {                                                                                              \
        .path = name, .mode = S_IFDIR | 0555                                                       \
    }
#define FILE(name, fn)                                                                             \
    {                                                                                              \
        .path = name, .mode = S_IFREG | 0444, .show = fn                                           \
    }
/* Tells where in memory the kernel has its things: not for everybody. */
#define PRIVATE(name, fn)                                                                          \
    {                                                                                              \
        .path = name, .mode = S_IFREG | 0400, .show = fn                                           \
    }
#define SETTING(name, show_fn, write_fn)                                                           \
    {                                                                                              \
        .path = name, .mode = S_IFREG | 0644, .show = show_fn, .write = write_fn                   \
    }

const struct proc_entry proc_entries[] = {
    FILE("buddyinfo", show_buddyinfo),
    FILE("cmdline", proc_show_cmdline),
    FILE("cpuinfo", proc_show_cpuinfo),
    FILE("filesystems", show_filesystems),
    FILE("iomem", show_iomem),
    FILE("kernel_format", proc_show_kernel_format),
    PRIVATE("kernel_page_tables", proc_show_kernel_page_tables),
    FILE("kernel_windows", show_kernel_windows),
    FILE("kmsg", proc_show_kmsg),
    {.path = "kpagecount", .mode = S_IFREG | 0400, .read = proc_read_kpagecount},
    {.path = "kpageflags", .mode = S_IFREG | 0400, .read = proc_read_kpageflags},
    FILE("loadavg", proc_show_loadavg),
    FILE("meminfo", proc_show_meminfo),
    FILE("mounts", show_mounts),
    {.path = "self", .mode = S_IFLNK | 0777},
    FILE("slabinfo", show_slabinfo),
    FILE("stat", proc_show_system_stat),
    FILE("swaps", proc_show_swaps),
    DIR("sys"),
    DIR("sys/kernel"),
    SETTING("sys/kernel/hostname", proc_show_hostname, proc_write_hostname),
    FILE("sys/kernel/osrelease", proc_show_osrelease),
    FILE("sys/kernel/ostype", proc_show_ostype),
    FILE("sys/kernel/pid_max", proc_show_pid_max),
    SETTING("sys/kernel/randomize_va_space", proc_show_randomize, proc_write_randomize),
    DIR("sys/vm"),
    {.path = "sys/vm/drop_caches", .mode = S_IFREG | 0200, .write = proc_drop_caches},
    SETTING("sys/vm/max_map_count", proc_show_max_map_count, proc_write_max_map_count),
    FILE("sys/vm/mmap_min_addr", proc_show_mmap_min_addr),
    FILE("sys/vm/overcommit_memory", proc_show_overcommit),
    FILE("uptime", proc_show_uptime),
    FILE("version", proc_show_version),
    FILE("vmallocinfo", show_vmallocinfo),
    FILE("vmstat", proc_show_vmstat),
    FILE("zoneinfo", show_zoneinfo),
};
const unsigned nr_proc_entries = ARRAY_SIZE(proc_entries);
