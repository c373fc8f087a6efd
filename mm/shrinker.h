/* SPDX-License-Identifier: MIT */
/*
 * Reclaim: callbacks that give back memory they can do without.
 *
 * Caches register themselves at boot, cheapest to refill first. Several tasks may be in a callback
 * at once; a task that allocates inside one does not start a second round (task->in_reclaim).
 */
#ifndef MM_SHRINKER_H
#define MM_SHRINKER_H

#include "kernel/list.h"

struct shrinker {
    const char *name;
    /*
     * Frees what it easily can, about `pages`, and returns how many pages it freed. Called with no
     * spinlock held, but with whatever sleeping locks the allocating task holds: it takes sleeping
     * locks by trylock only. May sleep.
     */
    size_t (*shrink)(size_t pages);
    struct list_head node;
};

/* Boot only: the list is read without a lock. */
void register_shrinker(struct shrinker *s);

/*
 * Runs them in order of registration, then kmem_cache_shrink_all(), until about `pages` are freed.
 * Returns pages freed; 0 at once for a task that is already in here. May sleep.
 */
size_t shrink_all(size_t pages);

#endif
