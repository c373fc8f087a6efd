/* SPDX-License-Identifier: MIT */
/* mremap() against the model of areas.c: what it should return, and what should be where then. */
#include "kernel/errno.h"
#include "kernel/string.h"
#include "mm/mman.h"
#include "test/unit/areas_model.h"
#include "test/unit/unit.h"

long sys_mremap(const uint64_t *args);

struct move {
    size_t i, n, to, m; /* n pages from i become m, perhaps from `to` */
    int flags;
    bool odd;
};

static struct move random_mremap(void)
{
    size_t i = random_below(ARENA_PAGES);
    struct move c = {.i = i, .n = random_length(i), .odd = one_in(50)};

    /* Mostly what has a chance. */
    while (!arena.page[i].mapped && !one_in(200))
        i = random_below(ARENA_PAGES);
    c.i = i;
    if (arena.page[i].mapped) {
        size_t end = model_area_end(&arena, i);
        c.n = one_in(3) ? end - i : random_below(end - i) + 1;
    }
    if (one_in(12))
        c.n = 0;
    c.m = one_in(4) ? c.n : random_below(c.n + 20);
    c.flags = (int)random_below(8);
    if (one_in(3))
        c.flags = one_in(2) ? MREMAP_MAYMOVE : 0;
    if ((c.flags & MREMAP_DONTUNMAP) && !one_in(10))
        c.m = c.n;
    c.to = random_below(ARENA_PAGES - min(c.m, ARENA_PAGES - 1ul));
    if (c.flags & (MREMAP_FIXED | MREMAP_DONTUNMAP) && !one_in(10))
        c.flags |= MREMAP_MAYMOVE;
    return c;
}

static bool mremap_args_ok(const struct move *c)
{
    if (c->odd || c->m == 0)
        return false;
    if (!(c->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)))
        return true;
    return (c->flags & MREMAP_MAYMOVE) && (c->n == c->m || !(c->flags & MREMAP_DONTUNMAP)) &&
           (c->i + c->n <= c->to || c->to + c->m <= c->i);
}

/* What a move or growth has to pass. */
static long check_growth(const struct move *c)
{
    const struct place *first = &arena.page[c->i];

    if (c->n > model_area_end(&arena, c->i) - c->i)
        return -EFAULT;
    if (c->m <= c->n)
        return 0;
    if ((first->flags & VM_LOCKED) && !model_may_lock(&arena, c->m - c->n))
        return -EAGAIN;
    return model_may_expand(&arena, first->flags, c->m - c->n) ? 0 : -ENOMEM;
}

/* Does it keep its page numbers wherever it goes? Memory that was never written to does not. */
static bool keeps_pgoff(size_t i)
{
    return arena.page[i].file || find_vma(arena.mm, va_of(i))->anon_vma;
}

static long move_pages(const struct move *c, size_t to, bool keeps)
{
    struct place first = arena.page[c->i];

    if (model_sizes(&arena).areas + 3 >= sysctl_max_map_count)
        return -ENOMEM;
    if (!keeps)
        first.pgoff = va_of(to) / PAGE_SIZE;
    if (c->flags & MREMAP_DONTUNMAP)
        for (size_t k = c->i; k < c->i + c->n; k++)
            arena.page[k].flags &= ~(unsigned)VM_LOCKED_MASK;
    else
        model_unmap(&arena, c->i, c->n);
    model_map(&arena, to, c->m, &first);
    return (long)to;
}

static long model_move_to(struct move c, bool keeps)
{
    bool fixed = c.flags & MREMAP_FIXED;
    long err = check_growth(&c), to = (long)c.to;

    if (err)
        return err;
    if (model_sizes(&arena).areas + 5 >= sysctl_max_map_count)
        return -ENOMEM;
    if ((c.flags & MREMAP_DONTUNMAP) && !model_may_expand(&arena, arena.page[c.i].flags, c.m))
        return -ENOMEM;
    if (!fixed && !model_free(&arena, c.to, c.m))
        to = model_room(&arena, c.m);
    if (to < 0)
        return to;
    if (fixed)
        model_unmap(&arena, (size_t)to, c.m);
    if (c.m < c.n) {
        model_unmap(&arena, c.i + c.m, c.n - c.m);
        c.n = c.m;
    }
    return arena.page[c.i].mapped ? move_pages(&c, (size_t)to, keeps) : -EFAULT;
}

static long model_grow(const struct move *c, bool keeps)
{
    size_t end = c->i + c->n, more = c->m - c->n;
    long err = check_growth(c);

    if (err)
        return err;
    if (c->n && model_area_end(&arena, c->i) == end && end + more <= ARENA_PAGES &&
        model_mapped(&arena, end, more) == 0) {
        struct place next = arena.page[end - 1];
        next.pgoff++;
        model_map(&arena, end, more, &next);
        return (long)c->i;
    }
    if (!(c->flags & MREMAP_MAYMOVE))
        return -ENOMEM;
    long to = model_room(&arena, c->m);
    return to < 0 ? to : move_pages(c, (size_t)to, keeps);
}

/* The page that it begins at then, or -errno. */
static long model_mremap(const struct move *c)
{
    if (!mremap_args_ok(c))
        return -EINVAL;
    if (!arena.page[c->i].mapped)
        return -EFAULT;
    if (c->n == 0 && !(arena.page[c->i].flags & VM_MAYSHARE))
        return -EINVAL;
    bool keeps = keeps_pgoff(c->i);
    if (c->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
        return model_move_to(*c, keeps);
    if (c->m > c->n)
        return model_grow(c, keeps);
    if (model_hole_too_many(&arena, c->i + c->m, c->n - c->m))
        return -ENOMEM;
    model_unmap(&arena, c->i + c->m, c->n - c->m);
    return (long)c->i;
}

void op_mremap(void)
{
    static struct place before[ARENA_PAGES];
    struct move c = random_mremap();
    uint64_t args[] = {va_of(c.i) + c.odd, c.n * PAGE_SIZE, c.m * PAGE_SIZE, (uint64_t)c.flags,
                       va_of(c.to)};

    memcpy(before, arena.page, sizeof(before));
    long at = model_mremap(&c);
    if (!as_expected(sys_mremap(args), at < 0 ? at : (long)va_of((size_t)at))) {
        /* What was in the way at a fixed address is gone; otherwise nothing is. */
        memcpy(arena.page, before, sizeof(before));
        if (c.flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
            model_resync(&arena);
    } else {
        done[DID_MREMAP] += at >= 0;
    }
}
