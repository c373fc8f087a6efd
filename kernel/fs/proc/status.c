/* SPDX-License-Identifier: MIT */
/*
 * procfs: a process in numbers: status, stat and statm, in Linux's formats (proc(5)).
 *
 * What the family is, is read under tasklist_lock; the memory's numbers through get_task_mm(), and
 * are zero for kernel threads and what has exited. They are read without mmap_lock, so that looking
 * at a process never waits for it.
 */
#include "kernel/fs/proc/proc.h"
#include "kernel/fs/tty.h"
#include "kernel/fs/vfs.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/mm.h"

#define NSEC_PER_TICK (NSEC_PER_SEC / 100) /* AT_CLKTCK */
#define PF_KTHREAD    0x00200000

struct family {
    pid_t ppid, pgrp, session, tty_pgrp;
    dev_t tty_dev;
    unsigned threads;
    int exit_status;
    bool has_fs;
    unsigned umask;
    size_t fd_size;
};

static struct family get_family(struct task_struct *t)
{
    struct family f = {.tty_pgrp = -1};
    struct task_struct *other;

    spin_lock(&tasklist_lock);
    f.ppid = t->parent ? t->parent->tgid : 0;
    f.pgrp = t->pgrp;
    f.session = t->session;
    f.exit_status = t->exit_status;
    if (t->tty) {
        f.tty_dev = t->tty->dev;
        f.tty_pgrp = t->tty->pgrp;
    }
    f.has_fs = t->fs;
    f.umask = t->fs ? READ_ONCE(t->fs->umask) : 0;
    f.fd_size = t->files ? files_size(t->files) : 0;
    for_each_task (other)
        f.threads += other->tgid == t->tgid;
    spin_unlock(&tasklist_lock);
    return f;
}

static char state_letter(struct task_struct *t)
{
    switch (atomic_load(&t->state)) {
    case TASK_RUNNING:
        return 'R';
    case TASK_INTERRUPTIBLE:
        return 'S';
    case TASK_UNINTERRUPTIBLE: /* a kernel thread's way of waiting for work */
        return t->kthread ? 'I' : 'D';
    case TASK_STOPPED:
        return 'T';
    }
    return 'Z';
}

static const char *state_name(char letter)
{
    switch (letter) {
    case 'R':
        return "running";
    case 'S':
        return "sleeping";
    case 'I':
        return "idle";
    case 'D':
        return "disk sleep";
    case 'T':
        return "stopped";
    }
    return "zombie";
}

/* Sets of the signals that are ignored and that have a handler. */
static void action_sets(struct task_struct *t, uint64_t *ignored, uint64_t *caught)
{
    *ignored = *caught = 0;
    for (int i = 0; i < NSIG; i++) {
        uint64_t handler = READ_ONCE(t->sig.action[i].handler);
        if (handler == SIG_IGN)
            *ignored |= 1ull << i;
        else if (handler != SIG_DFL)
            *caught |= 1ull << i;
    }
}

static size_t text_pages(const struct mm_struct *mm)
{
    return (ALIGN_UP(mm->end_code, PAGE_SIZE) - ALIGN_DOWN(mm->start_code, PAGE_SIZE)) >>
           PAGE_SHIFT;
}

/* A counter of resident pages. */
static size_t counted(atomic_long *count)
{
    return (size_t)max(atomic_load(count), 0l);
}

/* Of a file, tmpfs's among them: what might be shared. */
static size_t shared_pages(struct mm_struct *mm)
{
    return counted(&mm->rss_file) + counted(&mm->rss_shmem);
}

static void show_kib(struct seq_file *m, const char *label, size_t kib)
{
    seq_printf(m, "%s:\t%8lu kB\n", label, kib);
}

static void show_memory(struct seq_file *m, struct mm_struct *mm)
{
    const size_t kib = PAGE_SIZE / KiB;
    size_t rss = mm_rss(mm), text = min(text_pages(mm), mm->exec_vm);

    show_kib(m, "VmPeak", max(mm->hiwater_vm, mm->total_vm) * kib);
    show_kib(m, "VmSize", mm->total_vm * kib);
    show_kib(m, "VmLck", mm->locked_vm * kib);
    show_kib(m, "VmPin", 0); /* no device is given a process's own pages */
    show_kib(m, "VmHWM", max(mm->hiwater_rss, rss) * kib);
    show_kib(m, "VmRSS", rss * kib);
    show_kib(m, "RssAnon", counted(&mm->rss_anon) * kib);
    show_kib(m, "RssFile", counted(&mm->rss_file) * kib);
    show_kib(m, "RssShmem", counted(&mm->rss_shmem) * kib);
    show_kib(m, "VmData", mm->data_vm * kib);
    show_kib(m, "VmStk", mm->stack_vm * kib);
    show_kib(m, "VmExe", text * kib);
    show_kib(m, "VmLib", (mm->exec_vm - text) * kib);
    show_kib(m, "VmPTE", atomic_load(&mm->pt.tables) * kib);
    show_kib(m, "VmSwap", 0);
    show_kib(m, "HugetlbPages", 0);
    seq_printf(m, "CoreDumping:\t0\nTHP_enabled:\t0\n");
}

static void show_signals(struct seq_file *m, struct task_struct *t)
{
    uint64_t ignored, caught, pending = t->sig.pending;
    unsigned queued = 0;

    for (uint64_t left = pending; left; left &= left - 1)
        queued++;
    action_sets(t, &ignored, &caught);
    seq_printf(m, "SigQ:\t%u/%lu\n", queued, t->rlim[RLIMIT_SIGPENDING].cur);
    seq_printf(m, "SigPnd:\t%016lx\nShdPnd:\t%016lx\n", pending, 0ul);
    seq_printf(m, "SigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n", (uint64_t)t->sig.blocked,
               ignored, caught);
}

/* Every process is user 0, and none has a privilege for it. */
static void show_privileges(struct seq_file *m)
{
    static const char *const sets[] = {"Inh", "Prm", "Eff", "Bnd", "Amb"};

    for (unsigned i = 0; i < ARRAY_SIZE(sets); i++)
        seq_printf(m, "Cap%s:\t%016x\n", sets[i], 0u);
    seq_printf(m, "NoNewPrivs:\t0\nSeccomp:\t0\nSeccomp_filters:\t0\n");
}

int proc_show_status(struct seq_file *m, struct task_struct *t)
{
    struct family f = get_family(t);
    char letter = state_letter(t), comm[TASK_COMM_LEN];
    struct mm_struct *mm = get_task_mm(t);

    strlcpy(comm, t->comm, sizeof(comm));
    seq_printf(m, "Name:\t%s\n", comm);
    if (f.has_fs)
        seq_printf(m, "Umask:\t%04o\n", f.umask);
    seq_printf(m, "State:\t%c (%s)\n", letter, state_name(letter));
    seq_printf(m, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", t->tgid, t->pid,
               f.ppid);
    seq_printf(m, "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t%lu\nGroups:\t \n", f.fd_size);
    seq_printf(m, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", t->tgid, t->pid, f.pgrp,
               f.session);
    seq_printf(m, "Kthread:\t%d\n", t->kthread);
    if (mm)
        show_memory(m, mm);
    mmput(mm);
    seq_printf(m, "Threads:\t%u\n", f.threads);
    show_signals(m, t);
    show_privileges(m);
    seq_printf(m, "Cpus_allowed:\t%x\nCpus_allowed_list:\t%s%u\n", (1u << nr_cpus) - 1,
               nr_cpus > 1 ? "0-" : "", nr_cpus - 1);
    seq_printf(m, "Mems_allowed:\t1\nMems_allowed_list:\t0\n");
    seq_printf(m, "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n", t->nvcsw,
               t->nivcsw);
    return 0;
}

static uint64_t ticks(ktime_t ns)
{
    return (uint64_t)(ns / NSEC_PER_TICK);
}

/* Fields 1 to 22: who it is and how long it has run. */
static void show_stat_task(struct seq_file *m, struct task_struct *t, const struct family *f)
{
    char comm[TASK_COMM_LEN];
    ktime_t utime, stime;

    task_times(t, &utime, &stime);
    strlcpy(comm, t->comm, sizeof(comm));
    seq_printf(m, "%d (%s) %c %d %d %d %u %d %u ", t->pid, comm, state_letter(t), f->ppid, f->pgrp,
               f->session, f->tty_dev, f->tty_pgrp, t->kthread ? PF_KTHREAD : 0u);
    seq_printf(m, "%lu 0 %lu 0 ", t->min_flt, t->maj_flt);
    seq_printf(m, "%lu %lu %lu %lu ", ticks(utime), ticks(stime), ticks(t->children_utime),
               ticks(t->children_stime));
    seq_printf(m, "20 0 %u 0 %lu ", f->threads, ticks(t->start_time));
}

int proc_show_stat(struct seq_file *m, struct task_struct *t)
{
    static const struct mm_struct none;
    struct family f = get_family(t);
    uint64_t ignored, caught;
    struct mm_struct *task_mm = get_task_mm(t);
    const struct mm_struct *mm = task_mm ? task_mm : &none;

    action_sets(t, &ignored, &caught);
    show_stat_task(m, t, &f);
    /* 23-30: vsize rss rsslim startcode endcode startstack kstkesp kstkeip */
    seq_printf(m, "%lu %lu %lu %lu %lu %lu 0 0 ", mm->total_vm << PAGE_SHIFT,
               task_mm ? mm_rss(task_mm) : 0, t->rlim[RLIMIT_RSS].cur, mm->start_code, mm->end_code,
               mm->start_stack);
    /* 31-37: signal blocked sigignore sigcatch wchan nswap cnswap */
    seq_printf(m, "%lu %lu %lu %lu 0 0 0 ", (uint64_t)t->sig.pending & INT32_MAX,
               (uint64_t)t->sig.blocked & INT32_MAX, ignored & INT32_MAX, caught & INT32_MAX);
    /* 38-44: exit_signal processor rt_priority policy blkio_ticks guest_time cguest_time */
    seq_printf(m, "%d %u 0 0 0 0 0 ", t->exit_signal, t->cpu);
    /* 45-52: start_data end_data start_brk arg_start arg_end env_start env_end exit_code */
    seq_printf(m, "%lu %lu %lu %lu %lu %lu %lu %d\n", mm->start_data, mm->end_data, mm->start_brk,
               mm->arg_start, mm->arg_end, mm->env_start, mm->env_end, f.exit_status);
    mmput(task_mm);
    return 0;
}

/* In pages: size resident shared text lib data dirty; lib and dirty are always 0, as on Linux. */
int proc_show_statm(struct seq_file *m, struct task_struct *t)
{
    struct mm_struct *mm = get_task_mm(t);

    if (mm) {
        seq_printf(m, "%lu %lu %lu %lu 0 %lu 0\n", mm->total_vm, mm_rss(mm), shared_pages(mm),
                   text_pages(mm), mm->data_vm + mm->stack_vm);
    } else {
        seq_printf(m, "0 0 0 0 0 0 0\n");
    }
    mmput(mm);
    return 0;
}
