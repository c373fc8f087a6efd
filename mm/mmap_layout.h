/* SPDX-License-Identifier: MIT */
/*
 * Where things go in a new program's half of the address space, and how much of that is chance.
 *
 *   flexible layout (the stack has a limit)        classic layout (it has none)
 *
 *   TASK_SIZE                                      TASK_SIZE
 *     random                                         random
 *   stack_top: the stack, downward                 stack_top: the stack, downward
 *     room for the stack's limit, and the gap        ...
 *     vdso, at random in its own window
 *     random
 *   mmap_base: mappings, downward                  pie_base: program, heap upward
 *     ...                                            ...
 *     heap, upward                                 mmap_base: mappings, upward
 *     random                                         random
 *   pie_base: the program                            vdso, at random in its own window
 *     random                                       a third of TASK_SIZE
 *   two thirds of TASK_SIZE                          ...
 *
 * A program that is linked to an address is there, at the bottom, and its heap follows behind a
 * random offset. Each random offset is drawn evenly, page by page, from a window that is a share of
 * the user half, the same share on every paging format. Without randomness each window is empty:
 * the addresses at the borders are the layout. That no window meets another is asserted at build
 * time, for the largest offsets and the largest stack; programs and mappings that outgrow what lies
 * between fail as anything does that finds no room.
 */
#ifndef MM_MMAP_LAYOUT_H
#define MM_MMAP_LAYOUT_H

#include "kernel/types.h"
#include "mm/layout.h"

/* A window of 1/2^share of the user half; how many bits choose a page in it. */
#define RANDOM_WINDOW(share) (USER_END >> (share))
#define RANDOM_BITS(share)   (PT_VA_BITS - 1 - PAGE_SHIFT - (share))

#define STACK_SHARE          8
#define VDSO_SHARE           8
#define MMAP_SHARE           4
#define PIE_SHARE            4
#define HEAP_SHARE           8
/* Within the stack's page as well: sp is aligned to 16. */
#define STACK_SHIFT_BITS 8

/* The room that the stack's limit may claim: no less, and no more. */
#define STACK_ROOM_MIN (128 * MiB)
#define STACK_ROOM_MAX (USER_END >> 3)

struct mmap_layout {
    vaddr_t stack_top;  /* the end of the stack's area */
    size_t stack_shift; /* bytes left out below the strings, a multiple of 16 less than a page */
    vaddr_t vdso;
    vaddr_t mmap_base; /* the end of the first mapping; in the classic layout its beginning */
    bool bottom_up;    /* the classic layout */
    vaddr_t pie_base;
    size_t heap_offset; /* more that lies between program and heap */
};

/* choose_layout()'s flags. */
enum {
    LAYOUT_RANDOM = 1,
    LAYOUT_RANDOM_HEAP = 2, /* with LAYOUT_RANDOM: the heap too */
    LAYOUT_BOTTOM_UP = 4,
};

/* `stack_limit` is in bytes. Everything is page-aligned but stack_shift. Any context. */
void choose_layout(struct mmap_layout *layout, uint64_t stack_limit, unsigned flags);

#endif
