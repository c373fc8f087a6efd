/* SPDX-License-Identifier: MIT */
/*
 * Numbers for address spaces: see mm/asid.h.
 *
 * asid_lock (RANK_LEAF, interrupts off) guards everything here, where there are numbers. Where
 * there are none, a CPU writes its own running[] only, and an address space's `cpus` are those
 * between the moment before they load its table and the moment after they have loaded another.
 *
 * A CPU adds itself to `cpus` before it can load entries: so whoever changes the table and then
 * looks at `cpus` either finds it there, or it has not looked at the table yet.
 */
#include "mm/asid.h"

#include <arch/tlb.h>
#include "kernel/cpu.h"

static struct spinlock asid_lock = SPINLOCK_INIT("asid", RANK_LEAF);
static unsigned long nr_asids;
static unsigned long generation = 1, last_number;
static unsigned long flush_pending;  /* CPUs that enter a generation for the first time */
static unsigned long kept[MAX_CPUS]; /* numbers that ran when the generation began */

static struct running {
    struct mm_asid *as; /* NULL: the kernel's own table */
    paddr_t root;
    unsigned long id; /* what as->id is */
} running[MAX_CPUS];

void asid_init(unsigned long nr)
{
    /* Number 0, what runs on every CPU when a generation ends, and one to give. */
    nr_asids = nr < 2 + MAX_CPUS ? 0 : min(nr, ASID_MASK + 1);
}

static void begin_generation(void)
{
    generation++;
    last_number = 1;
    flush_pending = ~0ul;
    for_each_cpu (cpu)
        kept[cpu->id] = running[cpu->id].id & ASID_MASK;
}

/* It may have a bearer in this generation that runs no longer, but will again. */
static bool is_kept(unsigned long number)
{
    for_each_cpu (cpu)
        if (kept[cpu->id] == number)
            return true;
    return false;
}

/* as->id is not of this generation. It keeps its number if a CPU runs it under that. */
static unsigned long new_id(struct mm_asid *as)
{
    unsigned long old = atomic_load(&as->id), new;
    bool runs = false;

    for_each_cpu (cpu)
        runs |= old && running[cpu->id].id == old;
    if (runs) {
        new = generation << ASID_BITS | (old & ASID_MASK);
    } else {
        do {
            if (++last_number == nr_asids)
                begin_generation();
        } while (is_kept(last_number));
        new = generation << ASID_BITS | last_number;
        atomic_store(&as->cpus, 0);
        as->stale = 0;
    }
    for_each_cpu (cpu)
        if (runs && running[cpu->id].id == old)
            running[cpu->id].id = new;
    atomic_store(&as->id, new);
    return new;
}

/* This CPU takes up `as` under a number of the present generation. asid_lock held. */
static void enter(struct mm_asid *as, paddr_t root)
{
    unsigned cpu = this_cpu()->id;
    unsigned long id = 0, bit = 1ul << cpu;
    enum asid_forget forget = FORGET_NOTHING;

    if (as) {
        id = atomic_load(&as->id);
        if (id >> ASID_BITS != generation)
            id = new_id(as);
        if (flush_pending & bit)
            forget = FORGET_ALL;
        else if (as->stale & bit)
            forget = FORGET_NUMBER;
        flush_pending &= ~bit;
        as->stale &= ~bit;
        atomic_fetch_or(&as->cpus, bit);
    }
    running[cpu] = (struct running){as, root, id};
    tlb_load_root(root, id & ASID_MASK, forget);
}

static void switch_without_numbers(struct mm_asid *as, paddr_t root)
{
    unsigned cpu = this_cpu()->id;
    struct mm_asid *left = running[cpu].as;

    WRITE_ONCE(running[cpu].as, as);
    if (as)
        atomic_fetch_or(&as->cpus, 1ul << cpu);
    tlb_load_root(root, 0, FORGET_ALL);
    if (left && left != as)
        atomic_fetch_and(&left->cpus, ~(1ul << cpu));
}

void asid_switch(struct mm_asid *as, paddr_t root)
{
    if (!nr_asids) {
        switch_without_numbers(as, root);
        return;
    }
    spin_lock(&asid_lock);
    enter(as, root);
    spin_unlock(&asid_lock);
}

unsigned long asid_running_elsewhere(const struct mm_asid *as)
{
    unsigned long others = 0;

    for_each_cpu (cpu)
        if (cpu != this_cpu() && READ_ONCE(running[cpu->id].as) == as)
            others |= 1ul << cpu->id;
    return others;
}

unsigned long asid_flush(struct mm_asid *as, unsigned *number)
{
    unsigned long bit = 1ul << this_cpu()->id;
    unsigned long cpus = asid_holders(as, number);

    /* One that comes only now has the new table. */
    if (!nr_asids || !(cpus & ~bit))
        return cpus;
    irqflags_t flags = spin_lock_irqsave(&asid_lock);
    cpus = asid_holders(as, number);
    unsigned long gone = cpus & ~(bit | asid_running_elsewhere(as));
    as->stale |= gone;
    atomic_fetch_and(&as->cpus, ~gone);
    spin_unlock_irqrestore(&asid_lock, flags);
    return cpus & ~gone;
}
