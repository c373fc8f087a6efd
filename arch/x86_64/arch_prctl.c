/* SPDX-License-Identifier: MIT */
/* arch_prctl(2): the bases of FS and GS, by which a C library finds what belongs to a thread. */
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
 * A base in the kernel's half could not be told from the kernel's own by a trap that came between
 * `syscall` and swapgs.
 */
static long set_base(uint32_t msr, uaddr_t base)
{
    if (base >= TASK_SIZE)
        return -EPERM;
    write_msr(msr, base);
    return 0;
}

static long get_base(uint32_t msr, uaddr_t addr)
{
    uint64_t base = read_msr(msr);

    return put_user(addr, base);
}

SYSCALL2(arch_prctl, int, op, uaddr_t, addr)
{
    switch (op) {
    case ARCH_SET_FS:
        return set_base(MSR_FS_BASE, addr);
    case ARCH_SET_GS:
        return set_base(MSR_KERNEL_GS, addr);
    case ARCH_GET_FS:
        return get_base(MSR_FS_BASE, addr);
    case ARCH_GET_GS:
        return get_base(MSR_KERNEL_GS, addr);
    default:
        return -EINVAL;
    }
}
