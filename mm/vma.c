/* SPDX-License-Identifier: MIT */
/*
 * The set of a process's areas: a red-black tree by address and an ordered list, the tree augmented
 * with the largest gap. See mm/mm.h for the invariants; mmap_lock is the caller's.
 */
#include "mm/mm.h"

#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/panic.h"
#include "kernel/string.h"
#include "mm/slab.h"

#define vma_of(node) rb_entry(node, struct vm_area_struct, vm_rb)

static struct kmem_cache *vma_cache;

void vma_init(void)
{
    vma_cache = kmem_cache_create("vm_area_struct", sizeof(struct vm_area_struct), 0);
    BUG_ON(!vma_cache);
}

/* --- neighbours and gaps --- */

struct vm_area_struct *vma_next(struct vm_area_struct *vma)
{
    return vma->vm_list.next == &vma->vm_mm->mmap
               ? NULL
               : list_entry(vma->vm_list.next, struct vm_area_struct, vm_list);
}

struct vm_area_struct *vma_prev(struct vm_area_struct *vma)
{
    return vma->vm_list.prev == &vma->vm_mm->mmap
               ? NULL
               : list_entry(vma->vm_list.prev, struct vm_area_struct, vm_list);
}

static size_t subtree_gap(struct rb_node *node)
{
    return node ? vma_of(node)->subtree_gap : 0;
}

static void update_subtree_gap(struct rb_node *node)
{
    struct vm_area_struct *vma = vma_of(node);
    vma->subtree_gap = max(vma->gap_before, max(subtree_gap(node->left), subtree_gap(node->right)));
}

/* After vma's start, or the end of the area below it, has moved. */
static void update_gap(struct vm_area_struct *vma)
{
    struct vm_area_struct *prev = vma_prev(vma);

    vma->gap_before = vma->vm_start - (prev ? prev->vm_end : 0);
    rb_propagate(&vma->vm_rb, update_subtree_gap);
}

/* --- sizes --- */

/* What total_vm and its parts say: pages of an area with these flags come (or, negative, go). */
static void account(struct mm_struct *mm, unsigned flags, long pages)
{
    mm->total_vm += (size_t)pages;
    if (flags & VM_GROWSDOWN)
        mm->stack_vm += (size_t)pages;
    else if ((flags & (VM_WRITE | VM_EXEC)) == VM_EXEC)
        mm->exec_vm += (size_t)pages;
    else if ((flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
        mm->data_vm += (size_t)pages;
    if (flags & VM_LOCKED) {
        mm->locked_vm += (size_t)pages;
        atomic_fetch_add_explicit(&nr_mlocked, pages, memory_order_relaxed);
    }
    mm->hiwater_vm = max(mm->hiwater_vm, mm->total_vm);
}

static long vma_pages(const struct vm_area_struct *vma)
{
    return (long)((vma->vm_end - vma->vm_start) >> PAGE_SHIFT);
}

/* --- one area --- */

struct vm_area_struct *vma_alloc(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned flags,
                                 struct file *file, uint64_t pgoff)
{
    struct vm_area_struct *vma = kmem_cache_alloc(vma_cache, GFP_USER | GFP_ZERO);

    if (!vma)
        return NULL;
    vma->vm_mm = mm;
    vma->vm_start = start;
    vma->vm_end = end;
    vma->vm_flags = flags;
    vma->vm_pgoff = file ? pgoff : start >> PAGE_SHIFT;
    vma->vm_file = file ? get_file(file) : NULL;
    vma->vm_ops = file ? &filemap_vm_ops : NULL;
    list_init(&vma->vm_list);
    return vma;
}

struct vm_area_struct *vma_copy(const struct vm_area_struct *vma)
{
    struct vm_area_struct *copy = vma_alloc(vma->vm_mm, vma->vm_start, vma->vm_end, vma->vm_flags,
                                            vma->vm_file, vma->vm_pgoff);

    if (copy)
        copy->vm_ops = vma->vm_ops;
    return copy;
}

void vma_free(struct vm_area_struct *vma)
{
    if (vma->vm_file)
        fput(vma->vm_file);
    kmem_cache_free(vma_cache, vma);
}

/* --- the set --- */

struct vm_area_struct *find_vma_prev(struct mm_struct *mm, vaddr_t addr,
                                     struct vm_area_struct **prev)
{
    struct rb_node *node = mm->mm_rb.node;
    struct vm_area_struct *found = NULL;

    *prev = NULL;
    while (node) {
        struct vm_area_struct *vma = vma_of(node);
        if (addr < vma->vm_end) {
            found = vma;
            node = node->left;
        } else {
            *prev = vma;
            node = node->right;
        }
    }
    return found;
}

struct vm_area_struct *find_vma(struct mm_struct *mm, vaddr_t addr)
{
    struct vm_area_struct *vma = READ_ONCE(mm->mmap_cache), *prev;

    if (vma && addr >= vma->vm_start && addr < vma->vm_end)
        return vma;
    vma = find_vma_prev(mm, addr, &prev);
    if (vma && addr >= vma->vm_start)
        WRITE_ONCE(mm->mmap_cache, vma);
    return vma;
}

void vma_insert(struct mm_struct *mm, struct vm_area_struct *vma)
{
    struct rb_node **link = &mm->mm_rb.node, *parent = NULL;
    struct vm_area_struct *below = NULL;

    while (*link) {
        parent = *link;
        struct vm_area_struct *other = vma_of(parent);
        if (vma->vm_start < other->vm_start) {
            BUG_ON(vma->vm_end > other->vm_start);
            link = &parent->left;
        } else {
            BUG_ON(other->vm_end > vma->vm_start);
            below = other;
            link = &parent->right;
        }
    }
    vma->vm_mm = mm;
    list_add(&vma->vm_list, below ? &below->vm_list : &mm->mmap);
    vma->gap_before = vma->vm_start - (below ? below->vm_end : 0);
    rb_link(&vma->vm_rb, parent, link);
    rb_insert(&mm->mm_rb, &vma->vm_rb, update_subtree_gap);

    struct vm_area_struct *next = vma_next(vma);
    if (next)
        update_gap(next);
    mm->map_count++;
    account(mm, vma->vm_flags, vma_pages(vma));
}

void vma_remove(struct mm_struct *mm, struct vm_area_struct *vma)
{
    struct vm_area_struct *next = vma_next(vma);

    list_del(&vma->vm_list);
    rb_erase(&mm->mm_rb, &vma->vm_rb, update_subtree_gap);
    if (next)
        update_gap(next);
    if (mm->mmap_cache == vma)
        mm->mmap_cache = NULL;
    mm->map_count--;
    account(mm, vma->vm_flags, -vma_pages(vma));
}

void vma_resize(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
    struct vm_area_struct *next = vma_next(vma);

    account(vma->vm_mm, vma->vm_flags, -vma_pages(vma));
    vma->vm_pgoff += (uint64_t)((int64_t)(start - vma->vm_start) >> PAGE_SHIFT);
    vma->vm_start = start;
    vma->vm_end = end;
    account(vma->vm_mm, vma->vm_flags, vma_pages(vma));
    update_gap(vma);
    if (next)
        update_gap(next);
}

void vma_set_flags(struct vm_area_struct *vma, unsigned flags)
{
    account(vma->vm_mm, vma->vm_flags, -vma_pages(vma));
    vma->vm_flags = flags;
    account(vma->vm_mm, vma->vm_flags, vma_pages(vma));
}

int vma_split(struct vm_area_struct *vma, vaddr_t addr)
{
    struct vm_area_struct *upper;

    BUG_ON(addr <= vma->vm_start || addr >= vma->vm_end);
    if (vma->vm_mm->map_count >= MAX_MAP_COUNT)
        return -ENOMEM;
    upper = vma_alloc(vma->vm_mm, addr, vma->vm_end, vma->vm_flags, vma->vm_file,
                      vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT));
    if (!upper)
        return -ENOMEM;
    upper->vm_ops = vma->vm_ops;
    vma_resize(vma, vma->vm_start, addr);
    vma_insert(vma->vm_mm, upper);
    return 0;
}

/* --- merging --- */

/* May an area with these attributes that begins where `vma` ends be part of it? */
static bool continues(const struct vm_area_struct *vma, vaddr_t start, unsigned flags,
                      const struct file *file, uint64_t pgoff)
{
    return vma && vma->vm_end == start && vma->vm_flags == flags && vma->vm_file == file &&
           (!file || vma->vm_pgoff + (uint64_t)vma_pages(vma) == pgoff) && (file || !vma->vm_ops);
}

/* `next` continues `vma`: one area takes the place of both. */
static void join(struct vm_area_struct *vma, struct vm_area_struct *next)
{
    vaddr_t end = next->vm_end;

    vma_remove(vma->vm_mm, next);
    vma_free(next);
    vma_resize(vma, vma->vm_start, end);
}

struct vm_area_struct *vma_merge(struct vm_area_struct *vma)
{
    struct vm_area_struct *prev = vma_prev(vma), *next = vma_next(vma);

    if (next && (next->vm_file || !next->vm_ops) &&
        continues(vma, next->vm_start, next->vm_flags, next->vm_file, next->vm_pgoff))
        join(vma, next);
    if ((vma->vm_file || !vma->vm_ops) &&
        continues(prev, vma->vm_start, vma->vm_flags, vma->vm_file, vma->vm_pgoff)) {
        join(prev, vma);
        return prev;
    }
    return vma;
}

struct vm_area_struct *vma_map(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned flags,
                               struct file *file, uint64_t pgoff)
{
    struct vm_area_struct *prev, *vma;

    find_vma_prev(mm, start, &prev);
    if (continues(prev, start, flags, file, pgoff)) {
        vma_resize(prev, prev->vm_start, end);
        return vma_merge(prev);
    }
    if (mm->map_count >= MAX_MAP_COUNT)
        return ERR_PTR(-ENOMEM);
    vma = vma_alloc(mm, start, end, flags, file, pgoff);
    if (!vma)
        return ERR_PTR(-ENOMEM);
    vma_insert(mm, vma);
    return vma_merge(vma);
}
