/* SPDX-License-Identifier: MIT */
/*
 * Address spaces on a CPU, and forgetting translations (Intel SDM vol. 3, 4.10). PCIDs are given
 * out by mm/asid.c; without them (CR4.PCIDE clear) every load of CR3 forgets the user half.
 *
 * Asking other CPUs. Each CPU has one request, which it fills in and marks with the CPUs that have
 * yet to serve it; then it sets their bits in tlb_asked, interrupts them, and waits until the last
 * one has removed its mark. A CPU serves all requests that carry its mark: in the interrupt, or, if
 * it waits for something with interrupts off, from arch_relax(). A server clears its bit in
 * tlb_asked before it looks at the requests, so one that comes later sets it again. Nobody has to
 * take a lock, so no lock that anyone holds matters. Interrupts are off from filling in to the last
 * mark's removal, and while serving: a request in use is not begun anew, and none is served twice.
 *
 * The kernel half's leaves are global: only invlpg, and toggling CR4.PGE, forget those.
 */
#include <arch/early.h>
#include <arch/tlb.h>
#include "arch/x86_64/machine.h"
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/regs.h"
#include "kernel/cpu.h"
#include "mm/layout.h"

/* From so many pages on, everything is flushed at once. */
#define FLUSH_PAGES_MAX 32

#define NR_PCIDS        4096

enum invpcid_type {
    INVPCID_PAGE,
    INVPCID_SPACE,
    INVPCID_EVERYTHING, /* global translations too */
    INVPCID_ALL_SPACES,
};

/* What is to be forgotten: [start, end) in the kernel half, or under `pcid`. */
struct request {
    vaddr_t start, end;
    unsigned pcid;
    atomic_ulong waiting_for; /* CPUs that have not done it yet */
} __aligned(64);

static struct request requests[MAX_CPUS]; /* by who asks */
unsigned long tlb_asked;
static atomic_ulong started; /* CPUs that may hold entries of the kernel half */

static inline void invlpg(vaddr_t va)
{
    __asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}

static inline void invpcid(enum invpcid_type type, unsigned pcid, vaddr_t va)
{
    const uint64_t descriptor[2] = {pcid, va};
    __asm__ volatile("invpcid %0, %1" ::"m"(descriptor), "r"((uint64_t)type) : "memory");
}

void tlb_init(void)
{
    asid_init(cpu_features.pcid ? NR_PCIDS : 0);
}

static void forget_everything(void)
{
    uint64_t cr4 = read_cr(4);

    if (cpu_features.pcid) {
        invpcid(INVPCID_EVERYTHING, 0, 0);
    } else if (cr4 & CR4_PGE) {
        write_cr(4, cr4 & ~(uint64_t)CR4_PGE);
        write_cr(4, cr4);
    } else {
        write_cr(3, read_cr(3));
    }
}

/* From now on flushes of the kernel half reach this CPU; what it missed it forgets here. */
void tlb_init_cpu(void)
{
    atomic_fetch_or(&started, 1ul << this_cpu()->id);
    forget_everything();
}

/* Without the bit that spares them, what is held under the PCID that CR3 gets is forgotten. */
void tlb_load_root(paddr_t root, unsigned number, enum asid_forget forget)
{
    if (cpu_features.pcid && forget == FORGET_ALL)
        invpcid(INVPCID_ALL_SPACES, 0, 0);
    if (cpu_features.pcid && forget != FORGET_NUMBER)
        root |= CR3_NOFLUSH;
    write_cr(3, root | number);
}

/* The early tables had global leaves, and number 0. */
void arch_use_kernel_table(paddr_t root)
{
    write_cr(3, root);
    forget_everything();
}

void arch_mm_switch(struct arch_mm *amm, paddr_t root)
{
    asid_switch(amm ? &amm->asid : NULL, root);
}

/* --- here --- */

static void forget_user_page(unsigned pcid, vaddr_t va)
{
    if (cpu_features.pcid)
        invpcid(INVPCID_PAGE, pcid, va);
    else
        invlpg(va);
}

static void forget_space(unsigned pcid)
{
    if (cpu_features.pcid)
        invpcid(INVPCID_SPACE, pcid, 0);
    else
        write_cr(3, read_cr(3));
}

static void forget(const struct request *r)
{
    bool kernel = r->start >= KERNEL_HALF;

    if (r->end - r->start > FLUSH_PAGES_MAX * PAGE_SIZE) {
        if (kernel)
            forget_everything();
        else
            forget_space(r->pcid);
        return;
    }
    for (vaddr_t va = r->start; va < r->end; va += PAGE_SIZE) {
        if (kernel)
            invlpg(va);
        else
            forget_user_page(r->pcid, va);
    }
}

/* --- everywhere --- */

void tlb_serve(void)
{
    irqflags_t flags = arch_irq_save();
    unsigned long bit = 1ul << this_cpu()->id;

    if (__atomic_fetch_and(&tlb_asked, ~bit, __ATOMIC_SEQ_CST) & bit) {
        for (struct request *r = requests; r < requests + MAX_CPUS; r++) {
            if (atomic_load(&r->waiting_for) & bit) {
                forget(r);
                atomic_fetch_and(&r->waiting_for, ~bit);
            }
        }
    }
    arch_irq_restore(flags);
}

/*
 * The CPUs in `set` forget [start, end) under `pcid`. The kernel is not preempted: we stay here.
 */
static void forget_on(unsigned long set, vaddr_t start, vaddr_t end, unsigned pcid)
{
    irqflags_t flags = arch_irq_save();
    unsigned long others = set & ~(1ul << this_cpu()->id);
    struct request *r = &requests[this_cpu()->id];

    r->start = start;
    r->end = end;
    r->pcid = pcid;
    if (others) {
        atomic_store(&r->waiting_for, others);
        __atomic_fetch_or(&tlb_asked, others, __ATOMIC_SEQ_CST);
        for_each_cpu (cpu)
            if (others >> cpu->id & 1)
                lapic_send(cpu->hw_id, TLB_VECTOR);
    }
    if (set != others)
        forget(r);
    while (atomic_load(&r->waiting_for))
        arch_relax();
    arch_irq_restore(flags);
}

void tlb_flush_mm(struct arch_mm *amm)
{
    unsigned pcid;

    arch_mb();
    unsigned long cpus = asid_flush(&amm->asid, &pcid);
    forget_on(cpus, 0, USER_END, pcid);
}

void tlb_flush_range(struct arch_mm *amm, vaddr_t start, vaddr_t end)
{
    unsigned pcid;

    if (end - start > FLUSH_PAGES_MAX * PAGE_SIZE) {
        tlb_flush_mm(amm);
        return;
    }
    arch_mb();
    unsigned long cpus = asid_flush(&amm->asid, &pcid);
    forget_on(cpus, start, end, pcid);
}

void tlb_flush_page_local(struct arch_mm *amm, vaddr_t va)
{
    unsigned pcid;

    asid_holders(&amm->asid, &pcid);
    forget_user_page(pcid, va);
}

void tlb_flush_kernel(vaddr_t start, vaddr_t end)
{
    arch_mb();
    forget_on(atomic_load(&started) | 1ul << this_cpu()->id, start, end, 0);
}

/* The processor never remembers that an entry was absent (SDM vol. 3, 4.10.2.3). */
void tlb_publish_kernel(vaddr_t start, vaddr_t end)
{
    (void)start, (void)end;
}

/*
 * Instruction fetch is kept coherent by physical address; what a processor has fetched ahead it
 * drops at the next serializing instruction (SDM vol. 3, 8.1.3), and the program is returned to by
 * one: iretq, from a fault.
 */
void tlb_sync_instructions(void)
{
}
