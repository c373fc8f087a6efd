/* SPDX-License-Identifier: MIT */
/*
 * The trees of the reverse map: which areas show which pages of a file or of a family of processes.
 * See mm/rmap.h; what is done with the areas that are found is in rmap_walk.c.
 *
 * A tree is an interval tree: ordered by the first page number that an area shows, each node with
 * the last one that any area of its subtree shows. A search for [first, last] leaves out every
 * subtree that ends before `first`, and ends at the first area that begins behind `last`.
 *
 * How long an anon_vma lives. Each mm_struct holds a reference until all its entries are gone, and
 * that is how a page gets to its anon_vma without holding one: while it is mapped, somebody who
 * maps it has his reference still. anon_vma_lock (leaf) makes that hold for as long as it takes to
 * add one: page_get_anon_vma() looks at mapcount inside it, and the last reference is given back
 * inside it. Was the page mapped when it looked, then the mapper's entry was there, and his
 * reference is given back after that entry goes, behind the lock; so the count was not zero yet.
 */
#include "kernel/fs/vfs.h"
#include "kernel/panic.h"
#include "mm/mm.h"
#include "mm/slab.h"

#define node_of(rb_) rb_entry(rb_, struct rmap_node, rb)

static struct kmem_cache *anon_vma_cache;
static struct spinlock anon_vma_lock = SPINLOCK_INIT("anon_vma", RANK_LEAF);

void rmap_init(void)
{
    anon_vma_cache = kmem_cache_create("anon_vma", sizeof(struct anon_vma), 0);
    BUG_ON(!anon_vma_cache);
}

void rmap_tree_init(struct rmap_tree *tree)
{
    mutex_init(&tree->lock, "rmap", RANK_RMAP);
    tree->areas = (struct rb_root)RB_ROOT_INIT;
}

/* --- the interval tree --- */

static uint64_t first_of(const struct rmap_node *node)
{
    return node->vma->vm_pgoff;
}

static uint64_t last_of(const struct rmap_node *node)
{
    return vma_pgoff(node->vma, node->vma->vm_end) - 1;
}

static bool update_last(struct rb_node *rb)
{
    struct rmap_node *node = node_of(rb);
    uint64_t old = node->subtree_last;

    node->subtree_last = last_of(node);
    if (rb->left)
        node->subtree_last = max(node->subtree_last, node_of(rb->left)->subtree_last);
    if (rb->right)
        node->subtree_last = max(node->subtree_last, node_of(rb->right)->subtree_last);
    return node->subtree_last != old;
}

static void tree_insert(struct rmap_tree *tree, struct rmap_node *node, struct vm_area_struct *vma)
{
    struct rb_node **link = &tree->areas.node, *parent = NULL;

    node->vma = vma;
    while (*link) {
        parent = *link;
        link = first_of(node) < first_of(node_of(parent)) ? &parent->left : &parent->right;
    }
    rb_link(&node->rb, parent, link);
    rb_insert(&tree->areas, &node->rb, update_last);
}

/* The leftmost of the subtree at `rb` that shows some of [first, last]; NULL: none does. */
static struct rmap_node *leftmost(struct rb_node *rb, uint64_t first, uint64_t last)
{
    while (rb && node_of(rb)->subtree_last >= first) {
        /* What ends late enough on the left either is one, or begins, like all here, too late. */
        if (rb->left && node_of(rb->left)->subtree_last >= first)
            rb = rb->left;
        else if (first_of(node_of(rb)) > last)
            return NULL;
        else if (last_of(node_of(rb)) >= first)
            return node_of(rb);
        else
            rb = rb->right;
    }
    return NULL;
}

struct vm_area_struct *rmap_first(struct rmap_tree *tree, struct rmap_iter *it, uint64_t first,
                                  uint64_t last)
{
    *it = (struct rmap_iter){.first = first, .last = last};
    it->node = leftmost(tree->areas.node, first, last);
    return it->node ? it->node->vma : NULL;
}

struct vm_area_struct *rmap_next(struct rmap_iter *it)
{
    struct rb_node *rb = &it->node->rb;
    struct rmap_node *found = leftmost(rb->right, it->first, it->last);

    /* Up, past all whose left side this is not. */
    while (!found) {
        const struct rb_node *child = rb;
        rb = rb->parent;
        if (!rb || first_of(node_of(rb)) > it->last) {
            it->node = NULL;
            return NULL;
        }
        if (child == rb->right)
            continue;
        if (last_of(node_of(rb)) >= it->first)
            found = node_of(rb);
        else
            found = leftmost(rb->right, it->first, it->last);
    }
    it->node = found;
    return found->vma;
}

/* --- one for each family --- */

struct anon_vma *anon_vma_alloc(void)
{
    struct anon_vma *av = kmem_cache_alloc(anon_vma_cache, GFP_USER);

    if (!av)
        return NULL;
    rmap_tree_init(&av->tree);
    atomic_init(&av->refs, 1);
    return av;
}

struct anon_vma *anon_vma_get(struct anon_vma *av)
{
    atomic_fetch_add(&av->refs, 1);
    return av;
}

void anon_vma_put(struct anon_vma *av)
{
    if (!av)
        return;
    spin_lock(&anon_vma_lock);
    bool last = atomic_fetch_sub(&av->refs, 1) == 1;
    spin_unlock(&anon_vma_lock);
    if (!last)
        return;
    BUG_ON(av->tree.areas.node);
    kmem_cache_free(anon_vma_cache, av);
}

struct anon_vma *page_get_anon_vma(struct page *page)
{
    struct anon_vma *av = NULL;

    spin_lock(&anon_vma_lock);
    if (page_test(page, PG_anon) && atomic_load(&page->mapcount) > 0)
        av = anon_vma_get(page->anon_vma);
    spin_unlock(&anon_vma_lock);
    return av;
}

void anon_vma_prepare(struct vm_area_struct *vma)
{
    struct anon_vma *av = vma->vm_mm->anon_vma;

    if (likely(READ_ONCE(vma->anon_vma)))
        return;
    mutex_lock(&av->tree.lock);
    /* Another thread's fault may have been here first. */
    if (!vma->anon_vma) {
        tree_insert(&av->tree, &vma->anon_rmap, vma);
        WRITE_ONCE(vma->anon_vma, av);
    }
    mutex_unlock(&av->tree.lock);
}

/* --- an area in its trees --- */

/* Of the file that it shows, or NULL. */
static struct rmap_tree *file_tree(const struct vm_area_struct *vma)
{
    struct address_space *mapping = vma->vm_file ? &file_inode(vma->vm_file)->i_data : NULL;

    return mapping && mapping->ops ? &mapping->i_mmap : NULL;
}

void rmap_lock(struct vm_area_struct *vma)
{
    struct rmap_tree *file = file_tree(vma);

    if (file)
        mutex_lock(&file->lock);
    if (vma->anon_vma)
        mutex_lock_nested(&vma->anon_vma->tree.lock);
}

void rmap_unlock(struct vm_area_struct *vma)
{
    struct rmap_tree *file = file_tree(vma);

    if (vma->anon_vma)
        mutex_unlock(&vma->anon_vma->tree.lock);
    if (file)
        mutex_unlock(&file->lock);
}

void rmap_link(struct vm_area_struct *vma)
{
    struct rmap_tree *file = file_tree(vma);

    if (file)
        tree_insert(file, &vma->file_rmap, vma);
    if (vma->anon_vma)
        tree_insert(&vma->anon_vma->tree, &vma->anon_rmap, vma);
}

void rmap_unlink(struct vm_area_struct *vma)
{
    struct rmap_tree *file = file_tree(vma);

    if (file)
        rb_erase(&file->areas, &vma->file_rmap.rb, update_last);
    if (vma->anon_vma)
        rb_erase(&vma->anon_vma->tree.areas, &vma->anon_rmap.rb, update_last);
}
