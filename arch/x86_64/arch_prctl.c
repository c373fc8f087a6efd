/* SPDX-License-Identifier: MIT */
/* arch_prctl(2): the bases of FS and GS, by which a C library finds what belongs to a thread. */
#include <arch/trap.h>
#include "arch/x86_64/regs.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/uaccess.h"

enum {
    ARCH_SET_GS = 0x1001,
    ARCH_SET_FS = 0x1002,
    ARCH_GET_FS = 0x1003,
    ARCH_GET_GS = 0x1004
};

/*
 * The frame's word is what switches load the register from. A base in the kernel's half could not
 * be told from the kernel's own by a trap that came between `syscall` and swapgs.
 */
static long set_base(uint64_t *word, uint32_t msr, uaddr_t base)
{
    if (base >= TASK_SIZE)
        return -EPERM;
    *word = base;
    write_msr(msr, base);
    return 0;
}

SYSCALL2(arch_prctl, int, op, uaddr_t, addr)
{
    struct trapframe *tf = task_trapframe(current);

    switch (op) {
    case ARCH_SET_FS:
        return set_base(&tf->fs_base, MSR_FS_BASE, addr);
    case ARCH_SET_GS:
        return set_base(&tf->gs_base, MSR_KERNEL_GS, addr);
    case ARCH_GET_FS:
        return put_user(addr, tf->fs_base);
    case ARCH_GET_GS:
        return put_user(addr, tf->gs_base);
    default:
        return -EINVAL;
    }
}
