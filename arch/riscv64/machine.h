/* SPDX-License-Identifier: MIT */
/* What the files of this port tell each other. */
#ifndef RISCV_MACHINE_H
#define RISCV_MACHINE_H

#include <arch/image.h>
#include "kernel/types.h"

struct trapframe;
struct fdt_node;

/* boot.S */
extern const vaddr_t kernel_link_address; /* of __kernel_start */
extern char boot_stack[];                 /* the boot CPU's, KSTACK_SIZE bytes */
extern char secondary_start[];            /* where the other harts begin */
extern char trap_entry[];

/* early_map.c, machine.c: in the order that boot.S calls them. */
uint64_t early_map(paddr_t fdt);
__noreturn void boot_main(uint64_t hart, paddr_t fdt);

/* trap.c, for trap.S. */
void trap_from_user(struct trapframe *tf);
void trap_from_kernel(struct trapframe *tf);
__noreturn void trap_without_stack(struct trapframe *tf);

/* switch.S, fpu.S. */
struct arch_fpu;
void context_begin(void);
void fpu_load(const struct arch_fpu *fpu);

/*
 * smp.c, for boot.S: the root of the kernel's own table, as satp has it, and the CPUs that were
 * asked to start. There is always an entry left with hart ~0: the boot CPU is not among them.
 */
struct secondary {
    uint64_t hart;
    struct cpu *cpu;
};
extern uint64_t secondary_satp;
extern struct secondary secondaries[];

/* tlb.c: how many ASIDs there are. Before arch_mm_switch() is first called. */
void tlb_init(void);
void tlb_init_cpu(void);

/* plic.c. Interrupts of devices come to the boot CPU. */
void plic_init(const struct fdt_node *node, paddr_t base, size_t size);
void plic_handle(void);

/* time.c. `frequency` in Hz of the time CSR; has_sstc: this CPU compares with it by itself. */
void time_set_base(uint64_t frequency, bool has_sstc);
void rtc_init(const struct fdt_node *node, paddr_t base, size_t size);

/* power.c: the device whose register ends QEMU with a status. */
void test_device_init(const struct fdt_node *node, paddr_t base, size_t size);

#endif
