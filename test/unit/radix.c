/* SPDX-License-Identifier: MIT */
/*
 * The radix tree against a model: an array of keys, each absent, present, or present and marked.
 * After random insertions, removals and marks, lookups and both searches find what the model says,
 * the tree is as high as it has to be, and an insertion takes the nodes that radix_nodes_needed()
 * said.
 */
#include "kernel/types.h"
#include "mm/radix.h"
#include "mm/slab.h"
#include "test/unit/unit.h"

#define KEYS  250
#define STEPS 60000

static uint64_t keys[KEYS];
static bool present[KEYS], marked[KEYS];
static struct radix_root root;

/* Small and huge ones, dense and sparse, and at the very end. */
static uint64_t random_index(void)
{
    switch (random_below(5)) {
    case 0:
        return random_below(70);
    case 1:
        return random_below(5000);
    case 2:
        return random_below(1ull << 32);
    case 3:
        return random_u64();
    default:
        return UINT64_MAX - random_below(100);
    }
}

static int find_key(uint64_t key)
{
    for (int i = 0; i < KEYS; i++)
        if (keys[i] == key)
            return i;
    return -1;
}

static void insert(int i)
{
    struct radix_reserve reserve = {0};
    unsigned needed = radix_nodes_needed(&root, keys[i]);

    CHECK(radix_reserve(&reserve, needed) == 0);
    radix_insert(&root, keys[i], &keys[i], &reserve);
    CHECK(reserve.count == 0);
    present[i] = true;
    marked[i] = false;
}

static void forget(int i)
{
    CHECK(radix_delete(&root, keys[i]) == (present[i] ? &keys[i] : NULL));
    present[i] = false;
}

static void change(int i)
{
    uint64_t all_above = one_in(100) ? random_index() : 0;

    switch (random_below(4)) {
    case 0:
        if (!present[i])
            insert(i);
        break;
    case 1:
        forget(i);
        /* Now and then all large keys go, so that the tree becomes low again. */
        for (int k = 0; k < KEYS && all_above; k++)
            if (keys[k] >= all_above)
                forget(k);
        break;
    case 2:
        if (present[i])
            CHECK(radix_mark(&root, keys[i]) == marked[i]);
        marked[i] = present[i];
        break;
    case 3:
        if (present[i])
            CHECK(radix_unmark(&root, keys[i]) == marked[i]);
        marked[i] = false;
        break;
    }
}

static void check_search(uint64_t from, bool only_marked)
{
    uint64_t index = from;
    int first = -1;

    for (int i = 0; i < KEYS; i++)
        if (present[i] && (marked[i] || !only_marked) && keys[i] >= from &&
            (first < 0 || keys[i] < keys[first]))
            first = i;
    void *found = only_marked ? radix_next_marked(&root, &index) : radix_next(&root, &index);
    CHECK(found == (first < 0 ? NULL : &keys[first]));
    CHECK(index == (first < 0 ? from : keys[first]));
}

/* As high as the largest index needs, and no higher. */
static void check_height(void)
{
    uint64_t largest = 0;
    unsigned height = 0;

    for (int i = 0; i < KEYS; i++) {
        if (!present[i])
            continue;
        largest = keys[i] > largest ? keys[i] : largest;
        height = 1;
    }
    while (largest >>= 6)
        height++;
    CHECK(root.height == height);
}

TEST(radix_random)
{
    for (int i = 0; i < KEYS; i++) {
        do
            keys[i] = random_index();
        while (find_key(keys[i]) < i);
    }
    for (int step = 0; step < STEPS; step++) {
        int i = (int)random_below(KEYS);
        uint64_t from = one_in(2) ? keys[i] : random_index();

        change(i);
        CHECK(radix_lookup(&root, keys[i]) == (present[i] ? &keys[i] : NULL));
        if (find_key(from) < 0)
            CHECK(!radix_lookup(&root, from));
        check_search(from, false);
        check_search(from, true);
        check_height();
    }
    for (int i = 0; i < KEYS; i++)
        forget(i);
    CHECK(!root.node && root.height == 0);
}

/* No node is lost: after everything has gone, the slabs that held nodes can go too. */
TEST(radix_returns_memory)
{
    kmem_cache_shrink_all();
    size_t before = slab_pages();

    for (uint64_t i = 0; i < 64; i++) {
        struct radix_reserve reserve = {0};
        CHECK(radix_reserve(&reserve, 21) == 0);
        radix_insert(&root, i << 58 | i, &keys[0], &reserve);
        radix_unreserve(&reserve);
    }
    for (uint64_t i = 0; i < 64; i++)
        CHECK(radix_delete(&root, i << 58 | i) == &keys[0]);
    kmem_cache_shrink_all();
    CHECK(slab_pages() == before);
}
