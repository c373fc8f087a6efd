/* SPDX-License-Identifier: MIT */
/*
 * Red-black trees, linked through a member of the objects, optionally augmented.
 *
 * The user of a tree does the comparing: it walks down from root->node to the link where the new
 * node belongs, calls rb_link() there and then rb_insert(). An augmented tree keeps in each object
 * a value that is computed from the object and its two children (say, the largest gap below);
 * `update` recomputes one node's value and is called by the tree wherever a subtree changed, bottom
 * up, as far as values change. When an object's own contribution changes, its owner calls
 * rb_propagate().
 *
 * Invariants: no red node has a red child; every path from the root to a missing child passes the
 * same number of black nodes. The caller's lock guards the tree.
 */
#ifndef MM_RBTREE_H
#define MM_RBTREE_H

#include "kernel/types.h"

struct rb_node {
    struct rb_node *parent, *left, *right;
    bool red;
};

struct rb_root {
    struct rb_node *node;
};

#define RB_ROOT_INIT                                                                               \
    {                                                                                              \
        NULL                                                                                       \
    }
#define rb_entry(ptr, type, member) container_of(ptr, type, member)

/*
 * Recomputes node's augmented value from itself and its children: is it another than before? NULL
 * for a plain tree.
 */
typedef bool (*rb_update_t)(struct rb_node *node);

/* Makes `node` the child of `parent` at *link (which is NULL): the place the caller found. */
void rb_link(struct rb_node *node, struct rb_node *parent, struct rb_node **link);
/* Restores balance after rb_link(). */
void rb_insert(struct rb_root *root, struct rb_node *node, rb_update_t update);
void rb_erase(struct rb_root *root, struct rb_node *node, rb_update_t update);
/* Recomputes the augmented values from `node` (or NULL) up, until one is what it was. */
void rb_propagate(struct rb_node *node, rb_update_t update);

/* In order; NULL at the ends. */
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

#endif
