/* SPDX-License-Identifier: MIT */
/* The way into a system call and out again. */
#include "kernel/syscall.h"

#include <arch/syscall.h>
#include <arch/trap.h>
#include "kernel/main.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/syscall_table.h"

/* Each number nobody here knows is told once. */
static long unknown_syscall(uint64_t nr)
{
    static _Atomic uint64_t told[1024 / 64];

    if (nr < 1024) {
        uint64_t bit = 1ull << (nr % 64);
        if (!(atomic_fetch_or(&told[nr / 64], bit) & bit))
            pr_warn("pid %d (%s): system call %lu is not known here\n", current->pid, current->comm,
                    nr);
    }
    return -ENOSYS;
}

void syscall_dispatch(struct trapframe *tf)
{
    uint64_t nr = tf_syscall_nr(tf);
    syscall_fn fn = nr < NR_SYSCALLS ? syscall_table[nr] : NULL;
    const uint64_t args[6] = {tf_syscall_arg(tf, 0), tf_syscall_arg(tf, 1), tf_syscall_arg(tf, 2),
                              tf_syscall_arg(tf, 3), tf_syscall_arg(tf, 4), tf_syscall_arg(tf, 5)};

    arch_irq_enable();
    long ret = fn ? fn(args) : unknown_syscall(nr);
    arch_irq_disable();

    /* What rt_sigreturn() brought back is a whole context, its result register included. */
    if (nr == SYS_rt_sigreturn)
        return;
    /* Interrupted: the signal ends the task, or the call is made anew after it. */
    bool restart = ret == -ERESTARTSYS || ret == -ERESTARTNOINTR || ret == -ERESTARTNOHAND;
    current->sig.restart = restart ? (int)-ret : 0;
    if (restart)
        tf_restart_syscall(tf);
    else
        tf_set_result(tf, ret);
}

void return_to_user_work(struct trapframe *tf)
{
    for (;;) {
        if (atomic_load_explicit(&this_cpu()->need_resched, memory_order_relaxed)) {
            schedule();
        } else if (signal_work(current)) {
            arch_irq_enable();
            do_signals(tf);
            arch_irq_disable();
        } else {
            return;
        }
    }
}
