/* SPDX-License-Identifier: MIT */
/* The end of the machine, and the console that works before any driver: both the firmware's. */
#include <arch/early.h>
#include "arch/riscv64/machine.h"
#include "arch/riscv64/sbi.h"
#include "kernel/cpu.h"
#include "mm/vmalloc.h"

/* The "sifive,test" device: what is written ends QEMU, and the upper half is its exit status. */
#define TEST_FAIL 0x3333u

static void *test_device;

void test_device_init(const struct fdt_node *node, paddr_t base, size_t size)
{
    (void)node;
    test_device = ioremap(base, size);
}

void arch_early_putc(char c)
{
    sbi_putchar(c);
}

void arch_power_off(int status)
{
    if (status && test_device)
        arch_mmio_write32(test_device, TEST_FAIL | (uint32_t)status << 16);
    sbi_shutdown();
    arch_halt();
}

void arch_reboot(void)
{
    sbi_reboot();
    arch_halt();
}
