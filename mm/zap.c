/* SPDX-License-Identifier: MIT */
/*
 * Taking pages and tables away: entries cleared, TLBs flushed, pages put, in that order and each
 * for as many as possible at once.
 *
 * The pages in between are kept in an array, at first a small one on the stack; when that is full,
 * a page's worth. Until they are flushed they count as mapped, for who writes a page back does not
 * look for entries of one that is not. Tables are on a list, and are unlinked only when all their
 * entries are absent. A table of a dead process is used by no CPU, so nothing is flushed then.
 *
 * Two may zap the same range at once, for they hold mmap_lock for reading or come from a file. What
 * one finds absent the other may not have flushed yet; then both flush it, for each promises its
 * caller that nothing of what was there is seen any more (mm->zapping).
 */
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/memory_impl.h"

#define MANY (PAGE_SIZE / sizeof(struct page *))

void gather_begin(struct gather *g, struct mm_struct *mm)
{
    g->mm = mm;
    g->start = g->end = 0;
    g->keep_anon = g->flush_now = false;
    g->n = g->flushed = 0;
    g->max = GATHER_FEW;
    g->pages = g->few;
    g->array = NULL;
    g->rss = (struct rss_change){0};
    list_init(&g->tables);
}

/* A flush of leaves alone does not do where hardware may remember pointers to tables. */
static void gather_flush_tlb(struct gather *g)
{
    if (g->mm->dying) {
        /* nothing */
    } else if (!list_empty(&g->tables)) {
        tlb_flush_mm(&g->mm->arch);
    } else if (g->start < g->end) {
        tlb_flush_range(&g->mm->arch, g->start, g->end);
    }
    for (; g->flushed < g->n; g->flushed++)
        rmap_remove(&g->rss, g->pages[g->flushed]);
    g->start = g->end = 0;
    g->flush_now = false;
}

static void gather_flush(struct gather *g)
{
    gather_flush_tlb(g);
    for (size_t i = 0; i < g->n; i++)
        put_page(g->pages[i]);
    if (g->mm->oom_victim)
        atomic_fetch_add_explicit(&oom_progress, g->n, memory_order_relaxed);
    pt_free_unlinked(&g->mm->pt, &g->tables);
    rss_apply(g->mm, &g->rss);
    g->rss = (struct rss_change){0};
    g->n = g->flushed = 0;
}

/* The array is full: a larger one, or all of it goes. */
static void gather_make_room(struct gather *g)
{
    if (!g->array && !g->mm->dying && (g->array = alloc_page(GFP_ATOMIC))) {
        g->pages = page_address(g->array);
        memcpy(g->pages, g->few, sizeof(g->few));
        g->max = MANY;
    } else {
        gather_flush(g);
    }
}

/* Under page_table_lock; there is room for one more. */
static void gather_entry(struct gather *g, struct pt_cursor *c)
{
    pte_t old = pt_set(c, 0);
    struct page *page = entry_page(old);

    if (g->start == g->end)
        g->start = c->va;
    g->end = c->va + PAGE_SIZE;
    if (page == zero_page)
        return;
    if ((entry_prot(old) & P_WRITE) && !page_test(page, PG_anon))
        g->flush_now = true;
    if ((entry_prot(old) & P_DIRTY) && page_test(page, PG_swapbacked))
        page_set(page, PG_dirty); /* of these, nobody was told when they were stored to */
    g->pages[g->n++] = page;
}

/* Up to `stop`, at most as many entries as there is room for. Where it stopped. */
static vaddr_t gather_stretch(struct gather *g, struct pt_cursor *c, vaddr_t stop)
{
    struct mm_struct *mm = g->mm;

    spin_lock(&mm->page_table_lock);
    for_each_used_entry(c, stop)
    {
        if (g->n == g->max)
            break;
        if (!g->keep_anon || !page_test(entry_page(c->pte), PG_anon))
            gather_entry(g, c);
    }
    if (g->flush_now)
        gather_flush_tlb(g);
    spin_unlock(&mm->page_table_lock);
    return c->va;
}

void gather_pages(struct gather *g, vaddr_t start, vaddr_t end)
{
    struct pt_cursor c;
    vaddr_t va = start, stop;

    while (next_stretch(&c, &g->mm->pt, va, end, &stop)) {
        va = gather_stretch(g, &c, stop);
        if (g->n == g->max)
            gather_make_room(g);
        cond_resched();
    }
}

void gather_tables(struct gather *g, vaddr_t start, vaddr_t end, vaddr_t floor, vaddr_t ceiling)
{
    pt_unlink_tables(&g->mm->pt, start, end, floor, ceiling, &g->tables);
}

void gather_end(struct gather *g)
{
    gather_flush(g);
    if (g->array)
        put_page(g->array);
}

static void zap(struct mm_struct *mm, vaddr_t start, vaddr_t end, bool keep_anon)
{
    struct gather g;

    gather_begin(&g, mm);
    g.keep_anon = keep_anon;
    atomic_fetch_add(&mm->zapping, 1);
    gather_pages(&g, start, end);
    gather_end(&g);
    if (atomic_fetch_sub(&mm->zapping, 1) > 1 && start < end)
        tlb_flush_range(&mm->arch, start, end);
}

void zap_range(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
    zap(mm, start, end, false);
}

void zap_file_pages(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
    zap(mm, start, end, true);
}
