/* SPDX-License-Identifier: MIT */
/*
 * The software MMU: walks tables through TLBs that forget only what they are told to. See
 * <arch/tlb.h>.
 *
 * A TLB holds entries by (address space, page); a large leaf is kept as it was loaded, one entry
 * for each of its pages that was accessed, and goes with any flush that touches the leaf. It does
 * not use mm/pgtable.c, so that it cannot share its mistakes.
 */
#include <arch/tlb.h>
#include <arch/trap.h>
#include "arch/host/host.h"
#include "arch/host/libc.h"
#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "mm/page.h"
#include "mm/pgtable.h"

#define BUCKETS 1024

/* What was loaded: at `level` the entry `pte` for the range around `va`. */
struct entry {
    unsigned long id;
    vaddr_t va; /* of the page that was accessed; of a table: first address it translates */
    int level;
    pte_t pte;
    struct entry *next;
};

static struct tlb {
    const struct arch_mm *amm;
    paddr_t root;
    struct entry *leaves[BUCKETS]; /* and absent entries */
    struct entry *tables;
} tlbs[MAX_CPUS];

static struct tlb *this_tlb(void)
{
    return &tlbs[this_cpu()->id];
}

static struct entry **bucket(struct tlb *tlb, vaddr_t va)
{
    return &tlb->leaves[(va >> PAGE_SHIFT) % BUCKETS];
}

static void keep(struct entry **list, struct entry e)
{
    struct entry *copy = host_malloc(sizeof(*copy));

    *copy = e;
    copy->next = *list;
    *list = copy;
}

enum what {
    ABSENT, /* that there was nothing */
    ALL
};

/* Forgets those of address space `id` whose range meets [start, last]. */
static void drop(struct entry **list, enum what what, unsigned long id, vaddr_t start, vaddr_t last)
{
    while (*list) {
        struct entry *e = *list;
        vaddr_t first = ALIGN_DOWN(e->va, pt_size(e->level));
        if ((what == ALL || pte_kind(e->pte, e->level) == PTE_ABSENT) && e->id == id &&
            first <= last && first + (pt_size(e->level) - 1) >= start) {
            *list = e->next;
            host_free(e);
        } else {
            list = &e->next;
        }
    }
}

static void drop_leaves(struct tlb *tlb, enum what what, unsigned long id, vaddr_t start,
                        vaddr_t last)
{
    for (unsigned i = 0; i < BUCKETS; i++)
        drop(&tlb->leaves[i], what, id, start, last);
}

/* The kernel half is the same in every address space: its entries are kept as the kernel's. */
static unsigned long id_of(const struct tlb *tlb, vaddr_t va)
{
    return va < USER_END && tlb->amm ? tlb->amm->id : 0;
}

/* The cached table lowest down on the way to `va`, or the root. */
static paddr_t start_of_walk(const struct tlb *tlb, vaddr_t va, int *level)
{
    paddr_t table = va < USER_END ? tlb->root : UINT64_MAX; /* UINT64_MAX: the kernel's root */

    *level = PT_LEVELS - 1;
    for (const struct entry *e = tlb->tables; e; e = e->next) {
        if (e->id == id_of(tlb, va) && ALIGN_DOWN(va, pt_size(e->level)) == e->va &&
            e->level - 1 < *level) {
            *level = e->level - 1;
            table = pte_paddr(e->pte, e->level);
        }
    }
    return table;
}

/* Loads the translation of `va` into the TLB. */
static const struct entry *load(struct tlb *tlb, vaddr_t va)
{
    int level;
    paddr_t pa = start_of_walk(tlb, va, &level);
    const _Atomic pte_t *table = pa == UINT64_MAX ? kernel_table.root : __va(pa);

    for (;; level--) {
        pte_t pte = table[va >> PT_SHIFT(level) & (PT_ENTRIES - 1)];
        struct entry e = {.id = id_of(tlb, va), .level = level, .pte = pte};
        if (pte_kind(pte, level) == PTE_TABLE) {
            BUG_ON(level == 0);
            e.va = ALIGN_DOWN(va, pt_size(level));
            keep(&tlb->tables, e);
            table = __va(pte_paddr(pte, level));
            continue;
        }
        e.va = ALIGN_DOWN(va, PAGE_SIZE);
        keep(bucket(tlb, va), e);
        return *bucket(tlb, va);
    }
}

static const struct entry *look_up(struct tlb *tlb, vaddr_t va)
{
    for (const struct entry *e = *bucket(tlb, va); e; e = e->next)
        if (e->id == id_of(tlb, va) && e->va == ALIGN_DOWN(va, PAGE_SIZE))
            return e;
    return NULL;
}

uint8_t *host_translate(vaddr_t va, unsigned access)
{
    struct tlb *tlb = this_tlb();
    unsigned need = P_ACCESSED | P_READ;

    if ((va >= USER_END && va < KERNEL_HALF) || (va < USER_END && !tlb->amm))
        return NULL;
    const struct entry *e = look_up(tlb, va);
    if (!e)
        e = load(tlb, va);
    if (pte_kind(e->pte, e->level) != PTE_LEAF)
        return NULL;
    if (access & FAULT_WRITE)
        need |= P_WRITE | P_DIRTY;
    if (access & FAULT_EXEC)
        need |= P_EXEC;
    if (access & FAULT_USER)
        need |= P_USER;
    if ((pte_prot(e->pte, e->level) & need) != need)
        return NULL;
    return (uint8_t *)__va(pte_paddr(e->pte, e->level)) + (va & (pt_size(e->level) - 1));
}

void arch_mm_init(struct arch_mm *amm)
{
    static unsigned long last_id;

    amm->id = ++last_id;
}

void arch_mm_switch(struct arch_mm *amm, paddr_t root)
{
    this_tlb()->amm = amm;
    this_tlb()->root = root;
}

void (*host_before_flush)(vaddr_t start, vaddr_t end);

void tlb_flush_range(struct arch_mm *amm, vaddr_t start, vaddr_t end)
{
    if (host_before_flush)
        host_before_flush(start, end);
    for (struct tlb *tlb = tlbs; tlb < tlbs + MAX_CPUS; tlb++)
        drop_leaves(tlb, ALL, amm->id, start, end - 1);
}

void tlb_flush_mm(struct arch_mm *amm)
{
    if (host_before_flush)
        host_before_flush(0, USER_END);
    for (struct tlb *tlb = tlbs; tlb < tlbs + MAX_CPUS; tlb++) {
        drop_leaves(tlb, ALL, amm->id, 0, USER_END);
        drop(&tlb->tables, ALL, amm->id, 0, USER_END);
    }
}

void tlb_flush_page_local(struct arch_mm *amm, vaddr_t va)
{
    drop_leaves(this_tlb(), ALL, va < USER_END ? amm->id : 0, va, va);
}

void tlb_flush_kernel(vaddr_t start, vaddr_t end)
{
    for (struct tlb *tlb = tlbs; tlb < tlbs + MAX_CPUS; tlb++)
        drop_leaves(tlb, ALL, 0, start, end - 1);
}

/* Only that they were absent is forgotten: a mapping left from before stays, and is found out. */
void tlb_publish_kernel(vaddr_t start, vaddr_t end)
{
    for (struct tlb *tlb = tlbs; tlb < tlbs + MAX_CPUS; tlb++)
        drop_leaves(tlb, ABSENT, 0, start, end - 1);
}

/* Nothing is fetched from here. */
void tlb_sync_instructions(void)
{
}
