/* SPDX-License-Identifier: MIT */
/*
 * Red-black trees. See rbtree.h.
 *
 * Left and right are mirror images, so everything is written once, for a `side`: false is left,
 * true right. Augmented values: a change in the tree's shape is followed by rb_propagate() from the
 * lowest node whose children changed; a rotation afterwards keeps the set of nodes below its top,
 * so it has to recompute only the two nodes it turned.
 */
#include "mm/rbtree.h"

static struct rb_node **child(struct rb_node *node, bool side)
{
    return side ? &node->right : &node->left;
}

static bool is_red(const struct rb_node *node)
{
    return node && node->red;
}

/* Where the tree holds `node`: its parent's link, or the root. */
static struct rb_node **link_of(struct rb_root *root, struct rb_node *node)
{
    return node->parent ? child(node->parent, node == node->parent->right) : &root->node;
}

/* Puts `new` (or nothing) where `old` is. */
static void replace(struct rb_root *root, struct rb_node *old, struct rb_node *new)
{
    *link_of(root, old) = new;
    if (new)
        new->parent = old->parent;
}

/* Turns `top` down to `side`; the child on its other side comes up. */
static void rotate(struct rb_root *root, struct rb_node *top, bool side, rb_update_t update)
{
    struct rb_node *up = *child(top, !side);
    struct rb_node *inner = *child(up, side);

    replace(root, top, up);
    *child(up, side) = top;
    top->parent = up;
    *child(top, !side) = inner;
    if (inner)
        inner->parent = top;
    if (update) {
        update(top);
        update(up);
    }
}

void rb_propagate(struct rb_node *node, rb_update_t update)
{
    if (!update)
        return;
    while (node && update(node))
        node = node->parent;
}

void rb_link(struct rb_node *node, struct rb_node *parent, struct rb_node **link)
{
    *node = (struct rb_node){.parent = parent, .red = true};
    *link = node;
}

void rb_insert(struct rb_root *root, struct rb_node *node, rb_update_t update)
{
    /* The new node had no value that it could still have. */
    if (update)
        update(node);
    rb_propagate(node->parent, update);
    while (is_red(node->parent)) {
        /* A red node is never the root, so the grandparent exists. */
        struct rb_node *parent = node->parent, *grand = parent->parent;
        bool side = parent == grand->right;
        struct rb_node *uncle = *child(grand, !side);

        if (is_red(uncle)) {
            parent->red = uncle->red = false;
            grand->red = true;
            node = grand;
            continue;
        }
        if (node == *child(parent, !side)) {
            rotate(root, parent, side, update);
            parent = node;
        }
        parent->red = false;
        grand->red = true;
        rotate(root, grand, !side, update);
        break;
    }
    root->node->red = false;
}

/*
 * The paths through `node` (may be NULL), a child of `parent`, have one black node too few: a red
 * node takes the blackness, or a nephew is turned into the gap.
 */
static void restore_black(struct rb_root *root, struct rb_node *node, struct rb_node *parent,
                          rb_update_t update)
{
    while (parent && !is_red(node)) {
        bool side = node == parent->right;
        struct rb_node *sibling = *child(parent, !side);

        if (is_red(sibling)) {
            sibling->red = false;
            parent->red = true;
            rotate(root, parent, side, update);
            sibling = *child(parent, !side);
        }
        struct rb_node *near = *child(sibling, side), *far = *child(sibling, !side);
        if (!is_red(near) && !is_red(far)) {
            sibling->red = true;
            node = parent;
            parent = node->parent;
            continue;
        }
        if (!is_red(far)) {
            near->red = false;
            sibling->red = true;
            rotate(root, sibling, !side, update);
            sibling = near;
            far = *child(sibling, !side);
        }
        sibling->red = parent->red;
        parent->red = far->red = false;
        rotate(root, parent, side, update);
        return;
    }
    if (node)
        node->red = false;
}

/* Puts the successor of `node`, which has two children, in its place. The rest: see rb_erase(). */
static struct rb_node *pull_successor(struct rb_root *root, struct rb_node *node,
                                      struct rb_node **orphan, bool *was_red)
{
    struct rb_node *next = node->right;
    while (next->left)
        next = next->left;

    struct rb_node *parent = next->parent == node ? next : next->parent;
    *orphan = next->right;
    *was_red = next->red;
    if (parent != next) {
        replace(root, next, next->right);
        next->right = node->right;
        next->right->parent = next;
    }
    next->left = node->left;
    next->left->parent = next;
    next->red = node->red;
    replace(root, node, next);
    return parent;
}

void rb_erase(struct rb_root *root, struct rb_node *node, rb_update_t update)
{
    struct rb_node *orphan; /* moved up into the gap, or NULL */
    struct rb_node *parent; /* of the gap: the lowest node whose children changed */
    struct rb_node *next = NULL;
    bool was_red; /* the node that is missing on the paths through the gap */

    if (node->left && node->right) {
        next = rb_next(node);
        parent = pull_successor(root, node, &orphan, &was_red);
    } else {
        orphan = node->left ? node->left : node->right;
        parent = node->parent;
        was_red = node->red;
        replace(root, node, orphan);
    }
    rb_propagate(parent, update);
    /* What took the place of `node` has a value from where it was, whatever changed below it. */
    if (next && update) {
        update(next);
        rb_propagate(next->parent, update);
    }
    if (!was_red)
        restore_black(root, orphan, parent, update);
    *node = (struct rb_node){0};
}

static struct rb_node *outermost(struct rb_node *node, bool side)
{
    while (node && *child(node, side))
        node = *child(node, side);
    return node;
}

/* The neighbour of `node` in order: below it on that side, or the first ancestor beyond it. */
static struct rb_node *step(struct rb_node *node, bool side)
{
    if (*child(node, side))
        return outermost(*child(node, side), !side);
    while (node->parent && node == *child(node->parent, side))
        node = node->parent;
    return node->parent;
}

struct rb_node *rb_first(const struct rb_root *root)
{
    return outermost(root->node, false);
}

struct rb_node *rb_last(const struct rb_root *root)
{
    return outermost(root->node, true);
}

struct rb_node *rb_next(const struct rb_node *node)
{
    return step((struct rb_node *)node, true);
}

struct rb_node *rb_prev(const struct rb_node *node)
{
    return step((struct rb_node *)node, false);
}
