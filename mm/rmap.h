/* SPDX-License-Identifier: MIT */
/*
 * The reverse map: from a page to the page-table entries that show it.
 *
 * No list of entries is kept. A page knows its place (page->index) in something that areas show
 * pieces of, and those areas lie on an interval tree by the page numbers that they show:
 *
 *   a file's page   page->mapping->i_mmap, of all areas of that file
 *   an anonymous    page->anon_vma, of all areas that may have anonymous pages, of one family:
 *                   the process that called exec() and everyone forked from it since
 *
 * A page that is shown by an area is at vm_start + (index - vm_pgoff) pages, or nowhere in it; the
 * entry there says whether it is. vm_pgoff does not change when an area with anonymous pages moves,
 * so index need not either. exec() begins a new family, so that a family is as large as what was
 * forked and did not exec: a walk costs O(log areas + members that show the place).
 *
 * Locks: a tree's mutex (RANK_RMAP) guards the tree, and vm_start, vm_end and vm_pgoff of the areas
 * in it for who comes this way: those change under mmap_lock held for writing AND rmap_lock(). An
 * area that is in a tree keeps its mm and its page tables alive: mmput() and munmap() take areas
 * out before they free tables. Entries are looked at and changed under page_table_lock. Reclaim,
 * which may run under any of these mutexes, only tries them.
 *
 * An mm_struct holds a reference to its anon_vma; pages do not, for a page that is mapped is mapped
 * by some mm_struct of the family.
 */
#ifndef MM_RMAP_H
#define MM_RMAP_H

#include "kernel/mutex.h"
#include "mm/rbtree.h"

struct address_space;
struct mm_struct;
struct page;
struct vm_area_struct;

struct rmap_tree {
    struct mutex lock; /* RANK_RMAP; a file's before an anon_vma's */
    struct rb_root areas;
};

/* An area's place in a tree. */
struct rmap_node {
    struct rb_node rb;
    uint64_t subtree_last; /* the last page number that an area of this subtree shows */
    struct vm_area_struct *vma;
};

/* A walk over the areas of a tree that show some of the pages `first` to `last`. */
struct rmap_iter {
    uint64_t first, last;
    struct rmap_node *node;
};

struct anon_vma {
    struct rmap_tree tree;
    atomic_int refs; /* mm_structs, and walks in progress */
};

void rmap_init(void); /* once, after the slab allocator */
void rmap_tree_init(struct rmap_tree *tree);

/*
 * The areas that show some of [first, last], each once, by the first page that they show; NULL at
 * the end. The tree's lock is held from the first to the last.
 */
struct vm_area_struct *rmap_first(struct rmap_tree *tree, struct rmap_iter *it, uint64_t first,
                                  uint64_t last);
struct vm_area_struct *rmap_next(struct rmap_iter *it);

struct anon_vma *anon_vma_alloc(void); /* one reference; NULL: no memory */
struct anon_vma *anon_vma_get(struct anon_vma *av);
void anon_vma_put(struct anon_vma *av); /* takes NULL */
/* That of an anonymous page, with a reference more; NULL: nobody maps it. The caller has one. */
struct anon_vma *page_get_anon_vma(struct page *page);
/* `vma` is about to have its first anonymous page. mmap_lock held, at least for reading. */
void anon_vma_prepare(struct vm_area_struct *vma);

/*
 * The mutexes of the trees that `vma` is in, or would be put in: around every change to its borders
 * or to whether it is there. mmap_lock held for writing. Neither allocates nor frees inside.
 */
void rmap_lock(struct vm_area_struct *vma);
void rmap_unlock(struct vm_area_struct *vma);
/*
 * Into the trees that it belongs in (vm_file's, if it has one with a page cache; anon_vma's, if
 * that is set), and out. The caller holds rmap_lock(vma).
 */
void rmap_link(struct vm_area_struct *vma);
void rmap_unlink(struct vm_area_struct *vma);

/*
 * Pages `first` to `last` of the file are gone: every process's entries for them become absent.
 * Where the file was cut (`copies`), private copies of them go as well; a hole leaves those. The
 * pages have left the cache before, so that no fault in progress shows them again. May sleep.
 */
void unmap_mapping_range(struct address_space *mapping, uint64_t first, uint64_t last, bool copies);

/*
 * Takes the write right from every entry that shows the page, which is a file's and locked: the
 * next store is a fault and marks it dirty again. Whether any had it. May sleep.
 */
bool page_mkclean(struct page *page);

/*
 * For reclaim; the page is locked and the caller has a reference. None waits for a mutex: then
 * they say that the page is in use. May be called with any sleeping lock held.
 */
/* Was it used since the last call? Clears the accessed marks, without a flush: a hint. */
bool page_referenced(struct page *page);
/* Makes all its entries absent, unless an area is locked. True: nobody shows it any more. */
bool try_to_unmap(struct page *page);

#endif
