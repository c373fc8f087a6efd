/* SPDX-License-Identifier: MIT */
/*
 * Page tables: the one walker, for every format.
 *
 * A table is 512 entries on each of PT_LEVELS levels; <arch/pte.h> spells one entry. All that walks
 * or edits a table goes through a cursor, which stands on one entry: a leaf on any level, or an
 * absent entry as far down as tables go. Level 0 is the last; the root is level PT_LEVELS - 1 and
 * never holds a leaf.
 *
 * Page tables are a cache: areas (VMAs, vmap areas) and pages are the truth, and an absent entry of
 * a user table can always be filled again by a fault.
 *
 * Locking. Tables are added without a lock: a new table is zeroed, made visible with a barrier and
 * installed by compare-and-swap; the loser frees its own. Leaves are changed under the lock of
 * whoever owns the range (mm->page_table_lock; vmap_lock's areas have one owner each). Tables are
 * removed only while nobody else can walk them: mmap_lock held for writing, or a dead process.
 */
#ifndef MM_PGTABLE_H
#define MM_PGTABLE_H

#include <stdatomic.h>
#include "mm/page.h"

struct page_table {
    _Atomic pte_t *root;
    atomic_size_t tables; /* table pages, without the root and what is shared with the kernel */
};

/*
 * Absent entries (bit 0 clear) are mm/'s to encode. The zero word: nothing is here. A hidden page
 * is there, but may not be accessed at all (PROT_NONE): bit 1 set, bits 2 and 3 the marks
 * P_ACCESSED and P_DIRTY that it had, the page frame number from bit 12.
 */
static inline pte_t pte_hidden(pfn_t pfn, unsigned prot)
{
    return pfn << PAGE_SHIFT | 2 | (prot & P_ACCESSED ? 4 : 0) | (prot & P_DIRTY ? 8 : 0);
}
static inline bool pte_is_hidden(pte_t pte)
{
    return (pte & 3) == 2;
}
static inline pfn_t pte_hidden_pfn(pte_t pte)
{
    return pte >> PAGE_SHIFT;
}
static inline unsigned pte_hidden_marks(pte_t pte)
{
    return (pte & 4 ? P_ACCESSED : 0) | (pte & 8 ? P_DIRTY : 0);
}

/* A user page is mapped by an entry of level 0: the page that it shows; NULL for an absent one. */
static inline struct page *entry_page(pte_t pte)
{
    if (pte_kind(pte, 0) == PTE_LEAF)
        return phys_to_page(pte_paddr(pte, 0));
    return pte_is_hidden(pte) ? pfn_to_page(pte_hidden_pfn(pte)) : NULL;
}
/* What a present entry allows, and its marks; a hidden one has marks alone. */
static inline unsigned entry_prot(pte_t pte)
{
    if (pte_kind(pte, 0) == PTE_LEAF)
        return pte_prot(pte, 0);
    return pte_is_hidden(pte) ? pte_hidden_marks(pte) : 0;
}

/* The kernel's own table: the upper half of every process's. */
extern struct page_table kernel_table;

/* Where hardware finds the root: a process's lies in the direct map, the kernel's in the image. */
paddr_t page_table_phys(const struct page_table *pt);

/* Tables come from memblock until this is called: once the page allocator works. */
void pt_tables_from_buddy(void);

struct pt_cursor {
    struct page_table *pt;
    vaddr_t va; /* first address that the entry covers */
    int level;  /* of the entry */
    _Atomic pte_t *entry;
    pte_t pte; /* its value when the cursor came here */
};

static inline size_t pt_size(int level)
{
    return 1ul << PT_SHIFT(level);
}

/* Stands on the entry that translates `va`: a leaf, or the absent entry where the walk ends. */
void pt_seek(struct pt_cursor *c, struct page_table *pt, vaddr_t va);

/*
 * Stands on the entry for `va` on `level`, adding the tables above it. -ENOMEM when there is no
 * page for one; a leaf on a higher level is split first. May sleep unless gfp says GFP_ATOMIC.
 */
int pt_seek_alloc(struct pt_cursor *c, struct page_table *pt, vaddr_t va, int level, unsigned gfp);

/*
 * Goes on to the entry behind this one. False when that begins at `end` or behind it, which is
 * where the cursor's va is then; or at the end of the address space. No table is looked into that
 * translates nothing before `end`.
 */
bool pt_next(struct pt_cursor *c, vaddr_t end);

/* Visits all entries that translate [start, end), leaves and absent ones, in ascending order. */
#define pt_for_each(c, table, start, end)                                                          \
    for (bool more_ = (pt_seek(c, table, start), true); more_ && (c)->va < (end);                  \
         more_ = pt_next(c, end))

/*
 * Goes on, from where it stands, to the first entry before `end` that is not the zero word; false
 * when there is none. Looks into tables as pt_next() does.
 */
bool pt_find_used(struct pt_cursor *c, vaddr_t end);

/* Visits only the entries in [start, end) that are not the zero word: leaves, and mm/'s own. */
#define pt_for_each_used(c, table, start, end)                                                     \
    for (pt_seek(c, table, start); pt_find_used(c, end) && (c)->va < (end); pt_next(c, end))

/* Stores a new value, after what it points to; returns the old one. The caller flushes. */
static inline pte_t pt_set(struct pt_cursor *c, pte_t pte)
{
    c->pte = pte;
    return atomic_exchange(c->entry, pte);
}

/*
 * Maps [va, va + size) to [pa, pa + size), all page-aligned, with the largest leaves that alignment
 * allows up to `max_level`. The range must be absent. -ENOMEM: what was mapped so far stays.
 */
int pt_map(struct page_table *pt, vaddr_t va, paddr_t pa, size_t size, unsigned prot,
           int max_level);

/* Makes every leaf in the range absent; none reaches over its ends. No flush, frees no page. */
void pt_unmap(struct page_table *pt, vaddr_t va, size_t size);

/*
 * Gives every leaf in the range new protection. Splits leaves that reach over its ends (-ENOMEM).
 * The caller flushes.
 */
int pt_protect(struct page_table *pt, vaddr_t va, size_t size, unsigned prot);

/*
 * A new user table: lower half empty, upper half the kernel's entries. -ENOMEM. Destroying frees
 * the lower half's tables (its leaves are gone already) and the root.
 */
int pt_create(struct page_table *pt);
void pt_destroy(struct page_table *pt);

/*
 * Nothing is mapped any more in [floor, ceiling) (user half), of which [start, end) is what has
 * just gone: takes out the tables that translate some of [start, end) and lie wholly in [floor,
 * ceiling), and adds them to `tables`. Hardware may hold pointers to them until tlb_flush_mm().
 */
void pt_unlink_tables(struct page_table *pt, vaddr_t start, vaddr_t end, vaddr_t floor,
                      vaddr_t ceiling, struct list_head *tables);
/* After that, frees them; `tables` is empty then. */
void pt_free_unlinked(struct page_table *pt, struct list_head *tables);

/* The physical address `va` translates to, and its protection; -EFAULT when absent. */
int pt_translate(struct page_table *pt, vaddr_t va, paddr_t *pa, unsigned *prot);

/* An entry that is not the zero word. */
struct pt_entry {
    vaddr_t va;    /* first address that it covers */
    int level;     /* of the table that it is in */
    paddr_t table; /* where that table lies */
    pte_t pte;
};

/*
 * Calls fn for each entry that covers some of [start, end) and is not the zero word, those that
 * point to tables too: depth first, ascending, a table's entry before the entries in the table.
 * Stops when fn returns false, and returns that. The caller keeps tables from being removed; a
 * kernel table never is.
 */
typedef bool pt_visit_fn(const struct pt_entry *entry, void *arg);
bool pt_walk(struct page_table *pt, vaddr_t start, vaddr_t end, pt_visit_fn *fn, void *arg);

/* Sums over [start, end) of a table: how many leaves on each level, how many tables. */
struct pt_stats {
    size_t leaves[PT_LEVELS];
    size_t tables[PT_LEVELS]; /* below an entry of that level */
    unsigned prot_any;        /* union of the leaves' protection */
    bool write_exec;          /* some leaf is writable and executable */
};
void pt_count(struct page_table *pt, vaddr_t start, vaddr_t end, struct pt_stats *out);

#endif
