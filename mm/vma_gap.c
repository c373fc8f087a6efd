/* SPDX-License-Identifier: MIT */
/*
 * Finding a free range of addresses: first fit, from the top down or from the bottom up, in O(log
 * n) by the largest gap that every subtree of areas records. The gap that a growing area guards
 * below itself is no part of what is recorded, so that a subtree never promises what it cannot
 * give.
 */
#include "kernel/errno.h"
#include "mm/vma_impl.h"

struct gap_search {
    size_t size;
    vaddr_t low, high; /* the range found lies inside */
    bool top_down;
    vaddr_t found;
};

/* Takes the range's place in the free space [start, end), cut to the limits. */
static bool fits(struct gap_search *s, vaddr_t start, vaddr_t end)
{
    start = max(start, s->low);
    end = min(end, s->high);
    if (end < start || end - start < s->size)
        return false;
    s->found = s->top_down ? end - s->size : start;
    return true;
}

static bool fits_below(struct gap_search *s, const struct vm_area_struct *vma)
{
    if (vma->gap_before < s->size)
        return false;

    vaddr_t end = vma_guarded_start(vma);
    return fits(s, end - vma->gap_before, end);
}

/* The child on one side (true: the right one) if there may be what is looked for below it. */
static const struct rb_node *promising(const struct gap_search *s, const struct rb_node *node,
                                       bool right)
{
    const struct vm_area_struct *vma = vma_of(node);
    const struct rb_node *child = right ? node->right : node->left;

    if (!child || vma_of(child)->subtree_gap < s->size)
        return NULL;
    return (right ? vma->vm_end < s->high : vma->vm_start > s->low) ? child : NULL;
}

/*
 * In order from one side: the subtree on that side, the gap below the node itself, the other
 * subtree. Subtrees whose largest gap is too small, or that lie beyond a limit, are not entered; of
 * the others only those at a limit can disappoint, so that this is down and up once.
 */
static bool search(struct gap_search *s, const struct rb_node *node)
{
    bool side = s->top_down, fresh = true;

    while (node) {
        const struct rb_node *child = fresh ? promising(s, node, side) : NULL;
        if (!child && fits_below(s, vma_of(node)))
            return true;
        fresh = true;
        if (!child)
            child = promising(s, node, !side);
        if (child) {
            node = child;
            continue;
        }
        /* Done here: to the first node above that has its own gap still before it. */
        fresh = false;
        do {
            child = node;
            node = node->parent;
        } while (node && child == (side ? node->left : node->right));
    }
    return false;
}

static bool search_all(struct gap_search *s, struct mm_struct *mm)
{
    struct rb_node *last = rb_last(&mm->mm_rb);
    vaddr_t above = last ? vma_of(last)->vm_end : 0;

    if (s->top_down && fits(s, above, s->high))
        return true;
    if (search(s, mm->mm_rb.node))
        return true;
    return !s->top_down && fits(s, above, s->high);
}

long find_free_range_in(struct mm_struct *mm, size_t size, vaddr_t low, vaddr_t high)
{
    struct gap_search s = {.size = size, .low = low, .high = high};

    return search_all(&s, mm) ? (long)s.found : -ENOMEM;
}

long find_free_range(struct mm_struct *mm, size_t size)
{
    struct gap_search s = {.size = size, .top_down = !mm->mmap_bottom_up};

    s.low = s.top_down ? MMAP_MIN_ADDR : mm->mmap_base;
    s.high = s.top_down ? mm->mmap_base : mm->task_size;
    if (search_all(&s, mm))
        return (long)s.found;

    /* Nothing left on this side of mmap_base: the rest of the user half, from the bottom. */
    return find_free_range_in(mm, size, MMAP_MIN_ADDR, mm->task_size);
}
