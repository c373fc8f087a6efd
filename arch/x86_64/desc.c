/* SPDX-License-Identifier: MIT */
/*
 * Descriptor tables: what is left of segmentation in 64-bit mode (Intel SDM vol. 3, 3.4.5, 6.14 and
 * 7.7). Each CPU has its GDT, for its TSS has to be in there, and its TSS, for the stacks in it;
 * the IDT is everybody's.
 */
#include <arch/smp.h>
#include "arch/x86_64/machine.h"
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/regs.h"
#include "kernel/cpu.h"

/* Code and data descriptors: base and limit mean nothing, but AMD's `syscall` likes them flat. */
#define KERNEL_CODE    0x00af9b000000ffff
#define KERNEL_DATA    0x00cf93000000ffff
#define USER_DATA      0x00cff3000000ffff
#define USER_CODE      0x00affb000000ffff
#define TSS_AVAILABLE  0x89ul
#define INTERRUPT_GATE 0x8e /* entered with interrupts off */
#define FROM_USER_CODE 0x60 /* `int` may name it */
#define NR_VECTORS     256

struct tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7]; /* by number, less 1 */
    uint64_t reserved2;
    uint16_t reserved3, io_map;
} __packed;
_Static_assert(offsetof(struct tss, rsp) == TSS_RSP0, "trap.S");
_Static_assert(sizeof(struct tss) == 104, "SDM");

struct gate {
    uint16_t offset0, selector;
    uint8_t ist, type;
    uint16_t offset16;
    uint32_t offset32, reserved;
};

struct table_register {
    uint16_t limit;
    uint64_t base;
} __packed;

static struct cpu_tables {
    uint64_t gdt[TSS_SEL / 8 + 2];
    struct tss tss;
} __aligned(64) tables[MAX_CPUS];

static struct gate idt[NR_VECTORS] __aligned(64);
static char ist_stacks[MAX_CPUS][IST_COUNT][1 << IST_STACK_SHIFT] __aligned(16);

static void set_gate(unsigned vector, uint8_t ist, uint8_t type)
{
    uint64_t code = (uint64_t)trap_stubs + vector * STUB_SIZE;

    idt[vector] = (struct gate){
        .offset0 = (uint16_t)code,
        .selector = KERNEL_CS,
        .ist = ist,
        .type = type,
        .offset16 = (uint16_t)(code >> 16),
        .offset32 = (uint32_t)(code >> 32),
    };
}

static void fill_idt(void)
{
    for (unsigned vector = 0; vector < NR_VECTORS; vector++)
        set_gate(vector, 0, INTERRUPT_GATE);
    set_gate(DOUBLE_VECTOR, IST_FATAL, INTERRUPT_GATE);
    set_gate(MACHINE_VECTOR, IST_FATAL, INTERRUPT_GATE);
    set_gate(NMI_VECTOR, IST_NMI, INTERRUPT_GATE);
    set_gate(DEBUG_VECTOR, IST_DEBUG, INTERRUPT_GATE);
    set_gate(BREAKPOINT_VECTOR, 0, INTERRUPT_GATE | FROM_USER_CODE);
    set_gate(OVERFLOW_VECTOR, 0, INTERRUPT_GATE | FROM_USER_CODE);
}

static void fill_tables(struct cpu_tables *t, unsigned cpu)
{
    uint64_t tss = (uint64_t)&t->tss, limit = sizeof(t->tss) - 1;

    for (unsigned i = 0; i < IST_COUNT; i++)
        t->tss.ist[i] = (uint64_t)(ist_stacks[cpu][i] + sizeof(ist_stacks[cpu][i]));
    t->tss.io_map = sizeof(t->tss); /* beyond its end: user code reaches no port */
    t->gdt[KERNEL_CS / 8] = KERNEL_CODE;
    t->gdt[KERNEL_DS / 8] = KERNEL_DATA;
    t->gdt[USER_DS / 8] = USER_DATA;
    t->gdt[USER_CS / 8] = USER_CODE;
    t->gdt[TSS_SEL / 8] =
        limit | (tss & 0xffffff) << 16 | TSS_AVAILABLE << 40 | (tss >> 24 & 0xff) << 56;
    t->gdt[TSS_SEL / 8 + 1] = tss >> 32;
}

/*
 * The segments of user code must be null or user segments, lest a return to it clear their bases.
 */
static void load_segments(void)
{
    uint64_t gs_base = read_msr(MSR_GS_BASE);

    __asm__ volatile("pushq %0\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\tmovl %1, %%eax\n\t"
                     "movl %%eax, %%ss\n\t"
                     "xorl %%eax, %%eax\n\t"
                     "movl %%eax, %%ds\n\t"
                     "movl %%eax, %%es\n\t"
                     "movl %%eax, %%fs\n\t"
                     "movl %%eax, %%gs"
                     :
                     : "i"(KERNEL_CS), "i"(KERNEL_DS)
                     : "rax", "memory");
    write_msr(MSR_GS_BASE, gs_base);
}

void desc_init_cpu(void)
{
    struct cpu *cpu = this_cpu();
    struct cpu_tables *t = &tables[cpu->id];
    struct table_register gdtr = {sizeof(t->gdt) - 1, (uint64_t)t->gdt};
    struct table_register idtr = {sizeof(idt) - 1, (uint64_t)idt};

    if (cpu->id == 0)
        fill_idt();
    fill_tables(t, cpu->id);
    cpu->scratch[CPU_TSS / 8] = (uint64_t)&t->tss;
    __asm__ volatile("lgdt %0" ::"m"(gdtr));
    load_segments();
    /* A processor starts with an LDT at address 0, which is the program's: there is none. */
    __asm__ volatile("lidt %0; ltr %w1; lldt %w2" ::"m"(idtr), "r"(TSS_SEL), "r"(0));
}
