/* SPDX-License-Identifier: MIT */
/*
 * Address spaces on a CPU, and forgetting translations (Privileged ISA 4.2.1, 4.1.11). ASIDs are
 * given out by mm/asid.c; other harts are reached through the SBI.
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

static atomic_ulong started; /* CPUs that may hold entries of the kernel half */

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
    asid_init((csr_read(satp) >> SATP_ASID_SHIFT & SATP_ASID_MAX) + 1);
    csr_write(satp, satp);
    sfence_all();
}

/* From now on flushes of the kernel half reach this CPU; what it missed it forgets here. */
void tlb_init_cpu(void)
{
    atomic_fetch_or(&started, 1ul << this_cpu()->id);
    sfence_all();
}

/* Under a number that is not used yet nothing is loaded between the fence and its use. */
void tlb_load_root(paddr_t root, unsigned number, enum asid_forget forget)
{
    if (forget == FORGET_NUMBER)
        sfence_asid(number);
    csr_write(satp, SATP(root, number));
    if (forget == FORGET_ALL)
        sfence_all();
}

/* Number 0 means this table only; but the early one had it too. */
void arch_use_kernel_table(paddr_t root)
{
    tlb_load_root(root, 0, FORGET_ALL);
}

void arch_mm_switch(struct arch_mm *amm, paddr_t root)
{
    asid_switch(amm ? &amm->asid : NULL, root);
    if (!amm)
        return;
    /*
     * The program's text may have been written since this CPU fetched from those pages. Who wrote
     * it must see that it runs here, or have been too early for what is fetched from now on: the
     * other half is in tlb_sync_instructions(). fence.i alone says nothing of our own stores.
     */
    arch_mb();
    __asm__ volatile("fence.i" ::: "memory");
}

void tlb_flush_mm(struct arch_mm *amm)
{
    unsigned asid;

    arch_mb();
    unsigned long cpus = asid_flush(&amm->asid, &asid), bit = 1ul << this_cpu()->id;
    if (cpus & bit)
        sfence_asid(asid);
    if (cpus & ~bit)
        sbi_remote_sfence_asid(cpus & ~bit, 0, ~0ul, asid);
}

/* Interrupts may move us to no other CPU: the kernel is not preempted. */
void tlb_flush_range(struct arch_mm *amm, vaddr_t start, vaddr_t end)
{
    unsigned asid;

    if (end - start > FLUSH_PAGES_MAX * PAGE_SIZE) {
        tlb_flush_mm(amm);
        return;
    }
    arch_mb();
    unsigned long cpus = asid_flush(&amm->asid, &asid), bit = 1ul << this_cpu()->id;
    if (cpus & bit)
        for (vaddr_t va = start; va < end; va += PAGE_SIZE)
            sfence_page_asid(va, asid);
    if (cpus & ~bit)
        sbi_remote_sfence_asid(cpus & ~bit, start, end - start, asid);
}

void tlb_flush_page_local(struct arch_mm *amm, vaddr_t va)
{
    unsigned asid;

    asid_holders(&amm->asid, &asid);
    sfence_page_asid(va, asid);
}

static void flush_kernel_local(vaddr_t start, vaddr_t end)
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
    flush_kernel_local(start, end);
    unsigned long others = atomic_load(&started) & ~(1ul << this_cpu()->id);
    if (others)
        sbi_remote_sfence(others, start, end - start);
}

/* A hart may have cached that the entries were absent, and a fault on a kernel stack is the end. */
void tlb_publish_kernel(vaddr_t start, vaddr_t end)
{
    tlb_flush_kernel(start, end);
}

void tlb_sync_instructions(void)
{
    const struct arch_mm *amm = this_cpu()->active_mm;

    /* Who is not seen to run it now runs it later, and then fetches what was written. */
    arch_mb();
    unsigned long others = amm ? asid_running_elsewhere(&amm->asid) : 0;

    __asm__ volatile("fence.i" ::: "memory");
    if (others)
        sbi_remote_fence_i(others);
}
