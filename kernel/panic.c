/* SPDX-License-Identifier: MIT */
/* The end of the kernel; see panic.h. One CPU gets to tell its story, once. */
#include <arch/early.h>
#include <arch/trap.h>
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "kernel/string.h"
#include "mm/describe.h"

#define BACKTRACE_MAX 32

static atomic_int panic_cpu = -1;

/* A second panic on this CPU is the report's own: the barest message, then the end. */
static void begin_panic(const char *message)
{
    int nobody = -1, id = (int)this_cpu()->id;

    arch_irq_disable();
    if (!atomic_compare_exchange_strong(&panic_cpu, &nobody, id)) {
        if (nobody != id)
            arch_halt();
        for (const char *s = "\r\nkernel panic within a panic: "; *s; s++)
            arch_early_putc(*s);
        for (const char *s = message; *s; s++)
            arch_early_putc(*s);
        arch_power_off(PANIC_EXIT_STATUS);
    }
    stop_other_cpus();
    log_panic();
    pr_err("kernel panic: %s\n", message);
    const struct task_struct *task = this_cpu()->current_task;
    pr_err("cpu %d, task %s (pid %d)\n", id, task ? task->comm : "none", task ? task->pid : 0);
}

static bool on_stack(vaddr_t addr, vaddr_t *low, vaddr_t *high)
{
    *low = this_cpu()->kstack;
    *high = *low + KSTACK_SIZE;
    return addr >= *low && addr < *high;
}

/* A return address may lie behind its function, when the call was the last: `back` is 1 for it. */
static void print_frame(vaddr_t pc, unsigned back)
{
    size_t offset;
    const char *name = ksym_lookup(pc - back, &offset);

    if (name)
        pr_err("  [%016lx] %s+%#lx\n", pc, name, offset + back);
    else
        pr_err("  [%016lx]\n", pc);
}

static void print_callers(vaddr_t fp)
{
    vaddr_t low, high, pc;

    on_stack(fp, &low, &high);
    for (int n = 0; n < BACKTRACE_MAX && (pc = arch_unwind(&fp, low, high)); n++)
        print_frame(pc, 1);
}

static void backtrace_trap(const struct trapframe *tf)
{
    vaddr_t low, high, fp;

    on_stack(0, &low, &high);
    pr_err("call trace:\n");
    print_frame(tf_pc(tf), 0);
    vaddr_t pc = tf_unwind(tf, &fp, low, high);
    if (pc)
        print_frame(pc, 1);
    print_callers(fp);
}

void panic(const char *fmt, ...)
{
    char message[256];
    va_list args;
    vaddr_t low, high;

    va_start(args, fmt);
    vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    begin_panic(message);
    /* The word may be left from a task that sleeps: only a frame on our own stack counts. */
    const struct trapframe *tf = this_cpu()->trap;
    if (tf && on_stack((vaddr_t)tf, &low, &high)) {
        pr_err("registers of the trap being served, from %s:\n",
               tf_from_user(tf) ? "user code" : "the kernel");
        tf_print(tf);
    }
    pr_err("call trace:\n");
    print_callers(arch_frame_pointer());
    arch_power_off(PANIC_EXIT_STATUS);
}

void panic_trap(struct trapframe *tf, vaddr_t addr, const char *fmt, ...)
{
    char message[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    begin_panic(message);
    describe_address(addr);
    tf_print(tf);
    backtrace_trap(tf);
    arch_power_off(PANIC_EXIT_STATUS);
}
