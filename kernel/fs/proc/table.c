/* SPDX-License-Identifier: MIT */
/*
 * procfs: everything in /proc that is not a process (proc_entries), and the settings below sys/.
 */
#include "kernel/drivers/iomem.h"
#include "kernel/errno.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "kernel/utsname.h"
#include "mm/kernel_map.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"
#include "mm/shrinker.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

#define DROP_ROUNDS 8

/*
 * 1: the page cache, 2: inodes and slabs, 3: both, says Linux; here each drops all that can be had,
 * after writing back what is dirty. What one round frees (an inode's pages) may let the next free
 * more (the inode).
 */
static int drop_caches(const char *text)
{
    char *end;
    unsigned long what = strtoul(text, &end, 10);

    if (end == text || *end || what < 1 || what > 3)
        return -EINVAL;
    int err = vfs_sync();
    for (int round = 0; round < DROP_ROUNDS && shrink_all(SIZE_MAX); round++)
        cond_resched();
    drain_local_pages();
    return err;
}

/* Memory is promised without being counted: faults get it, or the largest process goes. */
static void show_overcommit(struct seq_file *m)
{
    seq_printf(m, "1\n");
}

static void show_max_map_count(struct seq_file *m)
{
    seq_printf(m, "%d\n", MAX_MAP_COUNT);
}

static void show_ostype(struct seq_file *m)
{
    seq_printf(m, "%s\n", UTS_SYSNAME);
}

static void show_osrelease(struct seq_file *m)
{
    seq_printf(m, "%s\n", UTS_RELEASE);
}

static void show_hostname(struct seq_file *m)
{
    char name[UTS_LEN];

    get_hostname(name);
    seq_printf(m, "%s\n", name);
}

static int write_hostname(const char *text)
{
    return set_hostname(text, strlen(text));
}

static void show_pid_max(struct seq_file *m)
{
    seq_printf(m, "%d\n", PID_MAX);
}

#define DIR(path)                                                                                  \
    {                                                                                              \
        path, S_IFDIR | 0555, NULL, NULL                                                           \
    }
#define FILE(path, show)                                                                           \
    {                                                                                              \
        path, S_IFREG | 0444, show, NULL                                                           \
    }

const struct proc_entry proc_entries[] = {
    FILE("buddyinfo", show_buddyinfo),
    FILE("cmdline", proc_show_cmdline),
    FILE("cpuinfo", proc_show_cpuinfo),
    FILE("filesystems", show_filesystems),
    FILE("iomem", show_iomem),
    FILE("kernel_format", proc_show_kernel_format),
    {"kernel_page_tables", S_IFREG | 0400, proc_show_kernel_page_tables, NULL},
    FILE("kernel_windows", show_kernel_windows),
    FILE("kmsg", proc_show_kmsg),
    FILE("loadavg", proc_show_loadavg),
    FILE("meminfo", proc_show_meminfo),
    FILE("mounts", show_mounts),
    {"self", S_IFLNK | 0777, NULL, NULL},
    FILE("slabinfo", show_slabinfo),
    FILE("stat", proc_show_system_stat),
    FILE("swaps", proc_show_swaps),
    DIR("sys"),
    DIR("sys/kernel"),
    {"sys/kernel/hostname", S_IFREG | 0644, show_hostname, write_hostname},
    FILE("sys/kernel/osrelease", show_osrelease),
    FILE("sys/kernel/ostype", show_ostype),
    FILE("sys/kernel/pid_max", show_pid_max),
    DIR("sys/vm"),
    {"sys/vm/drop_caches", S_IFREG | 0200, NULL, drop_caches},
    FILE("sys/vm/max_map_count", show_max_map_count),
    FILE("sys/vm/overcommit_memory", show_overcommit),
    FILE("uptime", proc_show_uptime),
    FILE("version", proc_show_version),
    FILE("vmallocinfo", show_vmallocinfo),
};
const unsigned nr_proc_entries = ARRAY_SIZE(proc_entries);
