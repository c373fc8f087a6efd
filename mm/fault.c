/* SPDX-License-Identifier: MIT */
/*
 * Page faults: from the trap to the page, or to the signal.
 *
 * The areas decide. mmap_lock is held for reading, so that the threads of a process fault side by
 * side; only a growing stack changes an area, and takes the lock for writing. When no page is to be
 * had, somebody is killed for one (mm/oom.c) and the access is made again.
 */
#include "mm/fault.h"

#include <arch/trap.h>
#include "kernel/errno.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "mm/extable.h"
#include "mm/mm.h"
#include "mm/oom.h"
#include "mm/vmstat.h"

/* siginfo's si_code. */
enum {
    SEGV_MAPERR = 1,
    SEGV_ACCERR = 2,
    BUS_ADRERR = 2
};

/* Why a fault cannot be served: what the log line says, and the signal. */
struct refusal {
    const char *why;
    int signo, code;
};

static const struct refusal not_user = {"outside the user half", SIGSEGV, SEGV_MAPERR};
static const struct refusal no_vma = {"no VMA", SIGSEGV, SEGV_MAPERR};
static const struct refusal stack_limit = {"stack limit", SIGSEGV, SEGV_MAPERR};
static const struct refusal protection = {"protection", SIGSEGV, SEGV_ACCERR};
static const struct refusal bad_page = {"the file has no page there", SIGBUS, BUS_ADRERR};
static const struct refusal out_of_pages = {"out of memory", SIGKILL, 0};

static const char *access_name(unsigned flags)
{
    return flags & FAULT_WRITE ? "write" : flags & FAULT_EXEC ? "execute" : "read";
}

/*
 * The area that holds `addr`, with the stack grown to it if need be, and mmap_lock held for reading
 * (also on refusal). *why is set when there is none.
 */
static struct vm_area_struct *lock_vma(struct mm_struct *mm, vaddr_t addr,
                                       const struct refusal **why)
{
    down_read(&mm->mmap_lock);
    struct vm_area_struct *vma = find_vma(mm, addr);
    if (vma && addr >= vma->vm_start)
        return vma;

    *why = &no_vma;
    if (!vma || !(vma->vm_flags & VM_GROWSDOWN))
        return NULL;
    up_read(&mm->mmap_lock);
    down_write(&mm->mmap_lock);
    vma = find_vma(mm, addr);
    if (vma && addr < vma->vm_start) {
        bool stack = vma->vm_flags & VM_GROWSDOWN;
        size_t below = vma->vm_start - addr;
        /* So far below it that no stack would reach there: something else was meant. */
        if (stack && expand_stack(vma, addr) && below <= current->rlim[RLIMIT_STACK].cur)
            *why = &stack_limit;
        if (addr < vma->vm_start)
            vma = NULL;
    }
    downgrade_write(&mm->mmap_lock);
    return vma;
}

static bool vma_allows(const struct vm_area_struct *vma, unsigned flags)
{
    unsigned need = flags & FAULT_WRITE ? VM_WRITE : flags & FAULT_EXEC ? VM_EXEC : VM_READ;

    /* What may be written or executed may be read: no page-table format here says less. */
    if (need == VM_READ)
        need = VM_ACCESS;
    return vma->vm_flags & need;
}

/* NULL when the access may be made again, else why not. May sleep. */
static const struct refusal *serve(struct mm_struct *mm, vaddr_t addr, unsigned flags)
{
    const struct refusal *why = NULL;
    int err = 0;

    struct vm_area_struct *vma = lock_vma(mm, addr, &why);
    if (vma && !vma_allows(vma, flags))
        why = &protection;
    else if (vma)
        err = fault_in_page(vma, addr, flags);
    up_read(&mm->mmap_lock);

    if (!vma || why == &protection)
        return why;
    if (err == -ENOMEM)
        return out_of_memory() ? NULL : &out_of_pages;
    return err ? &bad_page : NULL;
}

/* The user program made the access itself: it ends here, unless it has a handler. */
static void refuse_user(struct trapframe *tf, vaddr_t addr, unsigned flags,
                        const struct refusal *why)
{
    /* mm/oom.c has had its say; and without a stack, few handlers are reached. */
    if (why != &out_of_pages && (why == &stack_limit || !signal_is_caught(why->signo)))
        pr_warn("pid %d (%s): %s at %#lx, pc %#lx: %s\n", current->pid, current->comm,
                access_name(flags), addr, tf_pc(tf), why->why);
    force_signal(why->signo, why->code, addr);
}

void handle_fault(struct trapframe *tf, vaddr_t addr, unsigned flags)
{
    struct task_struct *task = current;
    const struct refusal *why = &not_user;
    bool user = flags & FAULT_USER;

    if (!user && !in_user_copy(tf, addr))
        panic_trap(tf, addr, "kernel fault: %s of %#lx", access_name(flags), addr);

    if (!user && task->oom_victim) {
        /* Copies do not look for signals, and might use the reserves up that it has for its end. */
        why = &out_of_pages;
    } else if (addr < USER_END && task->mm && !task->fault_disabled) {
        arch_irq_enable();
        uint64_t major = task->maj_flt;
        count_vm_event(PGFAULT);
        why = serve(task->mm, addr, flags);
        if (task->maj_flt == major)
            task->min_flt++;
        arch_irq_disable();
    }
    if (!why)
        return;
    if (user)
        refuse_user(tf, addr, flags, why);
    else
        fixup_user_copy(tf);
}
