/* SPDX-License-Identifier: MIT */
/* What mm/ needs from kernel/ beyond the files of it that are linked. */
#include "arch/host/host.h"
#include "arch/host/libc.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/string.h"
#include "mm/oom.h"
#include "mm/page_alloc.h"
#include "mm/vdso.h"

jmp_buf *host_panic_expected;
char host_panic_message[512];
unsigned host_oom_count;
paddr_t kernel_phys_base;
struct spinlock tasklist_lock = SPINLOCK_INIT("tasklist", RANK_TASKLIST);

void panic(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(host_panic_message, sizeof(host_panic_message), fmt, args);
    va_end(args);
    if (host_panic_expected) {
        jmp_buf *env = host_panic_expected;
        host_panic_expected = NULL;
        longjmp(*env, 1);
    }
    pr_err("  panic: %s\n", host_panic_message);
    host_abort();
}

/* A panic's own account is only of interest when nobody expected the panic. */
void log_printf(enum log_level level, const char *fmt, ...)
{
    va_list args;

    if (level > LOG_ERR || host_panic_expected)
        return;
    va_start(args, fmt);
    host_vprintf(fmt, args);
    va_end(args);
}

const char *ksym_lookup(vaddr_t addr, size_t *offset)
{
    *offset = 0;
    return addr ? "host_code" : NULL;
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
    size_t n = strlen(src);

    memcpy(dst, src, min(n, size - 1));
    dst[min(n, size - 1)] = '\0';
    return n;
}

/* One thread: what it waits for never comes. */
void arch_relax(void)
{
    panic("a lock is taken that this thread already holds");
}

void schedule(void)
{
    panic("something sleeps that nobody will wake");
}

void yield(void)
{
}

/* The only task never sleeps. */
bool wake_up_task(struct task_struct *task, unsigned state_mask)
{
    (void)task, (void)state_mask;
    return false;
}

bool fatal_signal_pending(struct task_struct *task)
{
    (void)task;
    return false;
}

void force_signal(int signo, int code, uaddr_t addr)
{
    host_signal = (struct host_signal){signo, code, addr};
}

void panic_trap(struct trapframe *tf, vaddr_t addr, const char *fmt, ...)
{
    (void)tf, (void)fmt;
    panic("the kernel faulted at %#lx", addr);
}

/*
 * Failures are injected, so the next try may do; a machine that is truly full has no way out here.
 */
bool out_of_memory(void)
{
    host_oom_count++;
    return fail_alloc_every != 0;
}

/* The vdso: it is only mapped here. */
const char vdso_image[PAGE_SIZE] = "never run";
extern const char vdso_sigreturn[PAGE_SIZE] __attribute__((alias("vdso_image")));

ktime_t arch_clock(void)
{
    static ktime_t now;

    return ++now;
}
