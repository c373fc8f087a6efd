/* SPDX-License-Identifier: MIT */
/*
 * Traps, sorted by cause and handed to portable code (Privileged ISA 4.1.8). trap.S calls in with
 * interrupts off and expects them off again.
 */
#include <arch/trap.h>
#include <arch/timer.h>
#include <arch/uaccess.h>
#include "arch/riscv64/csr.h"
#include "arch/riscv64/machine.h"
#include "arch/riscv64/offsets.h"
#include "kernel/main.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "mm/fault.h"
#include "mm/layout.h"

_Static_assert(offsetof(struct trapframe, pc) == TF_PC, "trap.S");
_Static_assert(offsetof(struct trapframe, status) == TF_STATUS, "trap.S");
_Static_assert(offsetof(struct trapframe, cause) == TF_CAUSE, "trap.S");
_Static_assert(offsetof(struct trapframe, value) == TF_VALUE, "trap.S");
_Static_assert(offsetof(struct cpu, scratch) == CPU_SCRATCH_SP, "trap.S");
_Static_assert(offsetof(struct cpu, scratch[3]) == CPU_SCRATCH_TF, "trap.S");
_Static_assert(offsetof(struct cpu, kstack) == CPU_KSTACK_WORD, "trap.S");
_Static_assert(offsetof(struct cpu, id) == CPU_ID, "trap.S");

/* Where a CPU reports that a task's stack has run out. */
char overflow_stacks[MAX_CPUS][1 << OVERFLOW_STACK_SHIFT] __aligned(16);

/* What becomes of a user program, by Linux's numbers; 0: a page fault, or not possible. */
static const struct {
    const char *what;
    int signal, code;
} exceptions[16] = {
    [0] = {"misaligned instruction address", 7, 1},
    [1] = {"instruction access fault", 11, 2},
    [2] = {"illegal instruction", 4, 1},
    [3] = {"breakpoint", 5, 1},
    [4] = {"misaligned load", 7, 1},
    [5] = {"load access fault", 11, 2},
    [6] = {"misaligned store", 7, 1},
    [7] = {"store access fault", 11, 2},
    [CAUSE_ECALL] = {"system call", 0, 0},
    [9] = {"call to the firmware", 0, 0},
    [CAUSE_FETCH_FAULT] = {"instruction page fault", 0, 0},
    [CAUSE_LOAD_FAULT] = {"load page fault", 0, 0},
    [CAUSE_STORE_FAULT] = {"store page fault", 0, 0},
};

static const char *cause_name(uint64_t cause)
{
    const char *name = cause < ARRAY_SIZE(exceptions) ? exceptions[cause].what : NULL;
    return name ? name : cause & CAUSE_INTERRUPT ? "interrupt" : "unknown exception";
}

static void interrupt(uint64_t irq)
{
    struct cpu *cpu = this_cpu();

    cpu->in_irq = true;
    cpu->nr_irqs++;
    switch (irq) {
    case IRQ_SOFT:
        csr_clear(sip, 1u << IRQ_SOFT);
        /* Either this, or need_resched was set, which is looked at on the way out. */
        stop_if_asked();
        break;
    case IRQ_TIMER:
        /* Pending until it is set anew, which timer_interrupt() need not do. */
        csr_clear(sie, 1u << IRQ_TIMER);
        timer_interrupt();
        break;
    case IRQ_EXT:
        plic_handle();
        break;
    }
    cpu->in_irq = false;
}

/* False: the cause is no page fault. */
static bool page_fault(struct trapframe *tf, unsigned from)
{
    switch (tf->cause) {
    case CAUSE_FETCH_FAULT:
        handle_fault(tf, tf->value, FAULT_EXEC | from);
        return true;
    case CAUSE_LOAD_FAULT:
        handle_fault(tf, tf->value, FAULT_READ | from);
        return true;
    case CAUSE_STORE_FAULT:
        handle_fault(tf, tf->value, FAULT_WRITE | from);
        return true;
    default:
        return false;
    }
}

static void user_trapped(struct trapframe *tf)
{
    uint64_t cause = tf->cause;

    if (page_fault(tf, FAULT_USER))
        return;
    if (cause >= ARRAY_SIZE(exceptions) || !exceptions[cause].signal)
        user_exception(tf, 4, 1, tf->pc, cause_name(cause));
    else
        user_exception(tf, exceptions[cause].signal, exceptions[cause].code,
                       cause == 2 || cause == 3 ? tf->pc : tf->value, cause_name(cause));
}

void trap_from_user(struct trapframe *tf)
{
    this_cpu()->trap = tf;
    if (tf->cause == CAUSE_ECALL) {
        tf_skip_syscall(tf);
        syscall_dispatch(tf);
    } else if (tf->cause & CAUSE_INTERRUPT) {
        interrupt(tf->cause & ~CAUSE_INTERRUPT);
    } else {
        user_trapped(tf);
    }
    return_to_user_work(tf);
}

void trap_from_kernel(struct trapframe *tf)
{
    struct trapframe *outer = this_cpu()->trap;

    this_cpu()->trap = tf;
    if (tf->cause & CAUSE_INTERRUPT)
        interrupt(tf->cause & ~CAUSE_INTERRUPT);
    else if (!page_fault(tf, 0))
        panic_trap(tf, tf->value, "%s in the kernel", cause_name(tf->cause));
    /* A fault may have slept: this may be another CPU. */
    arch_irq_disable();
    this_cpu()->trap = outer;
}

void trap_without_stack(struct trapframe *tf)
{
    struct task_struct *task = this_cpu()->current_task;
    vaddr_t low = this_cpu()->kstack;

    this_cpu()->trap = tf;
    if (tf_sp(tf) - (low - PAGE_SIZE) > PAGE_SIZE + TF_SIZE)
        panic_trap(tf, tf_sp(tf), "the stack pointer is outside the stack at %#lx", low);
    panic_trap(tf, tf->value, "kernel stack overflow of task %s (pid %d)",
               task ? task->comm : "none", task ? task->pid : 0);
}

void tf_start_user(struct trapframe *tf, vaddr_t pc, vaddr_t sp)
{
    *tf = (struct trapframe){
        .pc = pc,
        .status = (csr_read(sstatus) & SSTATUS_UXL) | SSTATUS_SPIE | SSTATUS_FS_INITIAL,
    };
    tf->x[2] = sp;
}

void tf_start_child(struct trapframe *tf, vaddr_t sp, bool set_tls, vaddr_t tls)
{
    tf->x[10] = 0;
    if (sp)
        tf->x[2] = sp;
    if (set_tls)
        tf->x[4] = tls;
}
