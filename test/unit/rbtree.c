/* SPDX-License-Identifier: MIT */
/*
 * Red-black trees: after each random insertion or removal the tree obeys its rules, is in order,
 * holds what the model holds, and each augmented value (here: the largest weight of the subtree, of
 * which many are equal) is right.
 */
#include "kernel/types.h"
#include "mm/rbtree.h"
#include "test/unit/unit.h"

#define KEYS 300

struct item {
    unsigned key;
    unsigned weight, largest;
    struct rb_node node;
};

static struct item items[KEYS];
static bool present[KEYS];
static struct rb_root root;

static struct item *item_of(struct rb_node *node)
{
    return rb_entry(node, struct item, node);
}

static bool update(struct rb_node *node)
{
    struct item *item = item_of(node);
    unsigned old = item->largest;

    item->largest = item->weight;
    if (node->left)
        item->largest = max(item->largest, item_of(node->left)->largest);
    if (node->right)
        item->largest = max(item->largest, item_of(node->right)->largest);
    return item->largest != old;
}

/* Checks the subtree; returns its black height, and adds to *count. */
static int check(struct rb_node *node, struct rb_node *parent, unsigned *count, bool augmented)
{
    if (!node)
        return 1;
    CHECK(node->parent == parent);
    CHECK(!(node->red && parent && parent->red));
    int left = check(node->left, node, count, augmented);
    int right = check(node->right, node, count, augmented);
    CHECK(left == right);
    CHECK(!augmented || !update(node));
    ++*count;
    return left + !node->red;
}

static void check_order(unsigned count)
{
    struct rb_node *node = rb_first(&root);
    unsigned seen = 0;

    for (unsigned k = 0; k < KEYS; k++) {
        if (!present[k])
            continue;
        CHECK(node && item_of(node)->key == k);
        CHECK(!rb_prev(node) || present[item_of(rb_prev(node))->key]);
        if (!rb_next(node))
            CHECK(node == rb_last(&root));
        else
            CHECK(rb_prev(rb_next(node)) == node);
        node = rb_next(node);
        seen++;
    }
    CHECK(!node && seen == count);
}

static void insert(unsigned key, rb_update_t fn)
{
    struct rb_node **link = &root.node, *parent = NULL;

    while (*link) {
        parent = *link;
        link = key < item_of(parent)->key ? &parent->left : &parent->right;
    }
    items[key] = (struct item){.key = key, .weight = (unsigned)random_below(20), .largest = 7};
    rb_link(&items[key].node, parent, link);
    rb_insert(&root, &items[key].node, fn);
}

static void run(rb_update_t fn)
{
    unsigned expected = 0;

    for (unsigned i = 0; i < 6000; i++) {
        unsigned key = (unsigned)random_below(KEYS), count = 0;
        /* In turns the tree is mostly filled and mostly emptied. */
        bool filling = i / 1000 % 2 == 0;
        if (!present[key] && (filling || one_in(4))) {
            insert(key, fn);
            expected++;
            present[key] = true;
        } else if (present[key] && (!filling || one_in(4))) {
            rb_erase(&root, &items[key].node, fn);
            expected--;
            present[key] = false;
        } else if (present[key] && fn) {
            items[key].weight = (unsigned)random_below(20);
            rb_propagate(&items[key].node, fn);
        }
        CHECK(!root.node || !root.node->red);
        check(root.node, NULL, &count, fn);
        CHECK(count == expected);
        check_order(count);
    }
}

TEST_BEFORE_BOOT(rbtree_plain)
{
    run(NULL);
}

TEST_BEFORE_BOOT(rbtree_augmented)
{
    run(update);
}
