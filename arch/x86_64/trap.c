/* SPDX-License-Identifier: MIT */
/*
 * Traps, sorted by vector and handed to portable code (Intel SDM vol. 3, 6.15). trap.S calls in
 * with interrupts off and expects them off again.
 */
#include <arch/trap.h>
#include <arch/timer.h>
#include "arch/x86_64/fpu.h"
#include "arch/x86_64/machine.h"
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/regs.h"
#include "kernel/main.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "mm/fault.h"
#include "mm/layout.h"

_Static_assert(offsetof(struct trapframe, address) == TF_ADDRESS, "trap.S");
_Static_assert(offsetof(struct trapframe, r15) == TF_R15, "trap.S");
_Static_assert(offsetof(struct trapframe, rbx) == TF_RBX, "trap.S");
_Static_assert(offsetof(struct trapframe, r11) == TF_R11, "trap.S");
_Static_assert(offsetof(struct trapframe, rax) == TF_RAX, "trap.S");
_Static_assert(offsetof(struct trapframe, rcx) == TF_RCX, "trap.S");
_Static_assert(offsetof(struct trapframe, rdi) == TF_RDI, "trap.S");
_Static_assert(offsetof(struct trapframe, orig_rax) == TF_ORIG_RAX, "trap.S");
_Static_assert(offsetof(struct trapframe, vector) == TF_VECTOR, "trap.S");
_Static_assert(offsetof(struct trapframe, error) == TF_ERROR, "trap.S");
_Static_assert(offsetof(struct trapframe, rip) == TF_RIP, "trap.S");
_Static_assert(offsetof(struct trapframe, cs) == TF_CS, "trap.S");
_Static_assert(offsetof(struct trapframe, rflags) == TF_RFLAGS, "trap.S");
_Static_assert(offsetof(struct trapframe, rsp) == TF_RSP, "trap.S");
_Static_assert(offsetof(struct trapframe, ss) == TF_SS, "trap.S");
_Static_assert(offsetof(struct cpu, scratch[0]) == CPU_SELF, "this_cpu()");
_Static_assert(offsetof(struct cpu, scratch[1]) == CPU_USER_RSP, "trap.S");
_Static_assert(offsetof(struct cpu, scratch[2]) == CPU_TSS, "trap.S");
_Static_assert(offsetof(struct cpu, scratch[3]) == CPU_START_RSP, "boot.S");
_Static_assert(offsetof(struct cpu, kstack) == CPU_KSTACK_WORD, "entry code");
_Static_assert(offsetof(struct cpu, id) == CPU_ID, "entry code");

/* The error code of a page fault. */
enum {
    PF_WRITE = 1 << 1,
    PF_USER = 1 << 2,
    PF_RESERVED = 1 << 3,
    PF_FETCH = 1 << 4
};

/* siginfo's si_code. */
enum {
    ILL_ILLOPN = 2,
    FPE_INTDIV = 1,
    BUS_ADRALN = 1,
    TRAP_BRKPT = 1,
    TRAP_TRACE = 2
};

#define DR6_SINGLE_STEP (1 << 14)
#define DR6_NONE        0xffff0ff0

/*
 * What becomes of a user program, by Linux's numbers. A signal with SI_KERNEL says no address; the
 * codes of single steps and floating-point errors are found when they come.
 */
static const struct {
    const char *what;
    int signal, code;
} exceptions[32] = {
    [DIVIDE_VECTOR] = {"divide error", SIGFPE, FPE_INTDIV},
    [DEBUG_VECTOR] = {"debug trap", SIGTRAP, TRAP_BRKPT},
    [NMI_VECTOR] = {"NMI", 0, 0},
    [BREAKPOINT_VECTOR] = {"breakpoint", SIGTRAP, SI_KERNEL},
    [OVERFLOW_VECTOR] = {"overflow", SIGSEGV, SI_KERNEL},
    [5] = {"bound range exceeded", SIGSEGV, SI_KERNEL},
    [6] = {"invalid opcode", SIGILL, ILL_ILLOPN},
    [7] = {"device not available", SIGSEGV, SI_KERNEL},
    [DOUBLE_VECTOR] = {"double fault", 0, 0},
    [10] = {"invalid TSS", SIGSEGV, SI_KERNEL},
    [11] = {"segment not present", SIGBUS, SI_KERNEL},
    [12] = {"stack segment fault", SIGBUS, SI_KERNEL},
    [13] = {"general protection fault", SIGSEGV, SI_KERNEL},
    [PAGE_FAULT_VECTOR] = {"page fault", 0, 0},
    [X87_VECTOR] = {"x87 floating-point error", SIGFPE, 0},
    [ALIGNMENT_VECTOR] = {"alignment check", SIGBUS, BUS_ADRALN},
    [MACHINE_VECTOR] = {"machine check", 0, 0},
    [SIMD_VECTOR] = {"SIMD floating-point error", SIGFPE, 0},
    [21] = {"control protection exception", SIGSEGV, SI_KERNEL},
};

static const char *vector_name(uint64_t vector)
{
    const char *name = vector < ARRAY_SIZE(exceptions) ? exceptions[vector].what : NULL;
    return name ? name : "unknown exception";
}

/*
 * The interrupt controller hears of the end before a handler that may well make the next one come,
 * but behind that of a device: its request is level-triggered, and still there until then.
 */
static void interrupt(uint64_t vector)
{
    struct cpu *cpu = this_cpu();

    cpu->in_irq = true;
    cpu->nr_irqs++;
    if (vector < TIMER_VECTOR) {
        ioapic_handle((unsigned)vector);
        lapic_eoi();
    } else if (vector == TIMER_VECTOR) {
        lapic_eoi();
        timer_interrupt();
    } else if (vector == RESCHEDULE_VECTOR) {
        lapic_eoi(); /* all there is to do: need_resched is looked at on the way out */
    } else if (vector == TLB_VECTOR) {
        lapic_eoi();
        tlb_serve();
    } else if (vector != SPURIOUS_VECTOR) { /* that one needs no end: SDM vol. 3, 11.9 */
        lapic_eoi();
        pr_warn("cpu %u: interrupt with vector %#lx, which nobody uses\n", cpu->id, vector);
    }
    cpu->in_irq = false;
}

static void page_fault(struct trapframe *tf, unsigned from)
{
    unsigned access = tf->error & PF_FETCH   ? FAULT_EXEC
                      : tf->error & PF_WRITE ? FAULT_WRITE
                                             : FAULT_READ;

    /* No page that is present again helps there. */
    if (tf->error & PF_RESERVED)
        panic_trap(tf, tf->address, "reserved bits in the page table, for %#lx", tf->address);
    handle_fault(tf, tf->address, access | from);
}

/* Why it came; the register is the handler's to clear. */
static uint64_t take_debug_status(void)
{
    uint64_t status, none = DR6_NONE;

    __asm__ volatile("mov %%dr6, %0" : "=r"(status));
    __asm__ volatile("mov %0, %%dr6" ::"r"(none));
    return status;
}

static void user_trapped(struct trapframe *tf)
{
    uint64_t vector = tf->vector;
    int code = exceptions[vector].code;

    switch (vector) {
    case PAGE_FAULT_VECTOR:
        /*
         * But one that user code caused and the processor made in its own right, as for segments.
         */
        if (!(tf->error & PF_USER))
            break;
        page_fault(tf, FAULT_USER);
        return;
    case NMI_VECTOR:
        stop_if_asked();
        return;
    case DEBUG_VECTOR:
        code = take_debug_status() & DR6_SINGLE_STEP ? TRAP_TRACE : TRAP_BRKPT;
        break;
    case X87_VECTOR:
    case SIMD_VECTOR:
        code = fpu_error_code(vector == SIMD_VECTOR);
        break;
    }
    if (vector == DOUBLE_VECTOR || vector == MACHINE_VECTOR)
        panic_trap(tf, tf->rip, "%s in user code", vector_name(vector));
    if (!exceptions[vector].signal)
        user_exception(tf, SIGSEGV, SI_KERNEL, 0, vector_name(vector));
    else
        user_exception(tf, exceptions[vector].signal, code,
                       code == SI_KERNEL || vector == ALIGNMENT_VECTOR ? 0 : tf->rip,
                       exceptions[vector].what);
}

/* Kept out of the way of those that are fine. */
static __noinline void refuse_return(struct trapframe *tf)
{
    if (tf->rip < KERNEL_HALF)
        user_exception(tf, SIGSEGV, SI_KERNEL, 0, "return to a non-canonical address");
    else
        handle_fault(tf, tf->rip, FAULT_EXEC | FAULT_USER);
}

/*
 * Where the program goes on may be anything: execve() and rt_sigreturn() take what they are given.
 * Returning to an address that is not canonical would fault here, in the kernel; so an address
 * outside the user half is the program's fault already now.
 */
void trap_return(struct trapframe *tf)
{
    return_to_user_work(tf);
    while (unlikely(tf->rip >= USER_END)) {
        refuse_return(tf);
        return_to_user_work(tf);
    }
}

void trap_from_user(struct trapframe *tf)
{
    this_cpu()->trap = tf;
    if (tf->vector >= DEVICE_VECTOR)
        interrupt(tf->vector);
    else
        user_trapped(tf);
    trap_return(tf);
}

void trap_syscall(struct trapframe *tf)
{
    this_cpu()->trap = tf;
    syscall_dispatch(tf);
    trap_return(tf);
}

void trap_from_kernel(struct trapframe *tf)
{
    struct trapframe *outer = this_cpu()->trap;

    this_cpu()->trap = tf;
    if (tf->vector >= DEVICE_VECTOR)
        interrupt(tf->vector);
    else if (tf->vector == PAGE_FAULT_VECTOR)
        page_fault(tf, 0);
    else
        panic_trap(tf, tf->rip, "%s in the kernel, error code %#lx", vector_name(tf->vector),
                   tf->error);
    /* A fault may have slept: this may be another CPU. */
    arch_irq_disable();
    this_cpu()->trap = outer;
}

/*
 * A fault whose frame could not be stored, for the task's stack has no room left: CR2 has the
 * address in the guard page. Any other one has no good reason.
 */
static __noreturn void double_fault(struct trapframe *tf)
{
    struct task_struct *task = this_cpu()->current_task;
    vaddr_t low = this_cpu()->kstack;

    this_cpu()->trap = tf;
    if (tf->address - (low - PAGE_SIZE) < PAGE_SIZE)
        panic_trap(tf, tf->address, "kernel stack overflow of task %s (pid %d)",
                   task ? task->comm : "none", task ? task->pid : 0);
    if (tf_sp(tf) - low > KSTACK_SIZE)
        panic_trap(tf, tf_sp(tf), "the stack pointer is outside the stack at %#lx", low);
    panic_trap(tf, tf->address, "double fault in the kernel");
}

/* The kernel was interrupted where it may have no stack, by what no switch holds back. */
void trap_on_own_stack(struct trapframe *tf)
{
    switch (tf->vector) {
    case NMI_VECTOR:
        stop_if_asked();
        break;
    case DEBUG_VECTOR:
        /* A program's single step that got into the entry: it has missed its instruction. */
        take_debug_status();
        tf->rflags &= ~(uint64_t)RFLAGS_TF;
        break;
    case DOUBLE_VECTOR:
        double_fault(tf);
    default:
        panic_trap(tf, tf->rip, "%s", vector_name(tf->vector));
    }
}

void tf_start_user(struct trapframe *tf, vaddr_t pc, vaddr_t sp)
{
    *tf = (struct trapframe){
        .rip = pc,
        .cs = USER_CS,
        .rflags = RFLAGS_FIXED | RFLAGS_IF,
        .rsp = sp,
        .ss = USER_DS,
    };
}

void tf_start_child(struct trapframe *tf, vaddr_t sp, bool set_tls, vaddr_t tls)
{
    tf->rax = 0;
    if (sp)
        tf->rsp = sp;
    if (set_tls) {
        tf->fs = 0;
        tf->fs_base = tls < USER_END ? tls : 0;
    }
}
