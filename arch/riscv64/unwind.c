/* SPDX-License-Identifier: MIT */
/*
 * Looking back through the stack, for reports. A function's frame record lies below its frame
 * pointer s0: the return address at -8 and the caller's s0 at -16. A function that calls no other
 * saves only s0, at -8: told by its being a stack address.
 */
#include <arch/cpu.h>
#include <arch/trap.h>
#include "arch/riscv64/csr.h"
#include "kernel/printk.h"

static bool followable(vaddr_t fp, vaddr_t low, vaddr_t high)
{
    return IS_ALIGNED(fp, 8) && fp >= low + 16 && fp <= high;
}

vaddr_t arch_unwind(vaddr_t *fp, vaddr_t low, vaddr_t high)
{
    if (!followable(*fp, low, high))
        return 0;

    const vaddr_t *record = (const vaddr_t *)*fp - 2;
    vaddr_t pc = record[1];
    /* Frames lie one above the other; whatever does not is no frame, and could lead in circles. */
    *fp = record[0] > *fp ? record[0] : 0;
    return pc;
}

vaddr_t tf_unwind(const struct trapframe *tf, vaddr_t *fp, vaddr_t low, vaddr_t high)
{
    *fp = tf_frame_pointer(tf);
    /* A jump to nowhere: the frame is still that of the function that made it. */
    if (tf->cause == CAUSE_FETCH_FAULT)
        return tf->x[1];
    if (followable(*fp, low, high)) {
        vaddr_t saved = ((const vaddr_t *)*fp)[-1];
        if (followable(saved, low, high)) {
            *fp = saved;
            return tf->x[1];
        }
    }
    return arch_unwind(fp, low, high);
}

void tf_print(const struct trapframe *tf)
{
    static const char names[32][4] = {"",   "ra", "sp",  "gp",  "tp", "t0", "t1", "t2",
                                      "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
                                      "a6", "a7", "s2",  "s3",  "s4", "s5", "s6", "s7",
                                      "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

    pr_err(" pc %016lx  sstatus %016lx  scause %016lx  stval %016lx\n", tf->pc, tf->status,
           tf->cause, tf->value);
    for (unsigned n = 1; n < 32; n += 4) {
        /* 31 registers: the last row has three. */
        if (n + 3 < 32)
            pr_err("%3s %016lx  %3s %016lx  %3s %016lx  %3s %016lx\n", names[n], tf->x[n],
                   names[n + 1], tf->x[n + 1], names[n + 2], tf->x[n + 2], names[n + 3],
                   tf->x[n + 3]);
        else
            pr_err("%3s %016lx  %3s %016lx  %3s %016lx\n", names[n], tf->x[n], names[n + 1],
                   tf->x[n + 1], names[n + 2], tf->x[n + 2]);
    }
}
