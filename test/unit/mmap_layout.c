/* SPDX-License-Identifier: MIT */
/*
 * Layouts of new programs: whatever is drawn, the extremes included, nothing comes near to anything
 * else; what is said of the number of random bits is so; without randomness all is fixed.
 */
#include "kernel/random.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/mm.h"
#include "mm/mmap_layout.h"
#include "test/unit/unit.h"

#define DRAWS 2000

/* What mm/mmap_layout.c draws from. */
static enum {
    DRAW_ANY,
    DRAW_ZEROES,
    DRAW_ONES
} drawing;

void get_random_bytes(void *buf, size_t n)
{
    uint64_t *words = buf;

    CHECK(n % sizeof(*words) == 0);
    for (size_t i = 0; i < n / sizeof(*words); i++)
        words[i] = drawing == DRAW_ANY ? random_u64() : drawing == DRAW_ONES ? UINT64_MAX : 0;
}

static uint64_t any_limit(void)
{
    switch (random_below(4)) {
    case 0:
        return RLIM_INFINITY;
    case 1:
        return random_u64();
    case 2:
        return random_below(USER_END);
    default:
        return random_below(512 * MiB);
    }
}

static void check(const struct mmap_layout *l, uint64_t limit, unsigned flags)
{
    uint64_t room = min(max(limit, 128 * MiB), USER_END / 8);
    vaddr_t heap = l->pie_base + PAGE_SIZE + l->heap_offset;

    CHECK(IS_ALIGNED(l->stack_top | l->vdso | l->mmap_base | l->pie_base | l->heap_offset,
                     PAGE_SIZE));
    CHECK(IS_ALIGNED(l->stack_shift, 16) && l->stack_shift < PAGE_SIZE);
    CHECK(l->stack_top <= TASK_SIZE && l->stack_top > TASK_SIZE / 8 * 7);
    CHECK(l->pie_base >= ALIGN_DOWN(TASK_SIZE / 3 * 2, PAGE_SIZE));
    CHECK(l->bottom_up == !!(flags & LAYOUT_BOTTOM_UP));
    if (l->bottom_up) {
        CHECK(l->vdso >= TASK_SIZE / 3 && l->vdso + PAGE_SIZE <= l->mmap_base);
        CHECK(l->mmap_base + USER_END / 4 <= l->pie_base);
        CHECK(heap + USER_END / 8 <= l->stack_top);
    } else {
        CHECK(l->vdso + PAGE_SIZE + STACK_GUARD_GAP + room <= l->stack_top);
        CHECK(l->mmap_base <= l->vdso && l->mmap_base > USER_END / 8 * 5);
        CHECK(heap + USER_END / 16 <= l->mmap_base);
    }
}

static struct mmap_layout checked_layout(uint64_t limit, unsigned flags)
{
    struct mmap_layout l;

    choose_layout(&l, limit, flags);
    check(&l, limit, flags);
    return l;
}

TEST(mmap_layout_no_collision)
{
    for (unsigned i = 0; i < DRAWS; i++) {
        drawing = i % 3;
        checked_layout(any_limit(), (unsigned)random_below(8));
    }
}

TEST(mmap_layout_fixed)
{
    struct mmap_layout l = checked_layout(8 * MiB, LAYOUT_RANDOM_HEAP), again;
    vaddr_t ceiling = TASK_SIZE - 128 * MiB - STACK_GUARD_GAP;

    CHECK(l.stack_top == TASK_SIZE && l.stack_shift == 0 && l.heap_offset == 0);
    CHECK(l.vdso == ceiling - PAGE_SIZE && l.mmap_base == l.vdso);
    again = checked_layout(8 * MiB, LAYOUT_RANDOM_HEAP);
    CHECK(memcmp(&l, &again, sizeof(l)) == 0);

    l = checked_layout(RLIM_INFINITY, LAYOUT_BOTTOM_UP);
    CHECK(l.vdso == ALIGN_UP(TASK_SIZE / 3, PAGE_SIZE) && l.mmap_base == l.vdso + PAGE_SIZE);
    l = checked_layout(8 * MiB, LAYOUT_RANDOM);
    CHECK(l.heap_offset == 0);
}

/* Which bits of a field, in pages from its lowest or highest value, were seen in both states. */
struct bits {
    uint64_t ones, zeroes;
};

static void see(struct bits *b, uint64_t bytes)
{
    b->ones |= bytes;
    b->zeroes |= ~bytes;
}

static bool all_seen(const struct bits *b, unsigned low, unsigned count)
{
    return (b->ones & b->zeroes) == ((1ul << count) - 1) << low;
}

TEST(mmap_layout_entropy)
{
    for (unsigned flags = LAYOUT_RANDOM; flags < 8; flags += 2) {
        struct bits stack = {0}, shift = {0}, vdso = {0}, mmap = {0}, pie = {0}, heap = {0};
        struct mmap_layout least;

        drawing = DRAW_ZEROES;
        choose_layout(&least, 8 * MiB, flags);
        drawing = DRAW_ANY;
        for (unsigned i = 0; i < DRAWS; i++) {
            struct mmap_layout l = checked_layout(8 * MiB, flags);
            bool up = l.bottom_up;
            see(&stack, least.stack_top - l.stack_top);
            see(&shift, l.stack_shift);
            see(&vdso, up ? l.vdso - least.vdso : least.vdso - l.vdso);
            see(&mmap, up ? l.mmap_base - least.mmap_base : least.mmap_base - l.mmap_base);
            see(&pie, l.pie_base - least.pie_base);
            see(&heap, l.heap_offset);
        }
        CHECK(all_seen(&stack, PAGE_SHIFT, RANDOM_BITS(STACK_SHARE)));
        CHECK(all_seen(&shift, 4, STACK_SHIFT_BITS));
        CHECK(all_seen(&vdso, PAGE_SHIFT, RANDOM_BITS(VDSO_SHARE)));
        CHECK(all_seen(&mmap, PAGE_SHIFT, RANDOM_BITS(MMAP_SHARE)));
        CHECK(all_seen(&pie, PAGE_SHIFT, RANDOM_BITS(PIE_SHARE)));
        CHECK(
            all_seen(&heap, PAGE_SHIFT, flags & LAYOUT_RANDOM_HEAP ? RANDOM_BITS(HEAP_SHARE) : 0));
    }
}
