/* SPDX-License-Identifier: MIT */
/* procfs: the machine and the system as a whole; Linux's formats (proc(5)). */
#include <arch/identity.h>
#include "kernel/fs/proc/proc.h"
#include "kernel/main.h"
#include "kernel/printk.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "kernel/utsname.h"

/* --- CPU time --- */

/* In hundredths of a second, which are AT_CLKTCK's ticks as well. */
static uint64_t centis(ktime_t ns)
{
    return ns > 0 ? (uint64_t)(ns / (NSEC_PER_SEC / 100)) : 0;
}

static ktime_t idle_time(const struct cpu *cpu)
{
    ktime_t utime, stime;

    if (!cpu->idle_task)
        return 0;
    task_times(cpu->idle_task, &utime, &stime);
    return utime + stime;
}

static ktime_t total_idle_time(void)
{
    ktime_t idle = 0;

    for_each_cpu (cpu)
        idle += idle_time(cpu);
    return idle;
}

void proc_show_uptime(struct seq_file *m)
{
    uint64_t up = centis(arch_clock()), idle = centis(total_idle_time());

    seq_printf(m, "%lu.%02lu %lu.%02lu\n", up / 100, up % 100, idle / 100, idle % 100);
}

struct totals {
    ktime_t user, system;
    unsigned tasks, running, blocked;
    pid_t last_pid; /* the highest there is */
};

/* Of all tasks and the children they have waited for. */
static struct totals sum_tasks(void)
{
    struct totals sum = {.last_pid = 0};
    struct task_struct *t;

    spin_lock(&tasklist_lock);
    for_each_task (t) {
        ktime_t utime, stime;
        int state = atomic_load(&t->state);

        task_times(t, &utime, &stime);
        sum.user += utime + t->children_utime;
        sum.system += stime + t->children_stime;
        sum.tasks++;
        sum.running += state == TASK_RUNNING;
        sum.blocked += state == TASK_UNINTERRUPTIBLE && !t->kthread;
        sum.last_pid = max(sum.last_pid, t->pid);
    }
    spin_unlock(&tasklist_lock);
    return sum;
}

/*
 * user nice system idle iowait irq softirq steal guest guest_nice, in ticks. Only the idle task's
 * time is kept for each CPU: what it was busy is divided as the time of all tasks is.
 */
static void show_cpu(struct seq_file *m, const char *name, ktime_t busy, ktime_t idle,
                     const struct totals *sum)
{
    uint64_t all = max(centis(sum->user + sum->system), (uint64_t)1);
    uint64_t user = min(centis(busy) * centis(sum->user) / all, centis(busy));

    seq_printf(m, "%s %lu 0 %lu %lu 0 0 0 0 0 0\n", name, user, centis(busy) - user, centis(idle));
}

void proc_show_system_stat(struct seq_file *m)
{
    struct totals sum = sum_tasks();
    ktime_t up = arch_clock(), idle = total_idle_time();
    uint64_t irqs = 0, switches = 0;

    show_cpu(m, "cpu ", up * nr_cpus - idle, idle, &sum);
    for_each_cpu (cpu) {
        char name[8];
        snprintf(name, sizeof(name), "cpu%u", cpu->id);
        idle = idle_time(cpu);
        show_cpu(m, name, up - idle, idle, &sum);
        irqs += READ_ONCE(cpu->nr_irqs);
        switches += READ_ONCE(cpu->nr_switches);
    }
    seq_printf(m, "intr %lu\nctxt %lu\n", irqs, switches);
    seq_printf(m, "btime %lu\nprocesses %lu\nprocs_running %u\nprocs_blocked %u\n",
               centis(wall_clock() - up) / 100, READ_ONCE(nr_forks), sum.running, sum.blocked);
}

/* --- load average --- */

#define LOAD_ONE    2048               /* 1.0 */
#define LOAD_PERIOD (5 * NSEC_PER_SEC) /* one step of the averages */
#define LOAD_STEPS  (15 * 60 / 5 * 4)  /* after so many none remembers what was before */

static struct {
    struct spinlock lock;
    ktime_t stamp;
    unsigned average[3]; /* over 1, 5 and 15 minutes */
} load = {.lock = SPINLOCK_INIT("load average", RANK_LEAF)};

/*
 * Averages that decay exponentially. An idle system takes no ticks to sample at, so the samples are
 * taken when somebody looks, each standing for the time since the one before.
 */
static void update_load(unsigned active, unsigned average[3])
{
    /* LOAD_ONE * exp(-5 s / 1, 5, 15 minutes) */
    static const unsigned decay[3] = {1884, 2014, 2037};
    irqflags_t flags = spin_lock_irqsave(&load.lock);
    ktime_t steps = (arch_clock() - load.stamp) / LOAD_PERIOD;

    load.stamp += steps * LOAD_PERIOD;
    for (ktime_t step = min(steps, (ktime_t)LOAD_STEPS); step > 0; step--)
        for (int i = 0; i < 3; i++)
            load.average[i] = (load.average[i] * decay[i] +
                               active * LOAD_ONE * (LOAD_ONE - decay[i]) + LOAD_ONE / 2) /
                              LOAD_ONE;
    for (int i = 0; i < 3; i++)
        average[i] = load.average[i];
    spin_unlock_irqrestore(&load.lock, flags);
}

void proc_show_loadavg(struct seq_file *m)
{
    struct totals sum = sum_tasks();
    unsigned average[3];

    update_load(sum.running + sum.blocked - 1, average); /* without the one that looks */
    for (int i = 0; i < 3; i++)
        seq_printf(m, "%u.%02u ", average[i] / LOAD_ONE, average[i] % LOAD_ONE * 100 / LOAD_ONE);
    seq_printf(m, "%u/%u %d\n", sum.running, sum.tasks, sum.last_pid);
}

/* --- the rest --- */

void proc_show_version(struct seq_file *m)
{
    seq_printf(m, "%s version %s (gcc %s) %s\n", UTS_SYSNAME, UTS_RELEASE, __VERSION__,
               UTS_VERSION);
}

void proc_show_cpuinfo(struct seq_file *m)
{
    for_each_cpu (cpu) {
        seq_printf(m, "processor\t: %u\n", cpu->id);
        arch_show_cpuinfo(m, cpu);
        seq_printf(m, "\n");
    }
}

void proc_show_cmdline(struct seq_file *m)
{
    seq_printf(m, "%s\n", boot_command_line);
}

void proc_show_swaps(struct seq_file *m)
{
    seq_printf(m, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
}

/* All that the log still holds. */
void proc_show_kmsg(struct seq_file *m)
{
    char chunk[256];
    uint64_t pos = 0;
    size_t n;

    while ((n = log_read(&pos, chunk, sizeof(chunk))) > 0)
        seq_write(m, chunk, n);
}
