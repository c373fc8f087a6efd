/* SPDX-License-Identifier: MIT */
/* Reclaim. See shrinker.h. */
#include "kernel/sched.h"
#include "mm/shrinker.h"
#include "mm/slab.h"

static struct list_head shrinkers = LIST_HEAD_INIT(shrinkers);

void register_shrinker(struct shrinker *s)
{
    list_add_tail(&s->node, &shrinkers);
}

size_t shrink_all(size_t pages)
{
    struct task_struct *task = current;
    struct shrinker *s;
    size_t freed = 0;

    /* Before there are tasks there is nothing to reclaim. */
    if (!task || task->in_reclaim)
        return 0;
    task->in_reclaim = true;
    list_for_each_entry (s, &shrinkers, node) {
        if (freed >= pages)
            break;
        freed += s->shrink(pages - freed);
    }
    /* Last, for the others' objects have become free slabs by now. */
    if (freed < pages)
        freed += kmem_cache_shrink_all();
    task->in_reclaim = false;
    return freed;
}
