/* SPDX-License-Identifier: MIT */
/*
 * procfs: what each process's directory holds (proc_pid_entries), and the small files in it.
 */
#include "kernel/errno.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/mm.h"
#include "mm/slab.h"

/* Appends [start, end) of another process's memory, up to what cannot be read. */
static int show_process_memory(struct seq_file *m, struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
    char *page = kmalloc(PAGE_SIZE, GFP_KERNEL);

    if (!page)
        return -ENOMEM;
    while (start < end && !m->failed) {
        size_t wanted = min(end - start, PAGE_SIZE);
        size_t n = access_process_vm(mm, start, page, wanted);

        seq_write(m, page, n);
        if (n < wanted)
            break;
        start += n;
    }
    kfree(page);
    return 0;
}

static int show_cmdline(struct seq_file *m, struct task_struct *t)
{
    struct mm_struct *mm = get_task_mm(t);
    int err = mm ? show_process_memory(m, mm, mm->arg_start, mm->arg_end) : 0;

    mmput(mm);
    return err;
}

static int show_environ(struct seq_file *m, struct task_struct *t)
{
    struct mm_struct *mm = get_task_mm(t);
    int err = mm ? show_process_memory(m, mm, mm->env_start, mm->env_end) : 0;

    mmput(mm);
    return err;
}

/* Pairs of words, up to and with AT_NULL. */
static int show_auxv(struct seq_file *m, struct task_struct *t)
{
    struct mm_struct *mm = get_task_mm(t);
    size_t n = 0;

    if (mm) {
        while (n + 2 <= ARRAY_SIZE(mm->saved_auxv) && mm->saved_auxv[n])
            n += 2;
        n = min(n + 2, ARRAY_SIZE(mm->saved_auxv));
        seq_write(m, mm->saved_auxv, n * sizeof(mm->saved_auxv[0]));
    }
    mmput(mm);
    return 0;
}

static int show_comm(struct seq_file *m, struct task_struct *t)
{
    char comm[TASK_COMM_LEN];

    strlcpy(comm, t->comm, sizeof(comm));
    seq_printf(m, "%s\n", comm);
    return 0;
}

static void show_limit(struct seq_file *m, uint64_t value)
{
    if (value == RLIM_INFINITY)
        seq_printf(m, "%-20s ", "unlimited");
    else
        seq_printf(m, "%-20lu ", value);
}

static int show_limits(struct seq_file *m, struct task_struct *t)
{
    static const struct {
        const char *name, *unit;
    } limits[RLIM_NLIMITS] = {
        {"Max cpu time", "seconds"},     {"Max file size", "bytes"},
        {"Max data size", "bytes"},      {"Max stack size", "bytes"},
        {"Max core file size", "bytes"}, {"Max resident set", "bytes"},
        {"Max processes", "processes"},  {"Max open files", "files"},
        {"Max locked memory", "bytes"},  {"Max address space", "bytes"},
        {"Max file locks", "locks"},     {"Max pending signals", "signals"},
        {"Max msgqueue size", "bytes"},  {"Max nice priority", NULL},
        {"Max realtime priority", NULL}, {"Max realtime timeout", "us"},
    };

    seq_printf(m, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        seq_printf(m, "%-25s ", limits[i].name);
        show_limit(m, t->rlim[i].cur);
        show_limit(m, t->rlim[i].max);
        if (limits[i].unit)
            seq_printf(m, "%-10s", limits[i].unit);
        seq_printf(m, "\n");
    }
    return 0;
}

static int show_task_mounts(struct seq_file *m, struct task_struct *t)
{
    (void)t;
    show_mounts(m);
    return 0;
}

/* How many areas a search in the tree may have to look at: the one that lies deepest. */
static int show_vma_tree(struct seq_file *m, struct task_struct *t)
{
    struct mm_struct *mm = get_task_mm(t);
    struct vm_area_struct *vma;
    unsigned areas = 0, height = 0;

    if (mm) {
        down_read(&mm->mmap_lock);
        for_each_vma (mm, vma) {
            areas++;
            height = max(height, vma_depth(vma));
            cond_resched();
        }
        up_read(&mm->mmap_lock);
    }
    mmput(mm);
    seq_printf(m, "areas %u\nheight %u\n", areas, height);
    return 0;
}

#define FILE(file, permissions, fn)                                                                \
    {                                                                                              \
        .name = file, .mode = S_IFREG | permissions, .show = fn                                    \
    }
#define PIECES(file, permissions, fn)                                                              \
    {                                                                                              \
        .name = file, .mode = S_IFREG | permissions, .show_some = fn                               \
    }
#define LINK(link, fn)                                                                             \
    {                                                                                              \
        .name = link, .mode = S_IFLNK | 0777, .target = fn                                         \
    }

const struct proc_pid_entry proc_pid_entries[] = {
    FILE("auxv", 0400, show_auxv),
    FILE("cmdline", 0444, show_cmdline),
    FILE("comm", 0444, show_comm),
    LINK("cwd", proc_cwd_target),
    FILE("environ", 0400, show_environ),
    LINK("exe", proc_exe_target),
    {.name = "fd", .mode = S_IFDIR | 0500},
    FILE("limits", 0444, show_limits),
    PIECES("maps", 0444, proc_show_maps),
    {.name = "mem", .mode = S_IFREG | 0400, .read = proc_read_mem},
    FILE("mounts", 0444, show_task_mounts),
    FILE("page_table_root", 0400, proc_show_page_table_root),
    FILE("page_tables", 0400, proc_show_page_tables),
    {.name = "pagemap", .mode = S_IFREG | 0400, .read = proc_read_pagemap},
    LINK("root", proc_root_target),
    PIECES("smaps", 0444, proc_show_smaps),
    FILE("smaps_rollup", 0444, proc_show_smaps_rollup),
    FILE("stat", 0444, proc_show_stat),
    FILE("statm", 0444, proc_show_statm),
    FILE("status", 0444, proc_show_status),
    FILE("vma_tree", 0444, show_vma_tree),
};
const unsigned nr_proc_pid_entries = ARRAY_SIZE(proc_pid_entries);
_Static_assert(ARRAY_SIZE(proc_pid_entries) < PROC_KIND_FD, "inode numbers have room");
