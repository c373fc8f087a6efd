/* SPDX-License-Identifier: MIT */
/*
 * Physical pages: struct page, and going between page, pfn, physical and direct-map address.
 *
 * There is one struct page for each page of memory, in the array `vmemmap` indexed by page frame
 * number; only those parts of the array that describe memory are backed. Its size is 64 bytes, so
 * that the array's window is exactly 1/64 of the direct map's.
 *
 * `refcount` says who may free it: alloc_pages() hands it out with 1, get_page() adds, put_page()
 * takes away and frees at 0. Everything else in it belongs to whoever owns the page, as the type
 * bits of `flags` say.
 */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include <stdatomic.h>
#include <arch/window.h>
#include "kernel/list.h"
#include "mm/layout.h"

enum page_flags {
    /* What the page is; none of these set: plain memory of whoever allocated it. */
    PG_buddy = 1 << 0,    /* head of a free block of 1 << order pages, on a buddy list */
    PG_slab = 1 << 1,     /* first page of a slab */
    PG_table = 1 << 2,    /* a page table */
    PG_reserved = 1 << 3, /* never the allocator's: image, firmware */
    PG_cache = 1 << 4,    /* in a file's page cache */
    PG_anon = 1 << 5,     /* a process's own memory */
    PG_large = 1 << 6,    /* head of a block given out by kmalloc */
    PG_pcp = 1 << 7,      /* free, on a CPU's list */
    /* Page cache state; see mm/filemap.h. */
    PG_locked = 1 << 8,
    PG_uptodate = 1 << 9,
    PG_dirty = 1 << 10,
    PG_referenced = 1 << 11, /* used since reclaim last looked */
    PG_error = 1 << 12,
    PG_swapbacked = 1 << 13, /* PG_cache: of tmpfs; stored nowhere else, so never reclaimed */
    PG_lazyfree = 1 << 14, /* PG_anon: MADV_FREE; reclaim may drop it unless it was written since */
};

struct page {
    _Atomic uint32_t flags;
    uint8_t order;  /* of the block this page heads: free, slab, kmalloc */
    uint8_t zone;   /* index in zones[] */
    uint16_t inuse; /* slab: objects given out */
    atomic_int refcount;
    atomic_int mapcount;  /* how many user page-table entries point here */
    struct list_head lru; /* buddy, per-CPU, slab or page-cache LRU list, as flags say */
    union {
        struct address_space *mapping; /* PG_cache */
        struct anon_vma *anon_vma;     /* PG_anon, once it is mapped; see mm/rmap.h */
        struct kmem_cache *slab;       /* PG_slab */
        uint64_t private;              /* free for the owner of plain memory */
    };
    union {
        uint64_t index; /* PG_cache: page number in the file; PG_anon: see mm/rmap.h */
        void *freelist; /* PG_slab: first free object */
    };
    const void *owner; /* return address of who allocated it, for reports */
    uint64_t unused;   /* up to the size that vmemmap's window is made for */
};
_Static_assert(sizeof(struct page) == 64, "vmemmap's window assumes 64 bytes a page");

#define vmemmap ((struct page *)ARCH_VMEMMAP_BASE)

/* Where the image was loaded: physical address of __START_KERNEL_map's first byte. */
extern paddr_t kernel_phys_base;

static inline struct page *pfn_to_page(pfn_t pfn)
{
    return vmemmap + pfn;
}
static inline pfn_t page_to_pfn(const struct page *page)
{
    return (pfn_t)(page - vmemmap);
}
static inline paddr_t page_to_phys(const struct page *page)
{
    return page_to_pfn(page) << PAGE_SHIFT;
}
static inline struct page *phys_to_page(paddr_t pa)
{
    return pfn_to_page(pa >> PAGE_SHIFT);
}

/* Physical memory through the direct map. */
static inline void *__va(paddr_t pa)
{
    return (void *)(ARCH_DIRECT_MAP_BASE + pa);
}
/* Of a direct-map address only. */
static inline paddr_t __pa(const void *va)
{
    return (paddr_t)((uintptr_t)va - ARCH_DIRECT_MAP_BASE);
}
/* Of an address in the kernel image. */
static inline paddr_t __pa_symbol(const void *va)
{
    return (paddr_t)((uintptr_t)va - __START_KERNEL_map) + kernel_phys_base;
}
static inline struct page *virt_to_page(const void *va)
{
    return phys_to_page(__pa(va));
}
static inline void *page_address(const struct page *page)
{
    return __va(page_to_phys(page));
}

/* True when `pfn` is memory that has a struct page. */
bool pfn_valid(pfn_t pfn);

/*
 * A page's bytes, for as long as the caller needs them: the way for everyone outside the
 * allocators. The direct map shows every page; a port whose direct map does not would map it for
 * the moment.
 */
static inline void *kmap_local(struct page *page)
{
    return page_address(page);
}
static inline void kunmap_local(void *va)
{
    (void)va;
}

static inline bool page_test(const struct page *page, uint32_t flag)
{
    return atomic_load_explicit(&page->flags, memory_order_acquire) & flag;
}
static inline void page_set(struct page *page, uint32_t flag)
{
    atomic_fetch_or(&page->flags, flag);
}
static inline void page_clear(struct page *page, uint32_t flag)
{
    atomic_fetch_and(&page->flags, ~flag);
}
/* Sets the flag and returns whether it was set before. */
static inline bool page_test_and_set(struct page *page, uint32_t flag)
{
    return atomic_fetch_or(&page->flags, flag) & flag;
}

#endif
