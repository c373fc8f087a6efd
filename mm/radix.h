/* SPDX-License-Identifier: MIT */
/*
 * A radix tree from 64-bit indices to pointers: 64-way nodes, as high as the largest index needs.
 *
 * Sparse ranges cost nothing; neighbours share nodes. Each item can carry one mark, and marked
 * items are found without looking at the others. The caller's lock guards the tree; only
 * radix_reserve() allocates, so that it can be called before the lock is taken:
 *
 *     lock;
 *     while (reserve.count < radix_nodes_needed(root, index)) {
 *         unlock; radix_reserve(&reserve, that many); lock; look again whether index is free;
 *     }
 *     radix_insert(root, index, item, &reserve);
 *     unlock; radix_unreserve(&reserve);
 */
#ifndef MM_RADIX_H
#define MM_RADIX_H

#include "kernel/types.h"

struct radix_node;
struct radix_root {
    struct radix_node *node;
    unsigned height; /* levels of nodes; 0: empty */
};

/* Nodes set aside so that a radix_insert() cannot fail. All zero: none. */
struct radix_reserve {
    struct radix_node *nodes; /* linked */
    unsigned count;
};

void radix_init(void); /* once, after the slab allocator */

/* Nodes that radix_insert() at `index` takes from the reserve, as the tree is now. Mostly 0. */
unsigned radix_nodes_needed(const struct radix_root *root, uint64_t index);
/* Tops `r` up to at least `count` nodes: 0 or -ENOMEM (what it has, it keeps). May sleep. */
int radix_reserve(struct radix_reserve *r, unsigned count);
/* Gives all of them back. */
void radix_unreserve(struct radix_reserve *r);

void *radix_lookup(const struct radix_root *root, uint64_t index);
/* item != NULL, `index` is free, and r holds radix_nodes_needed(). The item starts unmarked. */
void radix_insert(struct radix_root *root, uint64_t index, void *item, struct radix_reserve *r);
/* Removes and returns it, or NULL. Frees nodes that become empty. */
void *radix_delete(struct radix_root *root, uint64_t index);
/* The first item at or after *index, with its index stored there; NULL when there is none. */
void *radix_next(const struct radix_root *root, uint64_t *index);

/* There is an item at `index`. Both return whether it was marked before. */
bool radix_mark(struct radix_root *root, uint64_t index);
bool radix_unmark(struct radix_root *root, uint64_t index);
/* As radix_next(), marked items only. */
void *radix_next_marked(const struct radix_root *root, uint64_t *index);

#endif
