/* SPDX-License-Identifier: MIT */
/*
 * The set of a process's areas: a red-black tree by address and an ordered list, the tree augmented
 * with the largest gap. How areas are split and joined is in vma_merge.c. See mm/vma.h for the
 * invariants; mmap_lock is the caller's.
 */
#include "mm/mm.h"

#include "kernel/fs/vfs.h"
#include "kernel/panic.h"
#include "mm/slab.h"
#include "mm/vma_impl.h"

static struct kmem_cache *vma_cache;

void vma_init(void)
{
    vma_cache = kmem_cache_create("vm_area_struct", sizeof(struct vm_area_struct), 0);
    BUG_ON(!vma_cache);
}

/* --- neighbours and gaps --- */

/* The area at a node of the list; NULL at its head, which is beyond either end. */
static struct vm_area_struct *listed(const struct mm_struct *mm, struct list_head *node)
{
    return node == &mm->mmap ? NULL : list_entry(node, struct vm_area_struct, vm_list);
}

struct vm_area_struct *vma_next(const struct vm_area_struct *vma)
{
    return listed(vma->vm_mm, vma->vm_list.next);
}

struct vm_area_struct *vma_prev(const struct vm_area_struct *vma)
{
    return listed(vma->vm_mm, vma->vm_list.prev);
}

unsigned vma_depth(const struct vm_area_struct *vma)
{
    unsigned depth = 0;

    for (const struct rb_node *node = &vma->vm_rb; node; node = node->parent)
        depth++;
    return depth;
}

static size_t subtree_gap(struct rb_node *node)
{
    return node ? vma_of(node)->subtree_gap : 0;
}

static bool update_subtree_gap(struct rb_node *node)
{
    struct vm_area_struct *vma = vma_of(node);
    size_t gap = max(vma->gap_before, max(subtree_gap(node->left), subtree_gap(node->right)));
    bool changed = gap != vma->subtree_gap;

    vma->subtree_gap = gap;
    return changed;
}

static size_t gap_between(vaddr_t below, const struct vm_area_struct *vma)
{
    vaddr_t end = vma_guarded_start(vma);

    return end > below ? end - below : 0;
}

/* After vma's start, or the end of the area below it, has moved. */
static void update_gap(struct vm_area_struct *vma)
{
    const struct vm_area_struct *prev = vma_prev(vma);

    vma->gap_before = gap_between(prev ? prev->vm_end : 0, vma);
    for (struct rb_node *node = &vma->vm_rb; node && update_subtree_gap(node);)
        node = node->parent;
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

/* --- one area --- */

struct vm_area_struct *vma_alloc(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned flags,
                                 struct file *file, uint64_t pgoff)
{
    struct vm_area_struct *vma = kmem_cache_alloc(vma_cache, GFP_USER);

    if (!vma)
        return NULL;
    /* Its places in list and trees are for whoever puts it there. */
    vma->vm_mm = mm;
    vma->vm_start = start;
    vma->vm_end = end;
    vma->vm_flags = flags;
    vma->vm_pgoff = file ? pgoff : start >> PAGE_SHIFT;
    vma->vm_file = file ? get_file(file) : NULL;
    vma->vm_ops = NULL;
    vma->anon_vma = NULL;
    return vma;
}

struct vm_area_struct *vma_copy(const struct vm_area_struct *vma)
{
    struct vm_area_struct *copy = vma_alloc(vma->vm_mm, vma->vm_start, vma->vm_end, vma->vm_flags,
                                            vma->vm_file, vma->vm_pgoff);

    if (copy) {
        copy->vm_pgoff = vma->vm_pgoff;
        copy->vm_ops = vma->vm_ops;
        copy->anon_vma = vma->anon_vma;
    }
    return copy;
}

void vma_free(struct vm_area_struct *vma)
{
    if (vma->vm_file)
        fput(vma->vm_file);
    kmem_cache_free(vma_cache, vma);
}

/* --- the set --- */

struct vm_area_struct *find_vma(struct mm_struct *mm, vaddr_t addr)
{
    struct rb_node *node = mm->mm_rb.node;
    struct vm_area_struct *found = NULL;

    while (node) {
        struct vm_area_struct *vma = vma_of(node);
        if (addr < vma->vm_end) {
            found = vma;
            if (addr >= vma->vm_start)
                break;
            node = node->left;
        } else {
            node = node->right;
        }
    }
    return found;
}

struct vm_area_struct *find_vma_prev(struct mm_struct *mm, vaddr_t addr,
                                     struct vm_area_struct **prev)
{
    struct vm_area_struct *found = find_vma(mm, addr);

    *prev = found ? vma_prev(found) : listed(mm, mm->mmap.prev);
    return found;
}

size_t mapped_pages(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned flags)
{
    const struct vm_area_struct *vma = find_vma(mm, start);
    size_t size = 0;

    for (; vma && vma->vm_start < end; vma = vma_next(vma))
        if ((vma->vm_flags & flags) == flags)
            size += min(vma->vm_end, end) - max(vma->vm_start, start);
    return size >> PAGE_SHIFT;
}

void vma_link(struct mm_struct *mm, struct vm_area_struct *vma)
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
    vma->gap_before = gap_between(below ? below->vm_end : 0, vma);
    rb_link(&vma->vm_rb, parent, link);
    rb_insert(&mm->mm_rb, &vma->vm_rb, update_subtree_gap);
    struct vm_area_struct *next = vma_next(vma);
    if (next)
        update_gap(next);
    mm->map_count++;
    account(mm, vma->vm_flags, (long)vma_pages(vma));
}

void vma_unlink(struct vm_area_struct *vma)
{
    struct mm_struct *mm = vma->vm_mm;
    struct vm_area_struct *next = vma_next(vma);

    /* What is next takes over the gap before it goes: most values above stay as they are then. */
    list_del(&vma->vm_list);
    if (next)
        update_gap(next);
    rb_erase(&mm->mm_rb, &vma->vm_rb, update_subtree_gap);
    mm->map_count--;
    account(mm, vma->vm_flags, -(long)vma_pages(vma));
}

void vma_set_borders(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
    struct vm_area_struct *next = vma_next(vma);
    size_t pages = vma_pages(vma);
    bool moved = start != vma->vm_start, reaches = end != vma->vm_end;

    vma->vm_pgoff += (uint64_t)((int64_t)(start - vma->vm_start) >> PAGE_SHIFT);
    vma->vm_start = start;
    vma->vm_end = end;
    account(vma->vm_mm, vma->vm_flags, (long)(vma_pages(vma) - pages));
    if (moved)
        update_gap(vma);
    if (reaches && next)
        update_gap(next);
}

void vma_insert(struct mm_struct *mm, struct vm_area_struct *vma)
{
    vma_link(mm, vma);
    rmap_lock(vma);
    rmap_link(vma);
    rmap_unlock(vma);
    vma_changed(mm, vma);
}

void vma_remove(struct mm_struct *mm, struct vm_area_struct *vma)
{
    rmap_lock(vma);
    rmap_unlink(vma);
    rmap_unlock(vma);
    vma_unlink(vma);
    vma_changed(mm, NULL);
}

void vma_resize(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
    rmap_lock(vma);
    rmap_unlink(vma);
    vma_set_borders(vma, start, end);
    rmap_link(vma);
    rmap_unlock(vma);
    vma_changed(vma->vm_mm, vma);
}

void vma_set_flags(struct vm_area_struct *vma, unsigned flags)
{
    long pages = (long)vma_pages(vma);

    account(vma->vm_mm, vma->vm_flags, -pages);
    vma->vm_flags = flags;
    account(vma->vm_mm, vma->vm_flags, pages);
    vma_changed(vma->vm_mm, vma);
}
