/* SPDX-License-Identifier: MIT */
/*
 * Translation lookaside buffers in software, as bad as the manuals allow: each CPU keeps every
 * translation that an access ever loaded, for every address space, until a flush that covers it. It
 * keeps three kinds of thing (RISC-V Privileged ISA 4.2.1; Intel SDM volume 3, 4.10):
 *
 *   leaves, with the protection they had then;
 *   that an entry was absent, which RISC-V permits and x86 does not;
 *   pointers to tables, from which it goes on without looking at the root again.
 *
 * A flush of a range forgets the first two, everything that overlaps it; pointers to tables are
 * only forgotten by tlb_flush_mm(). So a table may be freed after tlb_flush_mm(), a page after
 * either.
 */
#ifndef ARCH_TLB_H
#define ARCH_TLB_H

#include "mm/asid.h"

struct arch_mm {
    unsigned long id; /* never used twice; 0 is the kernel's */
};

void arch_mm_init(struct arch_mm *amm);
void arch_mm_switch(struct arch_mm *amm, paddr_t root);

/*
 * For mm/asid.c: this CPU walks the table at `root` and tags what it loads with `number`; of what
 * it is to forget it holds nothing from before. Interrupts off, locks held.
 */
void tlb_load_root(paddr_t root, unsigned number, enum asid_forget forget);

void tlb_flush_range(struct arch_mm *amm, vaddr_t start, vaddr_t end);
void tlb_flush_mm(struct arch_mm *amm);
void tlb_flush_page_local(struct arch_mm *amm, vaddr_t va);
void tlb_flush_kernel(vaddr_t start, vaddr_t end);
void tlb_publish_kernel(vaddr_t start, vaddr_t end);

/*
 * The current program is about to fetch from memory that was just written: a page of its text, or
 * code of its own. Here and on the other CPUs that run it; arch_mm_switch() does it for the rest.
 */
void tlb_sync_instructions(void);

#endif
