/* SPDX-License-Identifier: MIT */
/*
 * What the files that change a process's page-table leaves share with each other: memory.c faults,
 * zap.c taking away (for mmap.c and mm.c too, whose areas go), fork_pages.c showing a child,
 * protect.c, lazyfree.c, rmap_walk.c coming from a page.
 *
 * Every present (or hidden) user entry holds one reference to its page and one count of mapcount,
 * except that of zero_page, which is not counted at all. Entries change under mm->page_table_lock
 * only. It is taken for a *stretch* at a time, what one table translates, and let go of before the
 * next one, so that nobody waits for more than 512 entries.
 *
 * A writable entry is dirty, unless it shows a page of a file that is memory alone: those are
 * writable from the first load. If it shows a page of a file on a disk, that page is dirty in the
 * cache, or about to be in the hands of whoever has it locked; so an entry of a file's page that
 * loses the right to be written to is flushed before page_table_lock is released: page_mkclean()
 * finds it read-only from then on, and believes that no CPU stores any more.
 */
#ifndef MM_MEMORY_IMPL_H
#define MM_MEMORY_IMPL_H

#include "kernel/panic.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"

/* The entry for a page, of which entry_prot() is `prot`: hidden if that allows nothing. */
static inline pte_t make_entry(const struct page *page, unsigned prot)
{
    if (!(prot & P_READ))
        return pte_hidden(page_to_pfn(page), prot);
    return pte_leaf(page_to_phys(page), prot, 0);
}

static inline void put_user_page(struct page *page)
{
    if (page != zero_page)
        put_page(page);
}

/*
 * Stands on the first used entry of [va, end), *stop behind the last one that its table can have of
 * that. False: there is none. Looks without a lock: entries that come meanwhile may be missed.
 */
static inline bool next_stretch(struct pt_cursor *c, struct page_table *pt, vaddr_t va, vaddr_t end,
                                vaddr_t *stop)
{
    if (va >= end)
        return false;
    pt_seek(c, pt, va);
    if (!pt_find_used(c, end))
        return false;
    DEBUG_ON(c->level != 0);
    *stop = min(end, ALIGN_DOWN(c->va, pt_size(1)) + pt_size(1));
    return true;
}

/*
 * The used entries of a stretch, from where the cursor stands up to `stop`: they lie side by side
 * in one table, which stays. page_table_lock held.
 */
#define for_each_used_entry(c, stop)                                                               \
    for (; (c)->va < (stop); (c)->va += PAGE_SIZE, (c)->entry++)                                   \
        if (!((c)->pte = atomic_load_explicit((c)->entry, memory_order_relaxed))) {                \
        } else

/* --- memory.c: counting. Changes are summed up, and added to all counters at the end. --- */
struct rss_change {
    long anon, file, shmem;        /* entries of the mm */
    long anon_pages, mapped_pages; /* pages that are mapped at all */
};
/* An entry of the area begins to show the page at `va`, taking over one reference. */
void rmap_add(struct rss_change *rss, struct vm_area_struct *vma, vaddr_t va, struct page *page);
/* It stops; its reference is the caller's to put. */
void rmap_remove(struct rss_change *rss, struct page *page);
void rss_apply(struct mm_struct *mm, const struct rss_change *rss);

/* --- zap.c --- */
/* As zap_range(), but anonymous pages stay. */
void zap_file_pages(struct mm_struct *mm, vaddr_t start, vaddr_t end);

/*
 * What a process has lost and a CPU may still reach: pages whose entries are gone, tables that no
 * entry points to. One flush for all of it, then it is freed. mmap_lock as for zap_range(), from
 * beginning to end; where tables go too, held for writing, or a dead process's.
 */
#define GATHER_FEW 32
struct gather {
    struct mm_struct *mm;
    vaddr_t start, end; /* what the next flush must cover; none if start == end */
    bool keep_anon;     /* only what files show goes */
    bool flush_now;     /* before page_table_lock is released: see above */
    size_t n, max;
    size_t flushed; /* as many of the first pages count as mapped no more */
    struct page **pages;
    struct page *array; /* whose memory `pages` is, or NULL */
    struct rss_change rss;
    struct list_head tables;
    struct page *few[GATHER_FEW];
};
void gather_begin(struct gather *g, struct mm_struct *mm);
/* Makes the entries of [start, end) absent; of several ranges, the lower one first. May sleep. */
void gather_pages(struct gather *g, vaddr_t start, vaddr_t end);
/* pt_unlink_tables() */
void gather_tables(struct gather *g, vaddr_t start, vaddr_t end, vaddr_t floor, vaddr_t ceiling);
void gather_end(struct gather *g);

/* filemap_fault.c: is the page, that was found for the area, still what its file has there? */
bool page_is_current(const struct vm_area_struct *vma, const struct page *page);

#endif
