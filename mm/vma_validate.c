/* SPDX-License-Identifier: MIT */
/*
 * Are the areas what mm/vma.h says that they are? mm_validate() looks at everything; a DEBUG build
 * looks at the neighbourhood of every change, and at everything once there were as many changes as
 * there are areas: a process with 60,000 of them pays for it no more than twice.
 */
#include "kernel/fs/vfs.h"
#include "kernel/panic.h"
#include "mm/vma_impl.h"

/* Sizes counted anew. */
struct sums {
    size_t total, data, exec, stack, locked;
    unsigned count;
};

static void add(struct sums *sums, const struct vm_area_struct *vma)
{
    size_t pages = vma_pages(vma);
    unsigned flags = vma->vm_flags;

    sums->count++;
    sums->total += pages;
    if (flags & VM_GROWSDOWN)
        sums->stack += pages;
    else if (flags & VM_WRITE)
        sums->data += flags & VM_SHARED ? 0 : pages;
    else if (flags & VM_EXEC)
        sums->exec += pages;
    if (flags & VM_LOCKED)
        sums->locked += pages;
}

/* One area by itself, and against those beside it. */
static void check_area(const struct mm_struct *mm, const struct vm_area_struct *vma)
{
    const struct vm_area_struct *prev = vma_prev(vma), *next = vma_next(vma);
    vaddr_t below = prev ? prev->vm_end : 0, end = vma_guarded_start(vma);
    unsigned flags = vma->vm_flags;

    BUG_ON(vma->vm_mm != mm || vma->vm_start >= vma->vm_end || vma->vm_end > USER_END);
    BUG_ON(!IS_ALIGNED(vma->vm_start | vma->vm_end, PAGE_SIZE));
    BUG_ON(vma->vm_start < below || (next && next->vm_start < vma->vm_end));
    BUG_ON(vma->gap_before != (end > below ? end - below : 0));
    /* VM_MAY* are VM_* shifted by four. */
    BUG_ON(flags & VM_ACCESS & ~(flags >> 4));
    BUG_ON((flags & VM_SHARED) && !(flags & VM_MAYSHARE));
    BUG_ON((flags & VM_GROWSDOWN) && vma->vm_file);
    BUG_ON((flags & VM_LOCKED_MASK) == VM_LOCKONFAULT);
    BUG_ON(vma->anon_vma && vma->anon_vma != mm->anon_vma);
}

/* A node of the tree against its children. */
static void check_node(const struct rb_node *node)
{
    const struct vm_area_struct *vma = vma_of(node);
    const struct rb_node *sides[] = {node->left, node->right};
    size_t gap = vma->gap_before;

    for (int i = 0; i < 2; i++) {
        if (!sides[i])
            continue;
        const struct vm_area_struct *child = vma_of(sides[i]);
        BUG_ON(sides[i]->parent != node || (node->red && sides[i]->red));
        BUG_ON(i == 0 ? child->vm_end > vma->vm_start : child->vm_start < vma->vm_end);
        gap = max(gap, child->subtree_gap);
    }
    BUG_ON(vma->subtree_gap != gap);
}

/* Height in black nodes of the tree below `node`, which is valid. */
static int check_tree(const struct rb_node *node)
{
    if (!node)
        return 0;
    check_node(node);
    int left = check_tree(node->left), right = check_tree(node->right);
    BUG_ON(left != right);
    return left + !node->red;
}

/* It hangs in the tree, and searches for the last page that it shows come by. */
static bool is_in(const struct rmap_tree *tree, const struct rmap_node *node,
                  const struct vm_area_struct *vma)
{
    uint64_t last = vma_pgoff(vma, vma->vm_end) - 1;
    const struct rb_node *rb = &node->rb;

    for (; rb->parent; rb = rb->parent)
        if (rb_entry(rb, struct rmap_node, rb)->subtree_last < last)
            return false;
    return node->vma == vma && rb == tree->areas.node;
}

static void check_rmap(struct vm_area_struct *vma)
{
    struct address_space *mapping = vma->vm_file ? &file_inode(vma->vm_file)->i_data : NULL;

    rmap_lock(vma);
    BUG_ON(vma->anon_vma && !is_in(&vma->anon_vma->tree, &vma->anon_rmap, vma));
    BUG_ON(mapping && mapping->ops && !is_in(&mapping->i_mmap, &vma->file_rmap, vma));
    rmap_unlock(vma);
}

static void check_all(struct mm_struct *mm)
{
    struct vm_area_struct *vma;
    struct sums sums = {0};

    for_each_vma (mm, vma) {
        check_area(mm, vma);
        check_rmap(vma);
        add(&sums, vma);
    }
    BUG_ON(sums.count != mm->map_count || sums.total != mm->total_vm);
    BUG_ON(sums.data != mm->data_vm || sums.exec != mm->exec_vm || sums.stack != mm->stack_vm);
    BUG_ON(sums.locked != mm->locked_vm);
    check_tree(mm->mm_rb.node);
}

void mm_validate(struct mm_struct *mm)
{
    struct vm_area_struct *vma;

    check_all(mm);
    for_each_vma (mm, vma) {
        const struct vm_area_struct *next = vma_next(vma);
        BUG_ON(next && vma_could_join(vma, next));
    }
}

#if DEBUG
/* Between the steps of one call two neighbours may be alike: that is not asked for here. */
void vma_changed(struct mm_struct *mm, const struct vm_area_struct *vma)
{
    if (vma) {
        const struct vm_area_struct *next = vma_next(vma);
        check_area(mm, vma);
        check_node(&vma->vm_rb);
        if (vma->vm_rb.parent)
            check_node(vma->vm_rb.parent);
        if (next)
            check_area(mm, next);
    }
    if (++mm->unchecked <= mm->map_count)
        return;
    mm->unchecked = 0;
    check_all(mm);
}
#endif
