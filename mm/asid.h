/* SPDX-License-Identifier: MIT */
/*
 * Numbers for address spaces: the tags under which a CPU keeps the translations of one while others
 * run. For ports whose <arch/tlb.h> stands on it; hardware is reached by its tlb_load_root() only.
 *
 * The numbers are the same on all CPUs. When they run out, a new generation begins: each address
 * space gets a new number when it next runs, and each CPU forgets everything before it first uses a
 * number of the new generation. What runs at that moment keeps its number, for its CPU goes on
 * using it; in the new generation nobody else is given that one. Number 0 is the kernel's own
 * table's.
 *
 * Where there are no numbers, a CPU forgets the user half at each switch.
 */
#ifndef MM_ASID_H
#define MM_ASID_H

#include <stdatomic.h>
#include "kernel/types.h"

#define ASID_BITS 16
#define ASID_MASK ((1ul << ASID_BITS) - 1)

/*
 * Part of struct arch_mm. A flush is told to the CPUs that use the address space at that moment; of
 * the others, who may hold translations from before, it is remembered that they must forget them
 * (`stale`) when they next take it up. So nobody is interrupted, nor waited for, who has left.
 */
struct mm_asid {
    atomic_ulong id;     /* generation << ASID_BITS | number; generation 0: none yet */
    atomic_ulong cpus;   /* CPUs, by id, that may hold true translations of it under its number */
    unsigned long stale; /* CPUs that hold some that were true; asid_lock */
};

/* What a CPU has to forget before it uses a number. */
enum asid_forget {
    FORGET_NOTHING,
    FORGET_NUMBER, /* the user half under that number */
    FORGET_ALL,    /* user halves under any number */
};

/*
 * Numbers 0 to nr - 1 can be used; 0 or too few of them to be of use: do without. Boot CPU, before
 * any other call.
 */
void asid_init(unsigned long nr);

static inline void asid_mm_init(struct mm_asid *as)
{
    atomic_store(&as->id, 0);
    atomic_store(&as->cpus, 0);
    as->stale = 0;
}

/* This CPU takes up the address space with its table at `root`; NULL: the kernel's own. Interrupts
 * off. What it leaves must live on until this returns. */
void asid_switch(struct mm_asid *as, paddr_t root);

/*
 * Some of what `as` has translated so far, or all of it, is to be forgotten, everywhere. Returns
 * the CPUs that must be made to forget it now, which they hold under *number: those that use the
 * address space, and this one. The stores to the table, and a barrier (arch_mb()), come before.
 */
unsigned long asid_flush(struct mm_asid *as, unsigned *number);

/* The CPUs that may hold translations that are true, and their number. */
static inline unsigned long asid_holders(const struct mm_asid *as, unsigned *number)
{
    *number = atomic_load(&as->id) & ASID_MASK;
    return atomic_load(&as->cpus);
}

/* The CPUs, other than this one, that use it at this moment. */
unsigned long asid_running_elsewhere(const struct mm_asid *as);

#endif
