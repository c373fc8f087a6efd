/* SPDX-License-Identifier: MIT */
/*
 * What the areas of a process should be: one record for each page of an arena, beyond whose two
 * ends everything is taken. All numbers here are pages of the arena, unless they are addresses.
 */
#ifndef TEST_UNIT_AREAS_MODEL_H
#define TEST_UNIT_AREAS_MODEL_H

#include "mm/mm.h"

#define ARENA_PAGES 2400
#define HEAP        700 /* where the heap begins */
#define GUARD       (STACK_GUARD_GAP / PAGE_SIZE)

struct place {
    bool mapped;
    unsigned flags;
    struct file *file;
    uint64_t pgoff;
};

struct arena {
    struct mm_struct *mm;
    struct place page[ARENA_PAGES];
    size_t brk; /* pages of the heap */
};

struct sizes {
    size_t total, data, exec, stack, locked;
    unsigned areas;
};

/* The one that calls are made in. */
extern struct arena arena;

enum {
    DID_MMAP,
    DID_MUNMAP,
    DID_MPROTECT,
    DID_MREMAP,
    DID_BRK,
    DID_FLAGS,
    DID_EXPAND,
    DID_FORK,
    KINDS
};
extern unsigned done[KINDS]; /* how often each kind of call succeeded */

/*
 * The call's result is the expected one; or it is -ENOMEM because an allocation was made to fail,
 * and then the answer is false.
 */
bool as_expected(long result, long expected);
/* For a range that begins at page i. */
size_t random_length(size_t i);

/* areas_mremap.c: a random mremap(), checked, and done to the model. */
void op_mremap(void);

vaddr_t va_of(size_t page);
/* A new address space, or NULL. */
struct arena *arena_create(struct arena *a);

/* Of the arena alone and, total and areas, of what lies beyond its ends. */
struct sizes model_sizes(const struct arena *a);
/* Are these two pages, next to each other, of one area? */
bool model_joined(const struct place *low, const struct place *high);
/* [i, i + n) is free, and leaves what lies above its guard gap. */
bool model_free(const struct arena *a, size_t i, size_t n);
/* How many pages of it are mapped. */
size_t model_mapped(const struct arena *a, size_t i, size_t n);
/* Where mmap() goes without a wish, or -ENOMEM. */
long model_room(const struct arena *a, size_t n);
/* The end of the area that has page i. */
size_t model_area_end(const struct arena *a, size_t i);
size_t model_area_start(const struct arena *a, size_t i);

void model_map(struct arena *a, size_t i, size_t n, const struct place *first);
void model_unmap(struct arena *a, size_t i, size_t n);
/* Is it a hole in one area, and one area too many? */
bool model_hole_too_many(const struct arena *a, size_t i, size_t n);
/* Other flags for [i, end), which lies in one area: 0, or -ENOMEM for too many areas. */
int model_modify(struct arena *a, size_t i, size_t end, unsigned flags);

/* RLIMIT_AS and RLIMIT_DATA, RLIMIT_MEMLOCK: is there room for n pages more? */
bool model_may_expand(const struct arena *a, unsigned flags, size_t n);
bool model_may_lock(const struct arena *a, size_t n);

/* The areas are what the model says, in every respect. */
void model_check(struct arena *a);
/* Takes over what the areas are, in what was done only in part. */
void model_resync(struct arena *a);

#endif
