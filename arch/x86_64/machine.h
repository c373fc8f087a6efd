/* SPDX-License-Identifier: MIT */
/* What the files of this port tell each other. */
#ifndef X86_MACHINE_H
#define X86_MACHINE_H

#include <arch/image.h>
#include "kernel/types.h"

struct trapframe;
struct cpu;
struct acpi_fadt;

/* boot.S: the boot CPU's stack, KSTACK_SIZE bytes. */
extern char boot_stack[];

/* machine.c: the first C code at the kernel's own addresses. */
__noreturn void boot_main(paddr_t start_info);

/*
 * early_map.c: physical address of the tables that paging is turned on with; kept for CPUs to come.
 */
paddr_t early_root(void);

/*
 * cpu.c: what the boot CPU can do (panics when it lacks what the kernel needs), and each CPU's own
 * settings: control registers, GDT, IDT, TSS, `syscall`. GS has its base before that.
 */
struct cpu_features {
    bool smep, smap, umip, pge, pcid, xsave, xsaveopt, avx, x87_pointers_stay;
};
extern struct cpu_features cpu_features;
void cpu_find_features(void);
void cpu_init(void);

/* desc.c: this CPU's part; called by cpu_init(). */
void desc_init_cpu(void);

/* trap.S: the code of each vector, STUB_SIZE bytes, and what `syscall` enters. */
extern char trap_stubs[], syscall_entry[];

/* trap.c, for trap.S. Those that handle a frame of user code leave it fit to return to. */
void trap_from_user(struct trapframe *tf);
void trap_syscall(struct trapframe *tf);
void trap_return(struct trapframe *tf); /* nothing has trapped: a new task's first return */
void trap_from_kernel(struct trapframe *tf);
void trap_on_own_stack(struct trapframe *tf); /* double fault, NMI, machine check, debug */

/* switch.S */
void context_begin(void);

/* fpu.c: this CPU's part, called by cpu_init(). <arch/switch.h> and fpu.h have the rest. */
void fpu_init_cpu(void);

/* lapic.c. `base` is physical. Interrupt numbers are vectors; a CPU is named by its APIC id. */
void lapic_init(paddr_t base);
void lapic_init_cpu(void);
void lapic_eoi(void);
void lapic_send(uint64_t apic_id, unsigned vector);
void lapic_send_nmi(uint64_t apic_id);
void lapic_send_init(uint64_t apic_id);
void lapic_send_startup(uint64_t apic_id, paddr_t page);
void lapic_timer_arm(uint32_t count); /* 0: off. One shot, in the timer's own ticks */
uint32_t lapic_timer_count(void);     /* what is left of it */

/*
 * ioapic.c. Told by ACPI's MADT before arch_init(): each I/O APIC, and each ISA interrupt that
 * comes in elsewhere than at its own number (flags as the MADT has them). ioapic_init() maps them.
 */
void ioapic_add(paddr_t base, unsigned gsi_base);
void ioapic_override(unsigned isa_irq, unsigned gsi, unsigned flags);
void ioapic_trigger(unsigned gsi, bool edge, bool low); /* what else firmware says of a GSI */
unsigned ioapic_isa_gsi(unsigned isa_irq);
void ioapic_init(void);
/*
 * A device's interrupt, DEVICE_VECTOR <= vector < TIMER_VECTOR. lapic_eoi() is the caller's, and
 * comes after it: a level is there until its handler has run.
 */
void ioapic_handle(unsigned vector);

/* time.c: measures the time-stamp counter and the APIC timer against the PIT. After
 * lapic_init_cpu(). */
void time_calibrate(void);

/* smp.c. smp_reserve() keeps a page below 1 MiB for the code that CPUs start in: early. */
void smp_reserve(void);

/* tlb.c. Boot CPU; each CPU; the interrupt that asks to forget. tlb_serve() is in <arch/cpu.h>. */
void tlb_init(void);
void tlb_init_cpu(void);

/*
 * power.c: how ACPI's tables say the machine is switched off and reset; `type` as \_S5 has it.
 * Before that, arch_power_off() can only stop.
 */
void power_init(const struct acpi_fadt *fadt);
void power_set_off_type(unsigned type);

#endif
