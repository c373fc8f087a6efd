/* SPDX-License-Identifier: MIT */
/* See areas_model.h. Everything is found by looking at every page. */
#include "test/unit/areas_model.h"

#include "kernel/errno.h"
#include "kernel/sched.h"
#include "mm/page_alloc.h"
#include "test/unit/unit.h"

/* The arena lies over the borders of tables. */
#define BASE (3 * ROOT_SLOT_SIZE - 700 * PAGE_SIZE)

/* Nothing in the arena has these flags, so that no area there is joined to what is beyond. */
#define BEYOND (VM_DONTDUMP | VM_NORESERVE | VM_MAYREAD)

struct arena arena;
unsigned done[KINDS];

bool as_expected(long result, long expected)
{
    if (result == expected)
        return true;
    CHECK(result == -ENOMEM && fail_alloc_every);
    return false;
}

size_t random_length(size_t i)
{
    return random_below(min(ARENA_PAGES - i, one_in(10) ? 600ul : 20ul)) + 1;
}

vaddr_t va_of(size_t page)
{
    return BASE + page * PAGE_SIZE;
}

struct arena *arena_create(struct arena *a)
{
    struct mm_struct *mm = mm_alloc();

    *a = (struct arena){.mm = mm};
    if (!mm)
        return NULL;
    mm->mmap_base = va_of(ARENA_PAGES);
    mm->start_brk = mm->brk = va_of(HEAP);
    if (!IS_ERR(vma_map(mm, MMAP_MIN_ADDR, va_of(0), BEYOND, NULL, 0)) &&
        !IS_ERR(vma_map(mm, va_of(ARENA_PAGES), mm->task_size, BEYOND, NULL, 0)))
        return a;
    mmput(mm);
    return NULL;
}

bool model_joined(const struct place *low, const struct place *high)
{
    return low->mapped && high->mapped && low->flags == high->flags && low->file == high->file &&
           low->pgoff + 1 == high->pgoff;
}

static bool begins(const struct arena *a, size_t i)
{
    return a->page[i].mapped && (i == 0 || !model_joined(&a->page[i - 1], &a->page[i]));
}

struct sizes model_sizes(const struct arena *a)
{
    size_t beyond = (va_of(0) - MMAP_MIN_ADDR + a->mm->task_size - va_of(ARENA_PAGES)) / PAGE_SIZE;
    struct sizes s = {.total = beyond, .areas = 2};

    for (size_t i = 0; i < ARENA_PAGES; i++) {
        unsigned flags = a->page[i].flags;
        if (!a->page[i].mapped)
            continue;
        s.areas += begins(a, i);
        s.total++;
        s.stack += (flags & VM_GROWSDOWN) != 0;
        s.exec += (flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) == VM_EXEC;
        s.data += (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE;
        s.locked += (flags & VM_LOCKED) != 0;
    }
    return s;
}

size_t model_mapped(const struct arena *a, size_t i, size_t n)
{
    size_t mapped = 0;

    for (size_t k = i; k < i + n; k++)
        mapped += a->page[k].mapped;
    return mapped;
}

/* The first page at or above i that is mapped; ARENA_PAGES is. */
static size_t next_mapped(const struct arena *a, size_t i)
{
    while (i < ARENA_PAGES && !a->page[i].mapped)
        i++;
    return i;
}

static long guarded(const struct arena *a, size_t i)
{
    return (long)i - (i < ARENA_PAGES && a->page[i].flags & VM_GROWSDOWN ? (long)GUARD : 0);
}

bool model_free(const struct arena *a, size_t i, size_t n)
{
    size_t next = next_mapped(a, i);

    return next >= i + n && guarded(a, next) >= (long)(i + n);
}

long model_room(const struct arena *a, size_t n)
{
    long end = ARENA_PAGES;

    for (long i = ARENA_PAGES - 1; i >= 0; i--) {
        if (a->page[i].mapped)
            end = guarded(a, (size_t)i);
        else if (end - i == (long)n)
            return i;
    }
    return -ENOMEM;
}

size_t model_area_end(const struct arena *a, size_t i)
{
    while (++i < ARENA_PAGES && !begins(a, i) && a->page[i].mapped)
        ;
    return i;
}

size_t model_area_start(const struct arena *a, size_t i)
{
    while (!begins(a, i))
        i--;
    return i;
}

void model_map(struct arena *a, size_t i, size_t n, const struct place *first)
{
    for (size_t k = 0; k < n; k++) {
        a->page[i + k] = *first;
        a->page[i + k].pgoff += k;
    }
}

void model_unmap(struct arena *a, size_t i, size_t n)
{
    for (size_t k = i; k < i + n; k++)
        a->page[k] = (struct place){0};
}

bool model_hole_too_many(const struct arena *a, size_t i, size_t n)
{
    return n && a->page[i].mapped && model_area_start(a, i) < i && model_area_end(a, i) > i + n &&
           model_sizes(a).areas >= sysctl_max_map_count;
}

int model_modify(struct arena *a, size_t i, size_t end, unsigned flags)
{
    struct place first = a->page[i], last = a->page[end - 1];
    size_t area = model_area_start(a, i), area_end = model_area_end(a, i);
    unsigned cuts = (area < i) + (area_end > end);

    if (flags == first.flags)
        return 0;
    /* A border that moves makes no area more. */
    first.flags = last.flags = flags;
    if (area == i && i > 0 && model_joined(&a->page[i - 1], &first))
        cuts = 0;
    else if (area_end == end && end < ARENA_PAGES && model_joined(&last, &a->page[end]))
        cuts = 0;
    if (cuts && model_sizes(a).areas + cuts > sysctl_max_map_count)
        return -ENOMEM;
    for (; i < end; i++)
        a->page[i].flags = flags;
    return 0;
}

/* --- limits --- */

static bool below(uint64_t limit, size_t pages)
{
    return limit == RLIM_INFINITY || pages <= limit / PAGE_SIZE;
}

bool model_may_expand(const struct arena *a, unsigned flags, size_t n)
{
    const struct rlimit *data = &current->rlim[RLIMIT_DATA];
    struct sizes s = model_sizes(a);

    if (!below(current->rlim[RLIMIT_AS].cur, s.total + n))
        return false;
    return (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) != VM_WRITE ||
           below(data->cur ? data->cur : data->max, s.data + n);
}

bool model_may_lock(const struct arena *a, size_t n)
{
    return below(current->rlim[RLIMIT_MEMLOCK].cur, model_sizes(a).locked + n);
}

/* --- against the areas --- */

static void check_place(const struct arena *a, size_t i)
{
    const struct vm_area_struct *vma = vma_lookup(a->mm, va_of(i));
    const struct place *page = &a->page[i];

    CHECK(page->mapped == (vma != NULL));
    if (!vma)
        return;
    CHECK(page->flags == vma->vm_flags && page->file == vma->vm_file);
    CHECK(page->pgoff == vma_pgoff(vma, va_of(i)));
}

void model_check(struct arena *a)
{
    const struct mm_struct *mm = a->mm;
    struct sizes s = model_sizes(a);

    mm_validate(a->mm);
    for (size_t i = 0; i < ARENA_PAGES; i++)
        check_place(a, i);
    CHECK(mm->map_count == s.areas && mm->total_vm == s.total && mm->data_vm == s.data);
    CHECK(mm->exec_vm == s.exec && mm->stack_vm == s.stack && mm->locked_vm == s.locked);
    CHECK(mm->brk == va_of(HEAP + a->brk) && mm->hiwater_vm >= mm->total_vm);
    CHECK(atomic_load(&nr_mlocked) == (long)mm->locked_vm);
}

void model_resync(struct arena *a)
{
    for (size_t i = 0; i < ARENA_PAGES; i++) {
        const struct vm_area_struct *vma = vma_lookup(a->mm, va_of(i));
        a->page[i] = (struct place){0};
        if (vma)
            a->page[i] =
                (struct place){true, vma->vm_flags, vma->vm_file, vma_pgoff(vma, va_of(i))};
    }
}
