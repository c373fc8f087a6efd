/* SPDX-License-Identifier: MIT */
/* procfs: the settings below /proc/sys; what they mean is Linux's (proc(5)). */
#include "kernel/errno.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "kernel/utsname.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"
#include "mm/shrinker.h"

#define DROP_ROUNDS 8

/*
 * 1: the page cache, 2: inodes and slabs, 3: both, says Linux; here each drops all that can be had,
 * after writing back what is dirty. What one round frees (an inode's pages) may let the next free
 * more (the inode).
 */
int proc_drop_caches(const char *text)
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
void proc_show_overcommit(struct seq_file *m)
{
    seq_printf(m, "1\n");
}

/* A decimal number up to `max` and nothing else: 0 or -EINVAL. */
static int parse_setting(const char *text, unsigned max, unsigned *out)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end || value > max)
        return -EINVAL;
    WRITE_ONCE(*out, (unsigned)value);
    return 0;
}

void proc_show_max_map_count(struct seq_file *m)
{
    seq_printf(m, "%u\n", READ_ONCE(sysctl_max_map_count));
}

int proc_write_max_map_count(const char *text)
{
    return parse_setting(text, INT32_MAX, &sysctl_max_map_count);
}

void proc_show_mmap_min_addr(struct seq_file *m)
{
    seq_printf(m, "%lu\n", MMAP_MIN_ADDR);
}

void proc_show_ostype(struct seq_file *m)
{
    seq_printf(m, "%s\n", UTS_SYSNAME);
}

void proc_show_osrelease(struct seq_file *m)
{
    seq_printf(m, "%s\n", UTS_RELEASE);
}

void proc_show_hostname(struct seq_file *m)
{
    char name[UTS_LEN];

    get_hostname(name);
    seq_printf(m, "%s\n", name);
}

int proc_write_hostname(const char *text)
{
    return set_hostname(text, strlen(text));
}

void proc_show_pid_max(struct seq_file *m)
{
    seq_printf(m, "%d\n", PID_MAX);
}

/* 0, 1 or 2: see kernel/process.h. Programs that run stay where they are. */
void proc_show_randomize(struct seq_file *m)
{
    seq_printf(m, "%d\n", READ_ONCE(randomize_va_space));
}

int proc_write_randomize(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (end == text || *end || value > 2)
        return -EINVAL;
    WRITE_ONCE(randomize_va_space, (int)value);
    return 0;
}
