/* SPDX-License-Identifier: MIT */
/*
 * The areas of a process (VMAs), which say what may be where in its memory, and the set of them.
 *
 * The areas lie on an ordered list and on a red-black tree by address; no two overlap, and two that
 * touch and could be one are one (vma_merge). The tree is augmented with the largest gap below any
 * area of a subtree, so that finding, inserting and gap search cost O(log n).
 *
 * Everything is lazy: areas are the truth, page tables are filled by faults.
 *
 * Locks: mmap_lock (mm/mm.h) is held by whoever calls these, for writing where the set changes. The
 * calls that change it take rmap_lock() themselves, for who comes from a page by mm/rmap.h has no
 * mmap_lock. What allocates may sleep.
 *
 * Files: vma.c the set, vma_merge.c splitting and joining, vma_gap.c where there is room,
 * vma_validate.c the checks.
 */
#ifndef MM_VMA_H
#define MM_VMA_H

#include "kernel/list.h"
#include "mm/page.h"
#include "mm/rmap.h"

struct file;
struct mm_struct;
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
     * pages[i], for i below n: the page for va + i pages with a reference more, to be shown for
     * reading, if it can be had without waiting; else unchanged. Missing: only fault() has any.
     */
    void (*cached)(struct vm_area_struct *vma, vaddr_t va, size_t n, struct page **pages);
    /* The area's name in maps, "[vdso]"; NULL or missing: by what it is. */
    const char *(*name)(struct vm_area_struct *vma);
};

/* The gap below the stack: nothing is mapped nearer, so that it never runs into anything. */
#define STACK_GUARD_GAP (256 * PAGE_SIZE)

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

/* --- finding: none of them sleeps --- */

/* The first area that ends above `addr` (it may begin above it too), or NULL. */
struct vm_area_struct *find_vma(struct mm_struct *mm, vaddr_t addr);
/* The same; *prev becomes the one below it, or NULL. */
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
/* Its neighbours, or NULL. */
struct vm_area_struct *vma_next(const struct vm_area_struct *vma);
struct vm_area_struct *vma_prev(const struct vm_area_struct *vma);
/* How many areas find_vma() looks at to come to it, itself among them. */
unsigned vma_depth(const struct vm_area_struct *vma);
/* How many pages of [start, end) lie in areas that have all of `flags` (0: in any area). */
size_t mapped_pages(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned flags);
/* A free range of `size` bytes by first fit from mmap_base down (classic layout: up). -ENOMEM. */
long find_free_range(struct mm_struct *mm, size_t size);
/* The lowest one inside [low, high), or -ENOMEM. */
long find_free_range_in(struct mm_struct *mm, size_t size, vaddr_t low, vaddr_t high);

/* --- areas by themselves, in no set --- */

void vma_init(void); /* once: mm_init() calls it */
/* An anonymous one, or of `file`, with a reference of its own. NULL: no memory. */
struct vm_area_struct *vma_alloc(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned flags,
                                 struct file *file, uint64_t pgoff);
/* vma_alloc(), and what the file's mmap() makes of it. ERR_PTR: -ENOMEM, or what that says. */
struct vm_area_struct *vma_create(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned flags,
                                  struct file *file, uint64_t pgoff);
/* The same once more. NULL: no memory. */
struct vm_area_struct *vma_copy(const struct vm_area_struct *vma);
void vma_free(struct vm_area_struct *vma);

/* --- changing the set: mmap_lock held for writing, no rmap_lock() --- */

/* In; nothing overlaps. Counts it in the sizes. */
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
/* Joins to it the neighbours that continue it, and frees them. */
void vma_merge(struct vm_area_struct *vma);
/*
 * Gives [start, end), some or all of *pvma, other flags: it is cut out, and joined with neighbours
 * that it then equals. *pvma becomes the area that holds it. 0, or -ENOMEM and nothing has changed:
 * no memory, or too many areas. Entries of the page table are the caller's (protect_range()).
 */
int vma_modify(struct vm_area_struct **pvma, vaddr_t start, vaddr_t end, unsigned flags);
/*
 * [start, end) is free and may become an area with these attributes: grows a neighbour that it
 * continues, or makes a new one. ERR_PTR as vma_create(), and nothing has changed.
 */
struct vm_area_struct *vma_map(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned flags,
                               struct file *file, uint64_t pgoff);

/* Checks all that this file and mm.h promise; BUG on what is wrong. For tests and DEBUG builds. */
void mm_validate(struct mm_struct *mm);

#endif
