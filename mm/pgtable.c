/* SPDX-License-Identifier: MIT */
/*
 * The page-table walker: see mm/pgtable.h for the rules.
 *
 * Everything is a loop over levels; what an entry looks like is the codec's business.
 */
#include "mm/pgtable.h"

#include "kernel/errno.h"
#include "kernel/panic.h"
#include "kernel/string.h"
#include "mm/memblock.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"

_Static_assert(PT_LEAF_MAX < PT_LEVELS - 1, "the root never holds a leaf");

struct page_table kernel_table;
atomic_long nr_page_table_pages;
static bool buddy_works;

void pt_tables_from_buddy(void)
{
    buddy_works = true;
}

paddr_t page_table_phys(const struct page_table *pt)
{
    return pt == &kernel_table ? __pa_symbol((void *)pt->root) : __pa((void *)pt->root);
}

static unsigned pt_index(vaddr_t va, int level)
{
    return va >> PT_SHIFT(level) & (PT_ENTRIES - 1);
}

static _Atomic pte_t *table_at(pte_t pte, int level)
{
    return __va(pte_paddr(pte, level));
}

/* A zeroed table's physical address, or 0. */
static paddr_t table_alloc(struct page_table *pt, gfp_t gfp)
{
    if (!buddy_works) {
        atomic_fetch_add(&pt->tables, 1);
        return memblock_alloc(PAGE_SIZE, PAGE_SIZE, "Page tables");
    }
    struct page *page = alloc_page(gfp | GFP_ZERO);
    if (!page)
        return 0;
    page_set(page, PG_table);
    atomic_fetch_add(&pt->tables, 1);
    atomic_fetch_add(&nr_page_table_pages, 1);
    return page_to_phys(page);
}

static void table_free(struct page_table *pt, struct page *page)
{
    page_clear(page, PG_table);
    atomic_fetch_sub(&pt->tables, 1);
    atomic_fetch_sub(&nr_page_table_pages, 1);
    put_page(page);
}

/* From an entry that may point to a table, down to where the walk for `va` ends. */
static void descend(struct pt_cursor *c, vaddr_t va)
{
    c->pte = atomic_load_explicit(c->entry, memory_order_acquire);
    while (c->level > 0 && pte_kind(c->pte, c->level) == PTE_TABLE) {
        _Atomic pte_t *table = table_at(c->pte, c->level);
        c->level--;
        c->entry = &table[pt_index(va, c->level)];
        c->pte = atomic_load_explicit(c->entry, memory_order_acquire);
    }
    c->va = ALIGN_DOWN(va, pt_size(c->level));
}

void pt_seek(struct pt_cursor *c, struct page_table *pt, vaddr_t va)
{
    c->pt = pt;
    c->level = PT_LEVELS - 1;
    c->entry = &pt->root[pt_index(va, c->level)];
    descend(c, va);
}

/* What lies at `end` is not looked at: its tables may be going. */
bool pt_next(struct pt_cursor *c, vaddr_t end)
{
    vaddr_t va = c->va + pt_size(c->level);

    if (va == 0)
        return false;
    if (va == USER_END)
        va = KERNEL_HALF;
    if (va >= end) {
        c->va = va;
        return false;
    }
    if (pt_index(va, c->level) == 0) {
        pt_seek(c, c->pt, va);
    } else {
        c->entry++;
        descend(c, va);
    }
    return true;
}

/* A tight loop over each table: most of an address space is absent. */
bool pt_find_used(struct pt_cursor *c, vaddr_t end)
{
    while (c->va < end) {
        if (c->pte)
            return true;
        vaddr_t va = c->va;
        size_t size = pt_size(c->level);
        _Atomic pte_t *entry = c->entry, *last = entry + (PT_ENTRIES - 1 - pt_index(va, c->level));
        do {
            va += size;
            if (entry++ == last)
                break;
        } while (va < end && !atomic_load_explicit(entry, memory_order_relaxed));
        if (va == 0)
            return false;
        if (va >= end) {
            c->va = va;
            return false;
        }
        if (entry > last) {
            pt_seek(c, c->pt, va == USER_END ? KERNEL_HALF : va);
        } else {
            c->entry = entry;
            descend(c, va);
        }
    }
    return false;
}

/*
 * Puts a table under the cursor's entry, which is absent or a leaf; a leaf's range is mapped by the
 * table as the leaf mapped it. Another CPU may do the same at the same time: one of the two wins.
 */
static int add_table(struct pt_cursor *c, gfp_t gfp)
{
    int below = c->level - 1;
    paddr_t pa = table_alloc(c->pt, gfp);
    if (!pa)
        return -ENOMEM;

    if (pte_kind(c->pte, c->level) == PTE_LEAF) {
        _Atomic pte_t *table = __va(pa);
        paddr_t first = pte_paddr(c->pte, c->level);
        unsigned prot = pte_prot(c->pte, c->level);
        for (int i = 0; i < PT_ENTRIES; i++)
            atomic_init(&table[i], pte_leaf(first + i * pt_size(below), prot, below));
    }

    pte_t expected = c->pte;
    if (!atomic_compare_exchange_strong(c->entry, &expected, pte_table(pa)))
        table_free(c->pt, phys_to_page(pa));
    return 0;
}

int pt_seek_alloc(struct pt_cursor *c, struct page_table *pt, vaddr_t va, int level, gfp_t gfp)
{
    pt_seek(c, pt, va);
    while (c->level > level) {
        int err = add_table(c, gfp);
        if (err)
            return err;
        descend(c, va);
    }
    return 0;
}

/* The highest level on which one leaf can start at (va, pa) and reach no further than `size`. */
static int leaf_level(vaddr_t va, paddr_t pa, size_t size, int max_level)
{
    int level = min(max_level, PT_LEAF_MAX);
    while (level > 0 && (!IS_ALIGNED(va | pa, pt_size(level)) || size < pt_size(level)))
        level--;
    return level;
}

int pt_map(struct page_table *pt, vaddr_t va, paddr_t pa, size_t size, unsigned prot, int max_level)
{
    while (size > 0) {
        struct pt_cursor c;
        int level = leaf_level(va, pa, size, max_level);
        int err = pt_seek_alloc(&c, pt, va, level, GFP_KERNEL);
        if (err)
            return err;
        /* A table that is left there from before, though empty, stays. */
        level = c.level;
        BUG_ON(c.pte != 0);
        pt_set(&c, pte_leaf(pa, prot, level));

        size_t step = pt_size(level);
        va += step;
        pa += step;
        size -= step;
    }
    return 0;
}

void pt_unmap(struct page_table *pt, vaddr_t va, size_t size)
{
    struct pt_cursor c;

    pt_for_each_used(&c, pt, va, va + size)
    {
        BUG_ON(c.va < va || c.va + pt_size(c.level) > va + size);
        pt_set(&c, 0);
    }
}

/* Splits the leaf that crosses `va`, if there is one: then a leaf begins there. */
static int split_at(struct page_table *pt, vaddr_t va)
{
    struct pt_cursor c;

    pt_seek(&c, pt, va);
    while (c.va < va && pte_kind(c.pte, c.level) == PTE_LEAF) {
        int err = add_table(&c, GFP_KERNEL);
        if (err)
            return err;
        descend(&c, va);
    }
    return 0;
}

int pt_protect(struct page_table *pt, vaddr_t va, size_t size, unsigned prot)
{
    struct pt_cursor c;
    int err = split_at(pt, va);

    if (!err)
        err = split_at(pt, va + size);
    if (err)
        return err;
    pt_for_each_used(&c, pt, va, va + size)
    {
        if (pte_kind(c.pte, c.level) == PTE_LEAF)
            pt_set(&c, pte_leaf(pte_paddr(c.pte, c.level), prot, c.level));
    }
    return 0;
}

int pt_translate(struct page_table *pt, vaddr_t va, paddr_t *pa, unsigned *prot)
{
    struct pt_cursor c;

    pt_seek(&c, pt, va);
    if (pte_kind(c.pte, c.level) != PTE_LEAF)
        return -EFAULT;
    *pa = pte_paddr(c.pte, c.level) + (va - c.va);
    *prot = pte_prot(c.pte, c.level);
    return 0;
}

int pt_create(struct page_table *pt)
{
    struct page *page = alloc_page(GFP_USER);
    size_t slots = ROOT_SLOTS / 2, size = slots * sizeof(pte_t);

    if (!page)
        return -ENOMEM;
    page_set(page, PG_table);
    atomic_fetch_add(&nr_page_table_pages, 1);
    pt->root = page_address(page);
    atomic_init(&pt->tables, 0);
    /* The kernel's half of its root has not changed since boot. */
    memset((void *)pt->root, 0, size);
    memcpy((void *)(pt->root + slots), (const void *)(kernel_table.root + slots), size);
    return 0;
}

void pt_destroy(struct page_table *pt)
{
    struct list_head tables = LIST_HEAD_INIT(tables);

    if (atomic_load(&pt->tables))
        pt_unlink_tables(pt, 0, USER_END, 0, USER_END, &tables);
    pt_free_unlinked(pt, &tables);
    DEBUG_ON(atomic_load(&pt->tables) != 0);

    struct page *page = virt_to_page((void *)pt->root);
    page_clear(page, PG_table);
    atomic_fetch_sub(&nr_page_table_pages, 1);
    put_page(page);
    pt->root = NULL;
}

/* The tables to unlink: see pt_unlink_tables(). */
struct table_range {
    vaddr_t start, end;     /* what they translate some of */
    vaddr_t floor, ceiling; /* what they lie in */
    struct list_head *unlinked;
};

static bool is_empty(pte_t pte, int level)
{
    for (int i = 0; i < PT_ENTRIES; i++)
        if (atomic_load_explicit(&table_at(pte, level)[i], memory_order_relaxed))
            return false;
    return true;
}

/*
 * Unlinks them from the table on `level` whose range begins at `base`, the lowest ones first. Only
 * entries for [start, end) are looked at: a table in [floor, ceiling) that translates nothing of
 * that has gone with what it was there for.
 */
static void unlink_tables(_Atomic pte_t *table, int level, vaddr_t base, struct table_range *r)
{
    size_t size = pt_size(level);
    vaddr_t last = min(r->end - 1, base + (size << PT_INDEX_BITS) - 1);
    vaddr_t va = ALIGN_DOWN(max(r->start, base), size);

    for (; va <= last; va += size) {
        _Atomic pte_t *entry = &table[pt_index(va, level)];
        pte_t pte = atomic_load_explicit(entry, memory_order_relaxed);
        if (pte_kind(pte, level) != PTE_TABLE)
            continue;
        if (level > 1)
            unlink_tables(table_at(pte, level), level - 1, va, r);
        if (va >= r->floor && va + size <= r->ceiling) {
            DEBUG_ON(!is_empty(pte, level));
            atomic_store(entry, 0);
            list_add_tail(&phys_to_page(pte_paddr(pte, level))->lru, r->unlinked);
        }
    }
}

void pt_unlink_tables(struct page_table *pt, vaddr_t start, vaddr_t end, vaddr_t floor,
                      vaddr_t ceiling, struct list_head *tables)
{
    struct table_range r = {start, end, floor, ceiling, tables};

    BUG_ON(ceiling > USER_END || start < floor || end > ceiling || start >= end);
    unlink_tables(pt->root, PT_LEVELS - 1, 0, &r);
}

void pt_free_unlinked(struct page_table *pt, struct list_head *tables)
{
    struct page *page, *next;

    list_for_each_entry_safe (page, next, tables, lru) {
        list_del(&page->lru);
        table_free(pt, page);
    }
}

/* What pt_walk() was called with. */
struct walk {
    vaddr_t start, last; /* both inclusive */
    pt_visit_fn *fn;
    void *arg;
};

/* The entries of the table at `pa` on `level` whose range begins at `base`, and all below them. */
static bool walk_table(_Atomic pte_t *table, paddr_t pa, int level, vaddr_t base, struct walk *w)
{
    for (unsigned i = 0; i < PT_ENTRIES; i++) {
        bool root = level == PT_LEVELS - 1;
        vaddr_t va = root ? SLOT_VA(i) : base + i * pt_size(level);
        pte_t pte = atomic_load_explicit(&table[i], memory_order_acquire);
        struct pt_entry entry = {.va = va, .level = level, .table = pa, .pte = pte};

        if (pte == 0 || va + (pt_size(level) - 1) < w->start || va > w->last)
            continue;
        if (!w->fn(&entry, w->arg))
            return false;
        if (pte_kind(pte, level) == PTE_TABLE &&
            !walk_table(table_at(pte, level), pte_paddr(pte, level), level - 1, va, w))
            return false;
    }
    return true;
}

bool pt_walk(struct page_table *pt, vaddr_t start, vaddr_t end, pt_visit_fn *fn, void *arg)
{
    struct walk w = {.start = start, .last = end - 1, .fn = fn, .arg = arg};

    return walk_table(pt->root, page_table_phys(pt), PT_LEVELS - 1, 0, &w);
}

static bool count_entry(const struct pt_entry *entry, void *arg)
{
    struct pt_stats *out = arg;
    enum pte_kind kind = pte_kind(entry->pte, entry->level);

    if (kind == PTE_TABLE) {
        out->tables[entry->level]++;
    } else if (kind == PTE_LEAF) {
        unsigned prot = pte_prot(entry->pte, entry->level);
        out->leaves[entry->level]++;
        out->prot_any |= prot;
        out->write_exec |= (prot & P_WRITE) && (prot & P_EXEC);
    }
    return true;
}

void pt_count(struct page_table *pt, vaddr_t start, vaddr_t end, struct pt_stats *out)
{
    *out = (struct pt_stats){0};
    pt_walk(pt, start, end, count_entry, out);
}
