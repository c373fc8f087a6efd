/* SPDX-License-Identifier: MIT */
/*
 * Address spaces on a CPU, and forgetting translations (Privileged ISA 4.2.1, 4.1.11).
 *
 * ASIDs. An address space keeps its translations in a CPU's TLB, tagged with its ASID, while others
 * run. The numbers are the same on all CPUs. When they run out, a new generation begins: each
 * address space gets a new number when it next runs, and each CPU forgets everything before it
 * first uses a number of the new generation. What runs at that moment keeps its number, for its CPU
 * goes on using it; in the new generation nobody else is given that one. arch_mm.asid is the
 * generation << 16 and the number; number 0 is the kernel's own table's.
 *
 * arch_mm.cpus: the CPUs that have run the address space under its present number. A CPU adds
 * itself before it can load entries. asid_lock (RANK_LEAF, interrupts off) guards everything here.
 *
 * A flush first orders the caller's stores to the table before it looks at who may hold entries.
 */
#include <arch/early.h>
#include <arch/tlb.h>
#include "arch/riscv64/csr.h"
#include "arch/riscv64/machine.h"
#include "arch/riscv64/sbi.h"
#include "kernel/cpu.h"
#include "mm/layout.h"

/* From so many pages on, everything is flushed at once. */
#define FLUSH_PAGES_MAX 64

#define ASID_SHIFT      16
#define ASID_MASK       ((1ul << ASID_SHIFT) - 1)

static struct spinlock asid_lock = SPINLOCK_INIT("asid", RANK_LEAF);
static unsigned long generation = 1, last_number;
static unsigned long nr_asids;               /* 0: this CPU has none that are of use */
static unsigned long flush_pending;          /* CPUs that enter a generation for the first time */
static atomic_ulong started;                 /* CPUs that may hold entries of the kernel half */
static struct arch_mm *running[MAX_CPUS];    /* NULL: the kernel's own table */
static unsigned long running_asid[MAX_CPUS]; /* as it was in running[]->asid when it came */
static unsigned long kept[MAX_CPUS];         /* numbers that ran when the generation began */

static inline void sfence_all(void)
{
    __asm__ volatile("sfence.vma" ::: "memory");
}
static inline void sfence_page(vaddr_t va)
{
    __asm__ volatile("sfence.vma %0, zero" ::"r"(va) : "memory");
}
static inline void sfence_asid(unsigned long asid)
{
    __asm__ volatile("sfence.vma zero, %0" ::"r"(asid) : "memory");
}
static inline void sfence_page_asid(vaddr_t va, unsigned long asid)
{
    __asm__ volatile("sfence.vma %0, %1" ::"r"(va), "r"(asid) : "memory");
}

/* The field holds as many bits as the CPU has: the others read back as 0. */
void tlb_init(void)
{
    uint64_t satp = csr_read(satp);

    csr_write(satp, satp | SATP_ASID_MAX << SATP_ASID_SHIFT);
    nr_asids = (csr_read(satp) >> SATP_ASID_SHIFT & SATP_ASID_MAX) + 1;
    csr_write(satp, satp);
    sfence_all();
    /* Number 0, what runs on every CPU when a generation ends, and one to give. */
    if (nr_asids < 2 + MAX_CPUS)
        nr_asids = 0;
}

/* From now on flushes of the kernel half reach this CPU; what it missed it forgets here. */
void tlb_init_cpu(void)
{
    atomic_fetch_or(&started, 1ul << this_cpu()->id);
    sfence_all();
}

void arch_use_kernel_table(paddr_t root)
{
    static paddr_t kernel_root;
    irqflags_t flags = spin_lock_irqsave(&asid_lock);

    running[this_cpu()->id] = NULL;
    running_asid[this_cpu()->id] = 0;
    csr_write(satp, SATP(root, 0));
    /* Number 0 means this table only; but the early one had it too. */
    if (root != kernel_root || nr_asids == 0)
        sfence_all();
    kernel_root = root;
    spin_unlock_irqrestore(&asid_lock, flags);
}

void arch_mm_init(struct arch_mm *amm)
{
    atomic_store(&amm->asid, 0);
    atomic_store(&amm->cpus, 0);
}

static void begin_generation(void)
{
    generation++;
    last_number = 1;
    flush_pending = ~0ul;
    for_each_cpu (cpu)
        kept[cpu->id] = running_asid[cpu->id] & ASID_MASK;
}

/* It may have a bearer in this generation that runs no longer, but will again. */
static bool is_kept(unsigned long number)
{
    for_each_cpu (cpu)
        if (kept[cpu->id] == number)
            return true;
    return false;
}

/* amm->asid is not of this generation. It keeps its number if a CPU runs it under that. */
static unsigned long new_asid(struct arch_mm *amm)
{
    unsigned long old = atomic_load(&amm->asid), new;
    bool runs = false;

    for_each_cpu (cpu)
        runs |= old && running_asid[cpu->id] == old;
    if (runs) {
        new = generation << ASID_SHIFT | (old & ASID_MASK);
    } else {
        do {
            if (++last_number == nr_asids)
                begin_generation();
        } while (is_kept(last_number));
        new = generation << ASID_SHIFT | last_number;
    }
    for_each_cpu (cpu)
        if (runs && running_asid[cpu->id] == old)
            running_asid[cpu->id] = new;
    atomic_store(&amm->asid, new);
    return new;
}

/* This CPU takes up amm, under a number of the present generation. asid_lock held. */
static void enter(struct arch_mm *amm, paddr_t root)
{
    unsigned id = this_cpu()->id;
    unsigned long asid = 0, bit = 1ul << id;
    bool flush = nr_asids == 0;

    if (nr_asids) {
        asid = atomic_load(&amm->asid);
        if (asid >> ASID_SHIFT != generation)
            asid = new_asid(amm);
        flush = flush_pending & bit;
        flush_pending &= ~bit;
    }
    running[id] = amm;
    running_asid[id] = asid;
    atomic_fetch_or(&amm->cpus, bit);
    csr_write(satp, SATP(root, asid & ASID_MASK));
    if (flush)
        sfence_all();
}

void arch_mm_switch(struct arch_mm *amm, paddr_t root)
{
    if (!amm) {
        arch_use_kernel_table(root);
        return;
    }
    spin_lock(&asid_lock);
    enter(amm, root);
    spin_unlock(&asid_lock);
    /* The program's text may have been written since this CPU fetched from those pages. */
    __asm__ volatile("fence.i" ::: "memory");
}

static bool runs_elsewhere(const struct arch_mm *amm)
{
    for_each_cpu (cpu)
        if (cpu != this_cpu() && running[cpu->id] == amm)
            return true;
    return false;
}

/*
 * An address space that no other CPU runs needs no other CPU's help: under a new number, nothing
 * that any of them remembers will ever match.
 */
void tlb_flush_mm(struct arch_mm *amm)
{
    unsigned long bit = 1ul << this_cpu()->id;

    arch_mb();
    irqflags_t flags = spin_lock_irqsave(&asid_lock);
    unsigned long cpus = atomic_load(&amm->cpus);
    unsigned long number = atomic_load(&amm->asid) & ASID_MASK;
    bool remote = (cpus & ~bit) && runs_elsewhere(amm);
    if ((cpus & ~bit) && !remote) {
        atomic_store(&amm->asid, 0);
        atomic_store(&amm->cpus, 0);
        if (running[this_cpu()->id] == amm)
            enter(amm, SATP_ROOT(csr_read(satp)));
    } else if (cpus & bit) {
        sfence_asid(number);
    }
    spin_unlock_irqrestore(&asid_lock, flags);
    if (remote)
        sbi_remote_sfence_asid(cpus & ~bit, 0, ~0ul, number);
}

/* Interrupts may move us to no other CPU: the kernel is not preempted. */
void tlb_flush_range(struct arch_mm *amm, vaddr_t start, vaddr_t end)
{
    if (end - start > FLUSH_PAGES_MAX * PAGE_SIZE) {
        tlb_flush_mm(amm);
        return;
    }
    arch_mb();
    unsigned long asid = atomic_load(&amm->asid) & ASID_MASK;
    unsigned long cpus = atomic_load(&amm->cpus), bit = 1ul << this_cpu()->id;

    if (cpus & bit)
        for (vaddr_t va = start; va < end; va += PAGE_SIZE)
            sfence_page_asid(va, asid);
    if (cpus & ~bit)
        sbi_remote_sfence_asid(cpus & ~bit, start, end - start, asid);
}

void tlb_flush_page_local(struct arch_mm *amm, vaddr_t va)
{
    sfence_page_asid(va, atomic_load(&amm->asid) & ASID_MASK);
}

void tlb_flush_kernel_local(vaddr_t start, vaddr_t end)
{
    if (end - start > FLUSH_PAGES_MAX * PAGE_SIZE) {
        sfence_all();
        return;
    }
    for (vaddr_t va = start; va < end; va += PAGE_SIZE)
        sfence_page(va);
}

void tlb_flush_kernel(vaddr_t start, vaddr_t end)
{
    arch_mb();
    tlb_flush_kernel_local(start, end);
    unsigned long others = atomic_load(&started) & ~(1ul << this_cpu()->id);
    if (others)
        sbi_remote_sfence(others, start, end - start);
}

void tlb_sync_instructions(void)
{
    unsigned long others = 0;
    struct arch_mm *amm = running[this_cpu()->id];

    __asm__ volatile("fence.i" ::: "memory");
    for_each_cpu (cpu)
        if (amm && cpu != this_cpu() && READ_ONCE(running[cpu->id]) == amm)
            others |= 1ul << cpu->id;
    if (others)
        sbi_remote_fence_i(others);
}
