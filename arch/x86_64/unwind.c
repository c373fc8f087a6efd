/* SPDX-License-Identifier: MIT */
/*
 * Looking back through the stack, for reports. A function's frame pointer rbp points to the
 * caller's rbp, and above that is the return address (psABI 3.2.2).
 */
#include <arch/cpu.h>
#include <arch/image.h>
#include <arch/trap.h>
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/string.h"

static bool followable(vaddr_t fp, vaddr_t low, vaddr_t high)
{
    return IS_ALIGNED(fp, 8) && fp >= low && fp <= high - 16;
}

vaddr_t arch_unwind(vaddr_t *fp, vaddr_t low, vaddr_t high)
{
    if (!followable(*fp, low, high))
        return 0;

    const vaddr_t *record = (const vaddr_t *)*fp;
    vaddr_t pc = record[1];
    /* Frames lie one above the other; whatever does not is no frame, and could lead in circles. */
    *fp = record[0] > *fp ? record[0] : 0;
    return pc;
}

static bool is_text(vaddr_t addr)
{
    return addr >= (vaddr_t)__text_start && addr < (vaddr_t)__text_end;
}

/* The function has got as far as `mov %rsp, %rbp`. Where a jump led nowhere, there is none. */
static bool has_frame(vaddr_t pc)
{
    static const uint8_t mov_rsp_rbp[] = {0x48, 0x89, 0xe5};
    size_t offset;

    if (!ksym_lookup(pc, &offset))
        return false;
    for (vaddr_t at = pc - offset; at + sizeof(mov_rsp_rbp) <= pc; at++)
        if (memcmp((const void *)at, mov_rsp_rbp, sizeof(mov_rsp_rbp)) == 0)
            return true;
    return false;
}

/*
 * Without a frame, and so far without calls, all that a function has on the stack are registers it
 * saves: the return address is the first word that can be one.
 */
vaddr_t tf_unwind(const struct trapframe *tf, vaddr_t *fp, vaddr_t low, vaddr_t high)
{
    *fp = tf->rbp;
    if (!has_frame(tf->rip)) {
        vaddr_t at = ALIGN_UP(tf->rsp, 8);
        for (int n = 0; n < 8 && at >= low && at < high; n++, at += 8)
            if (is_text(*(const vaddr_t *)at))
                return *(const vaddr_t *)at;
    }
    return arch_unwind(fp, low, high);
}

void tf_print(const struct trapframe *tf)
{
    pr_err(" pc %016lx  rflags %08lx  cs %02lx  vector %lu  error %#lx  cr2 %016lx\n", tf->rip,
           tf->rflags, tf->cs, tf->vector, tf->error, tf->address);
    pr_err("rsp %016lx  rbp %016lx  rax %016lx  rbx %016lx\n", tf->rsp, tf->rbp, tf->rax, tf->rbx);
    pr_err("rcx %016lx  rdx %016lx  rsi %016lx  rdi %016lx\n", tf->rcx, tf->rdx, tf->rsi, tf->rdi);
    pr_err(" r8 %016lx   r9 %016lx  r10 %016lx  r11 %016lx\n", tf->r8, tf->r9, tf->r10, tf->r11);
    pr_err("r12 %016lx  r13 %016lx  r14 %016lx  r15 %016lx\n", tf->r12, tf->r13, tf->r14, tf->r15);
}
