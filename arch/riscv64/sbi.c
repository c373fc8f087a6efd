/* SPDX-License-Identifier: MIT */
/* Calls to the firmware; see sbi.h. */
#include "arch/riscv64/sbi.h"
#include "kernel/cpu.h"
#include "kernel/panic.h"

enum {
    SBI_LEGACY_PUTCHAR = 1,
    SBI_TIME = 0x54494d45,
    SBI_IPI = 0x735049,
    SBI_RFENCE = 0x52464e43,
    SBI_HSM = 0x48534d,
    SBI_SRST = 0x53525354,
};

enum {
    RFENCE_FENCE_I,
    RFENCE_SFENCE_VMA,
    RFENCE_SFENCE_VMA_ASID
};
enum {
    SRST_SHUTDOWN,
    SRST_COLD_REBOOT
};

/* Everything but a0 and a1 survives a call. Returns the error. */
static long sbi_call(long ext, long fn, uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3,
                     uint64_t x4)
{
    register uint64_t a0 __asm__("a0") = x0;
    register uint64_t a1 __asm__("a1") = x1;
    register uint64_t a2 __asm__("a2") = x2;
    register uint64_t a3 __asm__("a3") = x3;
    register uint64_t a4 __asm__("a4") = x4;
    register long a6 __asm__("a6") = fn;
    register long a7 __asm__("a7") = ext;
    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1)
                     : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
                     : "memory");
    return (long)a0;
}

/* The calls name harts by a base and a mask of 64 from there: one call where hart ids are dense. */
static long call_harts(unsigned long set, long ext, long fn, uint64_t x2, uint64_t x3, uint64_t x4)
{
    long error = 0;

    while (set && !error) {
        uint64_t base = UINT64_MAX, mask = 0;
        for_each_cpu (cpu)
            if (set >> cpu->id & 1)
                base = min(base, cpu->hw_id);
        for_each_cpu (cpu) {
            if ((set >> cpu->id & 1) && cpu->hw_id - base < 64) {
                mask |= 1ul << (cpu->hw_id - base);
                set &= ~(1ul << cpu->id);
            }
        }
        error = sbi_call(ext, fn, mask, base, x2, x3, x4);
    }
    return error;
}

void sbi_putchar(char c)
{
    sbi_call(SBI_LEGACY_PUTCHAR, 0, (unsigned char)c, 0, 0, 0, 0);
}

void sbi_set_timer(uint64_t when)
{
    sbi_call(SBI_TIME, 0, when, 0, 0, 0, 0);
}

void sbi_send_ipi(unsigned long set)
{
    call_harts(set, SBI_IPI, 0, 0, 0, 0);
}

/* A fence that did not happen would be silent corruption later. */
static void remote_fence(unsigned long set, long fn, vaddr_t start, size_t size, unsigned asid)
{
    long error = call_harts(set, SBI_RFENCE, fn, start, size, asid);
    BUG_ON(error);
}

void sbi_remote_fence_i(unsigned long set)
{
    remote_fence(set, RFENCE_FENCE_I, 0, 0, 0);
}

void sbi_remote_sfence(unsigned long set, vaddr_t start, size_t size)
{
    remote_fence(set, RFENCE_SFENCE_VMA, start, size, 0);
}

void sbi_remote_sfence_asid(unsigned long set, vaddr_t start, size_t size, unsigned asid)
{
    remote_fence(set, RFENCE_SFENCE_VMA_ASID, start, size, asid);
}

long sbi_hart_start(uint64_t hart, paddr_t entry, uint64_t opaque)
{
    return sbi_call(SBI_HSM, 0, hart, entry, opaque, 0, 0);
}

void sbi_shutdown(void)
{
    sbi_call(SBI_SRST, 0, SRST_SHUTDOWN, 0, 0, 0, 0);
}

void sbi_reboot(void)
{
    sbi_call(SBI_SRST, 0, SRST_COLD_REBOOT, 0, 0, 0, 0);
}
