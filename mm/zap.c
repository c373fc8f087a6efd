/* SPDX-License-Identifier: MIT */
/*
 * Taking pages away: entries cleared, TLBs flushed, pages put, in that order and each for as many
 * as possible at once.
 *
 * The pages in between are kept in an array, at first a small one on the stack; when that is full,
 * a page's worth. A table of a dead process is used by no CPU, so nothing is flushed then.
 */
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/memory_impl.h"

#define FEW  32
#define MANY (PAGE_SIZE / sizeof(struct page *))

/*
 * Pages whose entries are gone already, but which a CPU may still reach: until they are flushed
 * they count as mapped, for who writes a page back does not look for entries of one that is not.
 */
struct gather {
    struct mm_struct *mm;
    vaddr_t start, end; /* what the next flush must cover; none if start == end */
    bool keep_anon;     /* only what files show goes */
    bool flush_now;     /* before page_table_lock is released: see memory_impl.h */
    size_t n, max;
    size_t flushed; /* as many of the first pages count as mapped no more */
    struct page **pages;
    struct page *array; /* whose memory `pages` is, or NULL */
    struct rss_change rss;
    struct page *few[FEW];
};

static void gather_flush_tlb(struct gather *g)
{
    if (g->start < g->end && !g->mm->dying)
        tlb_flush_range(&g->mm->arch, g->start, g->end);
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
    g->n = g->flushed = 0;
    rss_apply(g->mm, &g->rss);
    g->rss = (struct rss_change){0};
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
static void zap_entry(struct gather *g, struct pt_cursor *c)
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

/* Entries of [va, stop), at most as many as there is room for. Where it stopped. */
static vaddr_t zap_stretch(struct gather *g, vaddr_t va, vaddr_t stop)
{
    struct mm_struct *mm = g->mm;
    struct pt_cursor c;

    spin_lock(&mm->page_table_lock);
    pt_for_each_used(&c, &mm->pt, va, stop)
    {
        if (g->n == g->max) {
            stop = c.va;
            break;
        }
        if (!g->keep_anon || !page_test(entry_page(c.pte), PG_anon))
            zap_entry(g, &c);
    }
    if (g->flush_now)
        gather_flush_tlb(g);
    spin_unlock(&mm->page_table_lock);
    return stop;
}

static void zap(struct mm_struct *mm, vaddr_t start, vaddr_t end, bool keep_anon)
{
    struct gather g = {.mm = mm, .keep_anon = keep_anon, .max = FEW, .pages = g.few};
    vaddr_t stop;

    while (next_stretch(&mm->pt, &start, end, &stop)) {
        start = zap_stretch(&g, start, stop);
        if (g.n == g.max)
            gather_make_room(&g);
        cond_resched();
    }
    gather_flush(&g);
    if (g.array)
        put_page(g.array);
}

void zap_range(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
    zap(mm, start, end, false);
}

void zap_file_pages(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
    zap(mm, start, end, true);
}
