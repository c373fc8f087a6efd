/* SPDX-License-Identifier: MIT */
/*
 * Time: the counter that all harts share (the time CSR), the comparator of this hart (Sstc's
 * stimecmp, or the firmware's where there is none), and the real-time clock.
 *
 * Ticks and nanoseconds convert by the reduced fraction of a second's, in two steps, so that
 * neither overflows nor drifts.
 */
#include <arch/cpu.h>
#include <arch/timer.h>
#include "arch/riscv64/csr.h"
#include "arch/riscv64/machine.h"
#include "arch/riscv64/sbi.h"
#include "kernel/panic.h"
#include "kernel/time.h"
#include "mm/vmalloc.h"

static uint64_t boot_ticks;
static uint64_t ns_step, tick_step; /* so many ns are so many ticks; 0 until the tree was read */
static bool use_stimecmp;
static void *rtc;

void time_set_base(uint64_t frequency, bool has_sstc)
{
    if (frequency == 0)
        panic("the device tree gives no timebase-frequency");

    uint64_t a = NSEC_PER_SEC, b = frequency;
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    boot_ticks = csr_read(time);
    use_stimecmp = has_sstc;
    tick_step = frequency / a;
    ns_step = NSEC_PER_SEC / a;
}

ktime_t arch_clock(void)
{
    uint64_t ticks = csr_read(time) - boot_ticks;

    if (likely(tick_step == 1))
        return (ktime_t)(ticks * ns_step);
    if (tick_step == 0)
        return 0;
    return (ktime_t)(ticks / tick_step * ns_step + ticks % tick_step * ns_step / tick_step);
}

/* Rounded up: not before `when`. */
static uint64_t to_ticks(ktime_t when)
{
    uint64_t ns = when > 0 ? (uint64_t)when : 0;
    return boot_ticks + ns / ns_step * tick_step +
           (ns % ns_step * tick_step + ns_step - 1) / ns_step;
}

void arch_timer_set(ktime_t when)
{
    /* The interrupt is pending while its time is in the past: off, it stays unseen. */
    if (when == KTIME_NEVER) {
        csr_clear(sie, 1u << IRQ_TIMER);
        return;
    }
    if (use_stimecmp)
        csr_write(CSR_STIMECMP, to_ticks(when));
    else
        sbi_set_timer(to_ticks(when));
    csr_set(sie, 1u << IRQ_TIMER);
}

/* QEMU's goldfish clock: nanoseconds since 1970; reading the low half latches the high one. */
void rtc_init(const struct fdt_node *node, paddr_t base, size_t size)
{
    (void)node;
    rtc = ioremap(base, size);
}

int64_t arch_wall_clock(void)
{
    if (!rtc)
        return 0;
    uint64_t low = arch_mmio_read32(rtc);
    uint64_t high = arch_mmio_read32((char *)rtc + 4);
    return (int64_t)((high << 32 | low) / NSEC_PER_SEC);
}
