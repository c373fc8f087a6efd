/* SPDX-License-Identifier: MIT */
/*
 * Which address space a CPU uses, and making CPUs forget translations.
 *
 * Every flush has happened on all CPUs when the call returns, or happens before they use the
 * address space again: only then may a page or table that was unmapped be freed. A flush may be
 * made with spinlocks held and interrupts off. A CPU may cache that an entry was absent: adding a
 * mapping needs either a flush, or a fault handler that takes the needless fault and flushes then.
 */
#ifndef ARCH_TLB_H
#define ARCH_TLB_H

#include "mm/asid.h"

/* The architecture's part of an address space: on both, nothing but its number. */
struct arch_mm {
    struct mm_asid asid;
};

static inline void arch_mm_init(struct arch_mm *amm)
{
    asid_mm_init(&amm->asid);
}

/* Makes this CPU walk the table at `root`; amm NULL: the kernel's own. Interrupts off. */
void arch_mm_switch(struct arch_mm *amm, paddr_t root);

/*
 * For mm/asid.c: this CPU walks the table at `root` and tags what it loads with `number`; of what
 * it is to forget it holds nothing from before. Interrupts off, locks held.
 */
void tlb_load_root(paddr_t root, unsigned number, enum asid_forget forget);

/*
 * One address space's user half: [start, end) page-aligned, or all of it. Everywhere. A range
 * forgets leaves; pointers to tables are forgotten by tlb_flush_mm() only, so a table is freed
 * after that.
 */
void tlb_flush_range(struct arch_mm *amm, vaddr_t start, vaddr_t end);
void tlb_flush_mm(struct arch_mm *amm);

/* After a needless fault, or a mapping's permissions were widened: this CPU only. */
void tlb_flush_page_local(struct arch_mm *amm, vaddr_t va);

/* The kernel half, in every address space, everywhere. */
void tlb_flush_kernel(vaddr_t start, vaddr_t end);
/* Entries of the kernel half that were absent are there now: no CPU goes on faulting. */
void tlb_publish_kernel(vaddr_t start, vaddr_t end);

/*
 * The current program is about to fetch from memory that was just written: a page of its text, or
 * code of its own. Here and on the other CPUs that run it; arch_mm_switch() does it for the rest.
 */
void tlb_sync_instructions(void);

#endif
