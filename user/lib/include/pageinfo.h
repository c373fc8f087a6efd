/* SPDX-License-Identifier: MIT */
/*
 * pageinfo.h: which page is behind an address (/proc/PID/pagemap), and what the kernel knows of a
 * page
 * (/proc/kpagecount, /proc/kpageflags): binary files of 64-bit words in Linux's format. pfn is a
 * page frame number: a physical address divided by the page size.
 */
#ifndef PAGEINFO_H
#define PAGEINFO_H

#include <stddef.h>
#include <stdint.h>

/* Words of pagemap. */
#define PM_PRESENT    (1ul << 63)
#define PM_SWAPPED    (1ul << 62)
#define PM_FILE       (1ul << 61) /* a file's page, or shared anonymous */
#define PM_EXCLUSIVE  (1ul << 56) /* mapped here only */
#define PM_SOFT_DIRTY (1ul << 55)
#define PM_PFN(word)  ((word) & ((1ul << 55) - 1))

/* Words of kpageflags: the bits' numbers. */
enum {
    KPF_LOCKED,
    KPF_ERROR,
    KPF_REFERENCED,
    KPF_UPTODATE,
    KPF_DIRTY,
    KPF_LRU,
    KPF_ACTIVE,
    KPF_SLAB,
    KPF_WRITEBACK,
    KPF_RECLAIM,
    KPF_BUDDY,
    KPF_MMAP,
    KPF_ANON,
    KPF_SWAPCACHE,
    KPF_SWAPBACKED,
    KPF_COMPOUND_HEAD,
    KPF_COMPOUND_TAIL,
    KPF_HUGE,
    KPF_UNEVICTABLE,
    KPF_HWPOISON,
    KPF_NOPAGE,
    KPF_KSM,
    KPF_THP,
    KPF_OFFLINE,
    KPF_ZERO_PAGE,
    KPF_IDLE,
    KPF_PGTABLE,
    KPF_RESERVED = 32,
    KPF_MLOCKED,
};

/*
 * pagemap's words for the `n` pages from `address` on. Returns how many were read, which is fewer
 * at the end of the process's half; -1 with errno, ESRCH when there is no such process.
 */
long page_words(int pid, uint64_t address, uint64_t *words, size_t n);
/* That of one address; 0 for a page that is not there, or not to be had. */
uint64_t page_word(int pid, uint64_t address);

/* How many page-table entries map the page, and its KPF_ bits. 0, or -1 with errno. */
int page_count(uint64_t pfn, uint64_t *count);
int page_flags(uint64_t pfn, uint64_t *flags);
/* The KPF_ bits of `n` pages from pfn on. How many were read, fewer where memory ends; -1. */
long page_flag_words(uint64_t pfn, uint64_t *words, size_t n);

/* "uptodate,lru,mmap" from KPF_ bits, "-" from none. buf is returned. */
char *page_flag_names(uint64_t flags, char *buf, size_t size);

#endif
