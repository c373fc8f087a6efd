/* SPDX-License-Identifier: MIT */
/*
 * A process's memory: the mm_struct, and what is done with it as a whole. Its areas are mm/vma.h's.
 *
 * Locks: mmap_lock (RANK_MMAP) guards the areas and the sizes: held for writing to change them, for
 * reading to look and to serve faults. Whoever changes an area's borders, or which areas there are,
 * holds rmap_lock() as well: who comes from a page by mm/rmap.h has no mmap_lock. page_table_lock
 * (RANK_PAGE_TABLE, inside) guards the leaves of the page table, always: they change under it
 * alone. Tables are freed only when no area is left that could lead there. The counters `rss_*` are
 * atomic. mm_users counts the tasks, and whoever else looks at it for a moment; the last one to
 * leave unmaps and frees everything.
 */
#ifndef MM_MM_H
#define MM_MM_H

#include <arch/tlb.h>
#include "kernel/mutex.h"
#include "mm/pgtable.h"
#include "mm/vma.h"

struct task_struct;

struct mm_struct {
    /* The layout. Set by exec, moved by brk and mmap; addresses in bytes. */
    vaddr_t task_size;
    vaddr_t mmap_base;
    bool mmap_bottom_up; /* the classic layout: the stack has no limit */
    vaddr_t start_code, end_code, start_data, end_data;
    vaddr_t start_brk, brk, start_stack;
    vaddr_t arg_start, arg_end, env_start, env_end;
    vaddr_t vdso; /* the page with the way back from signal handlers, or 0 */
    /*
     * Sizes in pages, kept true at all times. Linux's pinned_vm is not here: no device is given a
     * process's own pages.
     */
    size_t total_vm, locked_vm, data_vm, exec_vm, stack_vm;
    size_t hiwater_vm, hiwater_rss;
    atomic_long rss_anon, rss_file, rss_shmem;
    unsigned map_count;
#if DEBUG
    unsigned unchecked; /* changes to areas since mm_validate() */
#endif
    unsigned def_flags; /* of every new area: VM_LOCKED... after mlockall(MCL_FUTURE) */

    struct list_head mmap; /* areas, ascending */
    struct rb_root mm_rb;

    struct page_table pt;
    struct arch_mm arch;
    struct rwsem mmap_lock;
    struct spinlock page_table_lock;
    struct anon_vma *anon_vma; /* shared by all that were forked from one exec() */
    atomic_int mm_users;
    atomic_int zapping;    /* calls of zap_range() that have not flushed yet */
    bool dying;            /* no CPU uses its table any more: unmapping needs no flush */
    bool oom_victim;       /* its tasks were killed for its memory; tasklist_lock */
    struct file *exe_file; /* one reference */
    uint64_t saved_auxv[48];
};

#define for_each_vma(mm, vma) list_for_each_entry (vma, &(mm)->mmap, vm_list)

/* --- mm.c: life and death --- */
void mm_init(void); /* once, after the slab allocator and radix_init() */
/* An empty one, with one user: exec's. NULL: no memory. */
struct mm_struct *mm_alloc(void);
/*
 * fork: one with the same areas, and the same pages until either side stores. Takes the old one's
 * mmap_lock for writing; may sleep. NULL: no memory, or the task is being killed.
 */
struct mm_struct *mm_dup(struct mm_struct *old);
/* A user less; the last one's call frees everything. Takes NULL. May sleep. */
void mmput(struct mm_struct *mm);
/* The program's file (or NULL), which nobody may write to from now on: 0 or -ETXTBSY. */
int set_exe_file(struct mm_struct *mm, struct file *file);
/* A task's, with a user more; NULL: it has none any more, or never had. Takes tasklist_lock. */
struct mm_struct *get_task_mm(struct task_struct *t);
/* Makes `mm` (NULL: only the kernel half) what this CPU uses. Does not sleep. */
void mm_activate(struct mm_struct *mm);

/* --- mmap.c, brk.c, mprotect.c: the calls' insides. They take mmap_lock, or say so. --- */
#define MAX_MAP_COUNT 65530 /* areas of one process, unless sysctl_max_map_count was changed */
/* More areas than this, and mmap() and brk() make no other; what cuts areas stops at it. */
extern unsigned sysctl_max_map_count;
/*
 * Where a mapping of `size` bytes (page-aligned, > 0) would be put by mmap() with this address and
 * MAP_FIXED or MAP_FIXED_NOREPLACE in `flags` (neither: a hint, or 0). Changes nothing. -ENOMEM,
 * -EINVAL, -EPERM, -EEXIST as mmap(2) says. mmap_lock held.
 */
long get_unmapped_area(struct mm_struct *mm, vaddr_t addr, size_t size, int flags);
/* Whether the current process has asked for memory that is to be read to be executable as well. */
bool read_implies_exec(int prot);
/*
 * Anywhere; or `fixed`, exactly at addr (what is there goes first). vm_flags are an area's. The
 * address, or -errno and nothing has changed. mmap_lock held for writing.
 */
long do_mmap(struct mm_struct *mm, vaddr_t addr, size_t size, unsigned vm_flags, struct file *file,
             uint64_t pgoff, bool fixed);
/*
 * mmap_lock held for writing. 0, or -ENOMEM and nothing has changed: a hole in one area makes one
 * more, nothing else can fail.
 */
int do_munmap(struct mm_struct *mm, vaddr_t start, size_t size);
/* May `mm` have so many pages more with these flags (the current task's RLIMIT_AS, _DATA)? */
bool may_expand_vm(struct mm_struct *mm, unsigned vm_flags, size_t pages);
/* mlock.c: may so many pages more be locked (RLIMIT_MEMLOCK of the current task)? */
bool may_lock(struct mm_struct *mm, size_t pages);
/* May the current task lock any memory at all? Who may not gets -EPERM. */
bool can_do_mlock(void);
/* The new break, or the old one when it cannot be moved there. */
vaddr_t do_brk(struct mm_struct *mm, vaddr_t brk);
/* prot: PROT_READ, WRITE, EXEC, GROWSDOWN, GROWSUP. What lies before an error has changed. */
int do_mprotect(struct mm_struct *mm, vaddr_t start, size_t size, unsigned prot);

/* --- stack.c --- */
/* Grows the area down to hold `addr`: 0, or -ENOMEM beyond its limit or near a neighbour. */
int expand_stack(struct vm_area_struct *vma, vaddr_t addr);

/* --- pages of a process: memory.c, zap.c, fork_pages.c, protect.c, populate.c --- */
/* What hardware may be told an access-flag set allows: P_*, without write for copy-on-write. */
unsigned vm_prot(unsigned vm_flags);
/*
 * Makes the pages of [start, end) absent, frees them once every CPU has forgotten them. May sleep.
 * mmap_lock held, at least for reading; or, by who comes from a page, the lock of a tree of
 * mm/rmap.h that an area which has all of the range is in.
 */
void zap_range(struct mm_struct *mm, vaddr_t start, vaddr_t end);
/*
 * fork: shows the parent's own pages in the child too, write-protected in both. 0, -ENOMEM, or
 * -EINTR for a task that is being killed. *protected is set if the parent has lost a right to
 * write: it is flushed before mmap_lock, held for writing, is released and before the child runs.
 */
int copy_range(struct vm_area_struct *dst, struct vm_area_struct *src, bool *protected);
/*
 * mremap: the entries for `size` bytes from `old` in `from` become those from `new` in `to`, which
 * has none there; both areas are in their mm's set, with the same pages behind them. All moved and
 * flushed, or -ENOMEM and nothing moved. mmap_lock held for writing.
 */
int move_range(struct vm_area_struct *from, vaddr_t old, struct vm_area_struct *to, vaddr_t new,
               size_t size);
/*
 * Makes the pages of [start, end) present as the first access would (a store where that may be, so
 * that none is the zero page). Takes mmap_lock for reading, a piece at a time. 0; -ENOMEM, also for
 * a hole; -EFAULT for what has no page; -EINTR for a task that is being killed.
 */
int mm_populate(struct mm_struct *mm, vaddr_t start, vaddr_t end);
/* The same as a load or a store would: -EINVAL where the area does not allow that. */
int mm_populate_for(struct mm_struct *mm, vaddr_t start, vaddr_t end, bool write);
/* mm_populate() for who holds mmap_lock, in one piece, as far as it goes. */
void mm_populate_held(struct mm_struct *mm, vaddr_t start, vaddr_t end);
/*
 * madvise(MADV_FREE): the anonymous pages in [start, end) are offered to reclaim, which may take
 * them as long as nobody stores to them, unless another process shows them too. mmap_lock held, at
 * least for reading. May sleep.
 */
void lazyfree_range(struct mm_struct *mm, vaddr_t start, vaddr_t end);
/* Gives present pages of the area its (new) protection, everywhere. */
void protect_range(struct vm_area_struct *vma, vaddr_t start, vaddr_t end);
/*
 * Serves a fault at `va` in `vma`, which allows it. 0, -ENOMEM, or -EFAULT for SIGBUS. mmap_lock
 * held.
 */
int fault_in_page(struct vm_area_struct *vma, vaddr_t va, unsigned fault_flags);

/*
 * Reads another process's memory (or the current's) without its being switched to. Bytes copied.
 * Takes mmap_lock; may sleep.
 */
size_t access_process_vm(struct mm_struct *mm, vaddr_t addr, void *buf, size_t n);
/*
 * Writes to it, also where the area itself allows no writing (a private copy is made): for exec and
 * clone, on a process that is not running yet or is the caller's own. Bytes written.
 */
size_t write_process_vm(struct mm_struct *mm, vaddr_t addr, const void *buf, size_t n);

/* Pages that are resident, anonymous ones and a file's. */
static inline size_t mm_rss(struct mm_struct *mm)
{
    long n = atomic_load(&mm->rss_anon) + atomic_load(&mm->rss_file) + atomic_load(&mm->rss_shmem);
    return n > 0 ? (size_t)n : 0;
}

/*
 * Counts over all processes, in pages. nr_mlocked: what areas with VM_LOCKED cover, each for
 * itself.
 */
extern atomic_long nr_anon_pages, nr_mapped_file_pages, nr_page_table_pages, nr_mlocked;
/* Address spaces that the lack of memory has doomed, and that have not given all of theirs back. */
extern atomic_int nr_oom_victims;
extern atomic_ulong oom_progress;         /* pages that such have let go of, ever */
extern struct wait_queue oom_victim_gone; /* who waits until one has */

/* Of zeroes, for reading: what untouched anonymous memory shows. Never counted, never freed. */
extern struct page *zero_page;

#endif
