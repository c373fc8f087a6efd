/* SPDX-License-Identifier: MIT */
/*
 * procfs: /proc/kpagecount and /proc/kpageflags: 64 bits for each page frame, at 8 times its
 * number: how many entries of user page tables show it, and what it is, in the bits that Linux
 * gives to programs (linux/kernel-page-flags.h). They end where memory does.
 *
 * Nothing is locked: a word was true of its page a moment ago.
 */
#include "kernel/fs/proc/proc.h"
#include "mm/memblock.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"

enum {
    KPF_LOCKED = 0,
    KPF_ERROR = 1,
    KPF_REFERENCED = 2,
    KPF_UPTODATE = 3,
    KPF_DIRTY = 4,
    KPF_LRU = 5,
    KPF_SLAB = 7,
    KPF_BUDDY = 10,
    KPF_MMAP = 11,
    KPF_ANON = 12,
    KPF_SWAPBACKED = 14,
    KPF_COMPOUND_HEAD = 15,
    KPF_COMPOUND_TAIL = 16,
    KPF_NOPAGE = 20,
    KPF_ZERO_PAGE = 24,
    KPF_PGTABLE = 26,
    KPF_RESERVED = 32,
};
#define KPF(name) (1ull << KPF_##name)

/* What Linux spells with one flag as well. */
static const struct {
    uint32_t flag;
    uint64_t kpf;
} same[] = {
    {PG_locked, KPF(LOCKED)},
    {PG_error, KPF(ERROR)},
    {PG_referenced, KPF(REFERENCED)},
    {PG_uptodate, KPF(UPTODATE)},
    {PG_dirty, KPF(DIRTY)},
    {PG_cache, KPF(LRU)},
    {PG_slab, KPF(SLAB)},
    {PG_buddy, KPF(BUDDY)},
    {PG_anon, KPF(ANON)},
    {PG_swapbacked, KPF(SWAPBACKED)},
    {PG_reserved, KPF(RESERVED)},
    {PG_table, KPF(PGTABLE)},
};

/*
 * The first page of the free block, slab or kmalloc'ed block that the page is in, or the page
 * itself. Only the first is marked; the others of a block have neither flags nor references.
 */
static const struct page *block_head(const struct page *page)
{
    const uint32_t heads = PG_buddy | PG_slab | PG_large;
    pfn_t pfn = page_to_pfn(page);

    if (atomic_load(&page->flags) || atomic_load(&page->refcount))
        return page;
    for (unsigned order = 1; order <= MAX_ORDER; order++) {
        pfn_t first = ALIGN_DOWN(pfn, 1ul << order);
        if (!pfn_valid(first))
            break;
        const struct page *head = pfn_to_page(first);
        if (first != pfn && page_test(head, heads) && head->order >= order)
            return head;
    }
    return page;
}

static uint64_t flags_word(pfn_t pfn)
{
    uint64_t word = 0;

    if (!pfn_valid(pfn))
        return KPF(NOPAGE);
    const struct page *page = pfn_to_page(pfn), *head = block_head(page);
    uint32_t flags = atomic_load(&head->flags);

    for (unsigned i = 0; i < ARRAY_SIZE(same); i++)
        if (flags & same[i].flag)
            word |= same[i].kpf;
    if ((flags & (PG_slab | PG_large)) && head->order > 0)
        word |= head == page ? KPF(COMPOUND_HEAD) : KPF(COMPOUND_TAIL);
    if ((flags & PG_anon) && !(flags & PG_lazyfree))
        word |= KPF(SWAPBACKED);
    if (atomic_load(&page->mapcount) > 0)
        word |= KPF(MMAP);
    if (page == zero_page)
        word |= KPF(ZERO_PAGE);
    return word;
}

static uint64_t count_word(pfn_t pfn)
{
    return pfn_valid(pfn) ? (uint64_t)max(atomic_load(&pfn_to_page(pfn)->mapcount), 0) : 0;
}

static void make_flags(uint64_t *words, uint64_t first, size_t n, void *arg)
{
    (void)arg;
    for (size_t i = 0; i < n; i++)
        words[i] = flags_word(first + i);
}

static void make_counts(uint64_t *words, uint64_t first, size_t n, void *arg)
{
    (void)arg;
    for (size_t i = 0; i < n; i++)
        words[i] = count_word(first + i);
}

ssize_t proc_read_kpagecount(uaddr_t buf, size_t n, loff_t *pos)
{
    return proc_read_words(buf, n, pos, memblock_end() >> PAGE_SHIFT, make_counts, NULL);
}

ssize_t proc_read_kpageflags(uaddr_t buf, size_t n, loff_t *pos)
{
    return proc_read_words(buf, n, pos, memblock_end() >> PAGE_SHIFT, make_flags, NULL);
}
