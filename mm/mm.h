/* SPDX-License-Identifier: MIT */
/*
 * A process's memory: the mm_struct, and the areas (VMAs) that say what may be where.
 *
 * The areas lie on an ordered list and on a red-black tree by address; no two overlap, and two that
 * touch and could be one are one (vma_merge). The tree is augmented with the largest gap below any
 * area of a subtree, so that finding, inserting and gap search cost O(log n).
 *
 * Everything is lazy: areas are the truth, page tables are filled by faults.
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
#include "kernel/list.h"
#include "kernel/mutex.h"
#include "mm/pgtable.h"
#include "mm/rmap.h"

struct file;
struct mm_struct;
struct task_struct;
struct vm_area_struct;
struct vm_operations;

/* vm_flags: Linux's names and values. */
enum {
    VM_READ = 0x1,
    VM_WRITE = 0x2,
    VM_EXEC = 0x4,
    VM_SHARED = 0x8,
    VM_MAYREAD = 0x10,
    VM_MAYWRITE = 0x20,
    VM_MAYEXEC = 0x40,
    VM_MAYSHARE = 0x80, /* MAP_SHARED; VM_SHARED only if stores can reach the file */
    VM_GROWSDOWN = 0x100,
    VM_LOCKED = 0x2000, /* mlock(): its pages stay */
    VM_SEQ_READ = 0x8000,
    VM_RAND_READ = 0x10000,
    VM_DONTCOPY = 0x20000,    /* not in a child */
    VM_DONTEXPAND = 0x40000,  /* mremap() makes it no larger */
    VM_LOCKONFAULT = 0x80000, /* with VM_LOCKED: pages stay once they are there */
    VM_NORESERVE = 0x200000,
    VM_WIPEONFORK = 0x2000000, /* empty in a child */
    VM_DONTDUMP = 0x4000000,
};
#define VM_ACCESS      (VM_READ | VM_WRITE | VM_EXEC)
#define VM_LOCKED_MASK (VM_LOCKED | VM_LOCKONFAULT)

struct vm_area_struct {
    vaddr_t vm_start, vm_end; /* page-aligned; end is exclusive */
    struct mm_struct *vm_mm;
    unsigned vm_flags;
    /* Offset in vm_file, in pages; of anonymous memory the page number that vm_start had first. */
    uint64_t vm_pgoff;
    struct file *vm_file;               /* one reference, or NULL */
    const struct vm_operations *vm_ops; /* NULL: anonymous memory */

    /* Where its pages look for it: see mm/rmap.h. */
    struct rmap_node file_rmap; /* in vm_file's i_mmap */
    struct rmap_node anon_rmap; /* in anon_vma's tree */
    struct anon_vma *anon_vma;  /* mm->anon_vma, once it may have anonymous pages; else NULL */

    struct rb_node vm_rb;
    struct list_head vm_list;
    size_t gap_before;  /* bytes between the area below (or 0) and this one's guarded start */
    size_t subtree_gap; /* the largest gap_before in this subtree */
};

/* What a mapping of something does by itself. Each may sleep; mmap_lock is held. */
struct vm_operations {
    /*
     * The page for `va` with a reference more. A write to a private mapping copies it, one to a
     * shared mapping goes through mm/filemap.h's page_mkwrite(). ERR_PTR(-ENOMEM), or another error
     * for SIGBUS.
     */
    struct page *(*fault)(struct vm_area_struct *vma, vaddr_t va);
    /*
     * pages[i], for i below n: the page for va + i pages with a reference more, to be shown
     * read-only, if it can be had without waiting; else unchanged. Missing: only fault() has any.
     */
    void (*cached)(struct vm_area_struct *vma, vaddr_t va, size_t n, struct page **pages);
    /* The area's name in maps, "[vdso]"; NULL or missing: by what it is. */
    const char *(*name)(struct vm_area_struct *vma);
};

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
    bool dying;            /* no CPU uses its table any more: unmapping needs no flush */
    bool oom_victim;       /* its tasks were killed for its memory; tasklist_lock */
    struct file *exe_file; /* one reference */
    uint64_t saved_auxv[48];
};

#define for_each_vma(mm, vma) list_for_each_entry (vma, &(mm)->mmap, vm_list)

/* The gap below the stack: nothing is mapped nearer, so that it never runs into anything. */
#define STACK_GUARD_GAP (256 * PAGE_SIZE)
#define MAX_MAP_COUNT   65530 /* areas of one process, unless sysctl_max_map_count was changed */

/* --- mm.c: life and death --- */
void mm_init(void);                              /* once, after the slab allocator */
void vma_init(void);                             /* its part of that */
struct mm_struct *mm_alloc(void);                /* mm_users 1; NULL: no memory */
struct mm_struct *mm_dup(struct mm_struct *old); /* fork: copy on write; NULL: no memory */
void mmput(struct mm_struct *mm);                /* takes NULL; may sleep */
/* The program's file (or NULL), which nobody may write to from now on: 0 or -ETXTBSY. */
int set_exe_file(struct mm_struct *mm, struct file *file);
struct mm_struct *get_task_mm(struct task_struct *t); /* with a user more, or NULL */
/* Makes `mm` (NULL: only the kernel half) what this CPU uses. */
void mm_activate(struct mm_struct *mm);

/*
 * --- vma.c, vma_merge.c, vma_gap.c, vma_validate.c: the set of areas. mmap_lock held; for writing
 * where it changes, and then no rmap_lock(): they take it. ---
 */
/* The first area that ends above `addr` (it may begin above it too), or NULL. */
struct vm_area_struct *find_vma(struct mm_struct *mm, vaddr_t addr);
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, vaddr_t addr,
                                     struct vm_area_struct **prev);
/* The area that has `addr`, or NULL. */
static inline struct vm_area_struct *vma_lookup(struct mm_struct *mm, vaddr_t addr)
{
    struct vm_area_struct *vma = find_vma(mm, addr);

    return vma && vma->vm_start <= addr ? vma : NULL;
}
/* The first area that has some of [start, end), or NULL. */
static inline struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, vaddr_t start,
                                                           vaddr_t end)
{
    struct vm_area_struct *vma = find_vma(mm, start);

    return vma && vma->vm_start < end ? vma : NULL;
}
/* How many pages of [start, end) lie in areas that have all of `flags` (0: in any area). */
size_t mapped_pages(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned flags);
struct vm_area_struct *vma_next(const struct vm_area_struct *vma);
struct vm_area_struct *vma_prev(const struct vm_area_struct *vma);
static inline size_t vma_pages(const struct vm_area_struct *vma)
{
    return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}
/* The page number, as vm_pgoff counts them, of what the area shows at `va`. */
static inline uint64_t vma_pgoff(const struct vm_area_struct *vma, vaddr_t va)
{
    return vma->vm_pgoff + ((va - vma->vm_start) >> PAGE_SHIFT);
}
/* Where what lies below it must end: an area that grows down keeps a gap. */
static inline vaddr_t vma_guarded_start(const struct vm_area_struct *vma)
{
    size_t gap = vma->vm_flags & VM_GROWSDOWN ? STACK_GUARD_GAP : 0;

    return vma->vm_start > gap ? vma->vm_start - gap : 0;
}
/* The kernel's own pages, like the vdso's: never joined to others, nor taken away for a time. */
static inline bool vma_is_special(const struct vm_area_struct *vma)
{
    return vma->vm_ops && !vma->vm_file;
}
/* A structure, in no set yet, anonymous; takes its own reference to file. NULL: no memory. */
struct vm_area_struct *vma_alloc(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned flags,
                                 struct file *file, uint64_t pgoff);
struct vm_area_struct *vma_copy(const struct vm_area_struct *vma); /* the same again; ditto */
/* vma_alloc(), and what the file's mmap() makes of it. ERR_PTR: -ENOMEM, or what that says. */
struct vm_area_struct *vma_create(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned flags,
                                  struct file *file, uint64_t pgoff);
void vma_free(struct vm_area_struct *vma);
/* Into the set; nothing overlaps. Counts it in the sizes. */
void vma_insert(struct mm_struct *mm, struct vm_area_struct *vma);
/* Out of the set, and out of the sizes; vma_free() is the caller's. */
void vma_remove(struct mm_struct *mm, struct vm_area_struct *vma);
/* Moves its borders: no area may be in the way. Keeps vm_pgoff true. */
void vma_resize(struct vm_area_struct *vma, vaddr_t start, vaddr_t end);
/* Other flags for a whole area, counted in the sizes. */
void vma_set_flags(struct vm_area_struct *vma, unsigned flags);
/*
 * Cuts in two at `addr` (inside, page-aligned): 0 or -ENOMEM. `vma` stays the lower part. How many
 * areas there may be is the caller's to look at.
 */
int vma_split(struct vm_area_struct *vma, vaddr_t addr);
/*
 * Gives [start, end), some or all of *pvma, other flags: it is cut out, and joined with neighbours
 * that it then equals. *pvma becomes the area that holds it. 0, or -ENOMEM and nothing has changed:
 * no memory, or too many areas. Entries of the page table are the caller's (protect_range()).
 */
int vma_modify(struct vm_area_struct **pvma, vaddr_t start, vaddr_t end, unsigned flags);
/* Joins to it the neighbours that continue it, and frees them. */
void vma_merge(struct vm_area_struct *vma);
/*
 * [start, end) is free and may become an area with these attributes: grows a neighbour that it
 * continues, or makes a new one. ERR_PTR as vma_create(), and nothing has changed.
 */
struct vm_area_struct *vma_map(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned flags,
                               struct file *file, uint64_t pgoff);
/* A free range of `size` bytes by first fit from mmap_base down (classic layout: up). -ENOMEM. */
long find_free_range(struct mm_struct *mm, size_t size);
/* The lowest one inside [low, high), or -ENOMEM. */
long find_free_range_in(struct mm_struct *mm, size_t size, vaddr_t low, vaddr_t high);
/* Checks every invariant above; BUG on the first broken one. For tests and DEBUG builds. */
void mm_validate(struct mm_struct *mm);

/* --- mmap.c, brk.c, mprotect.c: the calls' insides. They take mmap_lock, or say so. --- */
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

/* Of zeroes, for reading: what untouched anonymous memory shows. Never counted, never freed. */
extern struct page *zero_page;

extern const struct vm_operations vdso_vm_ops;
extern const struct vm_operations filemap_vm_ops; /* a regular file's pages, from the page cache */

#endif
