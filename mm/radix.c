/* SPDX-License-Identifier: MIT */
/*
 * The radix tree. See radix.h.
 *
 * A node at level L (leaves' parents: 1) tells indices apart by six bits, those from 6 * (L - 1)
 * up. Two words of bits say which slots are in use and which lead to a marked item, so that
 * searches skip from one to the next without looking into slots.
 *
 * Invariants: no node but a reserved one is empty; the root has a slot other than 0 in use, unless
 * it is at level 1; a slot's mark is set exactly if the item is marked or its child has any mark
 * set.
 */
#include "kernel/errno.h"
#include "kernel/panic.h"
#include "mm/radix.h"
#include "mm/slab.h"

#define SLOT_BITS  6
#define SLOTS      (1u << SLOT_BITS)
#define MAX_HEIGHT 11 /* 11 * 6 >= 64 */

struct radix_node {
    uint64_t present, marked; /* a bit for each slot */
    void *slots[SLOTS];       /* nodes, or items at level 1; slot 0 links nodes in a reserve */
};

static struct kmem_cache *node_cache;

void radix_init(void)
{
    node_cache = kmem_cache_create("radix_node", sizeof(struct radix_node), 0);
    if (!node_cache)
        panic("no memory for the radix tree's cache");
}

static unsigned lowest_bit(uint64_t bits)
{
    unsigned n = 0;

    for (unsigned half = 32; half; half /= 2) {
        if (!(bits & ((1ull << half) - 1))) {
            bits >>= half;
            n += half;
        }
    }
    return n;
}

static unsigned slot_of(uint64_t index, unsigned level)
{
    return index >> SLOT_BITS * (level - 1) & (SLOTS - 1);
}

/* The lowest height of a tree that holds `index`. */
static unsigned height_for(uint64_t index)
{
    unsigned height = 1;

    while (height < MAX_HEIGHT && index >> SLOT_BITS * height)
        height++;
    return height;
}

static bool has_slot(const struct radix_node *node, unsigned slot)
{
    return node->present >> slot & 1;
}

unsigned radix_nodes_needed(const struct radix_root *root, uint64_t index)
{
    const struct radix_node *node = root->node;
    unsigned height = height_for(index);

    if (!node)
        return height;
    /* New roots above the old, and under the topmost a path of its own. */
    if (height > root->height)
        return (height - root->height) + (height - 1);
    for (unsigned level = root->height; level > 1; level--) {
        unsigned slot = slot_of(index, level);
        if (!has_slot(node, slot))
            return level - 1;
        node = node->slots[slot];
    }
    return 0;
}

int radix_reserve(struct radix_reserve *r, unsigned count)
{
    while (r->count < count) {
        struct radix_node *node = kmem_cache_alloc(node_cache, GFP_ZERO);
        if (!node)
            return -ENOMEM;
        node->slots[0] = r->nodes;
        r->nodes = node;
        r->count++;
    }
    return 0;
}

static struct radix_node *take_reserved(struct radix_reserve *r)
{
    struct radix_node *node = r->nodes;

    BUG_ON(!node);
    r->nodes = node->slots[0];
    r->count--;
    node->slots[0] = NULL;
    return node;
}

void radix_unreserve(struct radix_reserve *r)
{
    while (r->count)
        kmem_cache_free(node_cache, take_reserved(r));
}

/*
 * The node at level 1 that `index` would be in, or NULL. When `path` is not NULL, path[level] is
 * the node passed at each level.
 */
static struct radix_node *descend(const struct radix_root *root, uint64_t index,
                                  struct radix_node **path)
{
    struct radix_node *node = root->node;

    if (!node || height_for(index) > root->height)
        return NULL;
    for (unsigned level = root->height;; level--) {
        if (path)
            path[level] = node;
        if (level == 1)
            return node;
        if (!has_slot(node, slot_of(index, level)))
            return NULL;
        node = node->slots[slot_of(index, level)];
    }
}

void *radix_lookup(const struct radix_root *root, uint64_t index)
{
    const struct radix_node *leaf = descend(root, index, NULL);

    return leaf ? leaf->slots[slot_of(index, 1)] : NULL;
}

void radix_insert(struct radix_root *root, uint64_t index, void *item, struct radix_reserve *r)
{
    unsigned height = height_for(index);

    if (!root->node) {
        root->node = take_reserved(r);
        root->height = height;
    }
    for (; root->height < height; root->height++) {
        struct radix_node *top = take_reserved(r);
        top->slots[0] = root->node;
        top->present = 1;
        top->marked = root->node->marked != 0;
        root->node = top;
    }

    struct radix_node *node = root->node;
    for (unsigned level = root->height; level > 1; level--) {
        unsigned slot = slot_of(index, level);
        if (!has_slot(node, slot)) {
            node->slots[slot] = take_reserved(r);
            node->present |= 1ull << slot;
        }
        node = node->slots[slot];
    }
    BUG_ON(!item || has_slot(node, slot_of(index, 1)));
    node->slots[slot_of(index, 1)] = item;
    node->present |= 1ull << slot_of(index, 1);
}

/* The old root goes while all there is lies under its slot 0. */
static void lower_root(struct radix_root *root)
{
    while (root->height > 1 && root->node->present == 1) {
        struct radix_node *top = root->node;
        root->node = top->slots[0];
        root->height--;
        kmem_cache_free(node_cache, top);
    }
}

void *radix_delete(struct radix_root *root, uint64_t index)
{
    struct radix_node *path[MAX_HEIGHT + 1];
    struct radix_node *leaf = descend(root, index, path);
    void *item = leaf ? leaf->slots[slot_of(index, 1)] : NULL;

    if (!item)
        return NULL;
    radix_unmark(root, index);
    for (unsigned level = 1; level <= root->height; level++) {
        struct radix_node *node = path[level];
        unsigned slot = slot_of(index, level);

        node->slots[slot] = NULL;
        node->present &= ~(1ull << slot);
        if (node->present) {
            lower_root(root);
            return item;
        }
        kmem_cache_free(node_cache, node);
    }
    *root = (struct radix_root){0};
    return item;
}

bool radix_mark(struct radix_root *root, uint64_t index)
{
    struct radix_node *path[MAX_HEIGHT + 1];
    struct radix_node *leaf = descend(root, index, path);

    BUG_ON(!leaf || !has_slot(leaf, slot_of(index, 1)));
    if (leaf->marked >> slot_of(index, 1) & 1)
        return true;
    for (unsigned level = 1; level <= root->height; level++)
        path[level]->marked |= 1ull << slot_of(index, level);
    return false;
}

bool radix_unmark(struct radix_root *root, uint64_t index)
{
    struct radix_node *path[MAX_HEIGHT + 1];
    struct radix_node *leaf = descend(root, index, path);

    BUG_ON(!leaf || !has_slot(leaf, slot_of(index, 1)));
    if (!(leaf->marked >> slot_of(index, 1) & 1))
        return false;
    for (unsigned level = 1; level <= root->height; level++) {
        path[level]->marked &= ~(1ull << slot_of(index, level));
        if (path[level]->marked)
            break;
    }
    return true;
}

/* Descends towards *index; where a node has nothing left there, starts over behind that node. */
static void *next_item(const struct radix_root *root, uint64_t *index, bool marked)
{
    uint64_t i = *index;
    const struct radix_node *node = root->node;
    unsigned level = root->height;

    if (!node)
        return NULL;
    while (height_for(i) <= root->height) {
        unsigned shift = SLOT_BITS * (level - 1);
        unsigned slot = slot_of(i, level);
        uint64_t bits = (marked ? node->marked : node->present) >> slot;

        if (!bits) {
            if (level == root->height)
                return NULL;
            i = ((i >> (shift + SLOT_BITS)) + 1) << (shift + SLOT_BITS);
            if (!i)
                return NULL;
            node = root->node;
            level = root->height;
            continue;
        }
        unsigned skip = lowest_bit(bits);
        if (skip)
            i = ((i >> shift) + skip) << shift;
        if (level == 1) {
            *index = i;
            return node->slots[slot + skip];
        }
        node = node->slots[slot + skip];
        level--;
    }
    return NULL;
}

void *radix_next(const struct radix_root *root, uint64_t *index)
{
    return next_item(root, index, false);
}

void *radix_next_marked(const struct radix_root *root, uint64_t *index)
{
    return next_item(root, index, true);
}
