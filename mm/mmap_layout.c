/* SPDX-License-Identifier: MIT */
/* See mm/mmap_layout.h. */
#include "mm/mmap_layout.h"

#include "kernel/random.h"
#include "mm/mm.h"

#define PIE_START     ALIGN_DOWN(TASK_SIZE / 3 * 2, PAGE_SIZE)
#define CLASSIC_START ALIGN_UP(TASK_SIZE / 3, PAGE_SIZE)

/* The extremes: how far up a program and the beginning of its heap may come, and so on. */
#define PIE_HEAP_HIGHEST (PIE_START + RANDOM_WINDOW(PIE_SHARE) + RANDOM_WINDOW(HEAP_SHARE))
#define STACK_TOP_LOWEST (TASK_SIZE - RANDOM_WINDOW(STACK_SHARE))
#define MMAP_BASE_LOWEST                                                                           \
    (STACK_TOP_LOWEST - STACK_ROOM_MAX - STACK_GUARD_GAP - RANDOM_WINDOW(VDSO_SHARE) -             \
     RANDOM_WINDOW(MMAP_SHARE))
#define CLASSIC_HIGHEST (CLASSIC_START + RANDOM_WINDOW(VDSO_SHARE) + RANDOM_WINDOW(MMAP_SHARE))

_Static_assert(1ul << RANDOM_BITS(MMAP_SHARE) == RANDOM_WINDOW(MMAP_SHARE) >> PAGE_SHIFT,
               "the bits choose a page of the window");
_Static_assert(PIE_HEAP_HIGHEST + USER_END / 16 <= MMAP_BASE_LOWEST,
               "flexible: a position-independent program, its heap and the mappings have room");
_Static_assert(CLASSIC_HIGHEST + USER_END / 4 <= PIE_START,
               "classic: mappings have room below such a program");
_Static_assert(PIE_HEAP_HIGHEST + STACK_ROOM_MAX + STACK_GUARD_GAP <= STACK_TOP_LOWEST,
               "classic: and the stack above its heap");
_Static_assert(MMAP_MIN_ADDR + USER_END / 4 + RANDOM_WINDOW(HEAP_SHARE) <= CLASSIC_START,
               "a program with an address of its own has room for itself and its heap");
_Static_assert(1ul << STACK_SHIFT_BITS == PAGE_SIZE / 16, "all of the stack's page is used");

/* One word for each; they are drawn together, which costs little more than drawing one. */
struct draw {
    uint64_t stack, stack_shift, vdso, mmap, pie, heap;
};

static uint64_t low_bits(uint64_t word, unsigned bits)
{
    return word & ((1ul << bits) - 1);
}

/* A window's size, and an offset in it: whole pages. */
struct window {
    size_t size, offset;
};

static struct window place(unsigned share, bool random, uint64_t word)
{
    if (!random)
        return (struct window){0};
    return (struct window){.size = RANDOM_WINDOW(share),
                           .offset = low_bits(word, RANDOM_BITS(share)) << PAGE_SHIFT};
}

static void place_top_down(struct mmap_layout *layout, vaddr_t ceiling, struct window vdso,
                           struct window mmap)
{
    layout->vdso = ceiling - PAGE_SIZE - vdso.offset;
    layout->mmap_base = ceiling - max(vdso.size, PAGE_SIZE) - mmap.offset;
}

static void place_bottom_up(struct mmap_layout *layout, struct window vdso, struct window mmap)
{
    layout->vdso = CLASSIC_START + vdso.offset;
    layout->mmap_base = CLASSIC_START + max(vdso.size, PAGE_SIZE) + mmap.offset;
}

void choose_layout(struct mmap_layout *layout, uint64_t stack_limit, unsigned flags)
{
    bool random = flags & LAYOUT_RANDOM;
    struct draw draw = {0};

    if (random)
        get_random_bytes(&draw, sizeof(draw));
    struct window stack = place(STACK_SHARE, random, draw.stack);
    struct window vdso = place(VDSO_SHARE, random, draw.vdso);
    struct window mmap = place(MMAP_SHARE, random, draw.mmap);
    size_t room = ALIGN_UP(min(max(stack_limit, STACK_ROOM_MIN), STACK_ROOM_MAX), PAGE_SIZE);

    *layout = (struct mmap_layout){
        .stack_top = TASK_SIZE - stack.offset,
        .stack_shift = low_bits(draw.stack_shift, STACK_SHIFT_BITS) * 16,
        .bottom_up = flags & LAYOUT_BOTTOM_UP,
        .pie_base = PIE_START + place(PIE_SHARE, random, draw.pie).offset,
        .heap_offset = place(HEAP_SHARE, random && (flags & LAYOUT_RANDOM_HEAP), draw.heap).offset,
    };
    if (layout->bottom_up)
        place_bottom_up(layout, vdso, mmap);
    else
        /* As if the stack lay as low as it may: its offset and the mappings' tell two things. */
        place_top_down(layout, TASK_SIZE - stack.size - room - STACK_GUARD_GAP, vdso, mmap);
}
