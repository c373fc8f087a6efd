/* SPDX-License-Identifier: MIT */
/*
 * mlock, madvise and mincore against a model of one record for each page: random calls over random
 * ranges, with holes, limits, and memory that runs out. What an area is marked with, how much is
 * locked, which pages are there, and what each call says, is as the model has it.
 */
#include <arch/trap.h>
#include "arch/host/host.h"
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/filemap.h"
#include "mm/mm.h"
#include "mm/mman.h"
#include "test/unit/machine.h"
#include "test/unit/unit.h"

#define ARENA 600 /* pages, over the border of a table */
#define BASE  (3 * ROOT_SLOT_SIZE - 300 * PAGE_SIZE)
#define LIMIT 80 /* pages that may be locked */
#define MARKS (VM_SEQ_READ | VM_RAND_READ | VM_DONTCOPY | VM_DONTDUMP | VM_WIPEONFORK)

struct model_page {
    bool mapped, present;
    unsigned flags; /* of MARKS and VM_LOCKED_MASK */
};

static struct mm_struct *mm;
static struct model_page model[ARENA];
static unsigned refused; /* calls that met a limit */

long sys_mlock2(const uint64_t *args);
long sys_munlock(const uint64_t *args);
long sys_mlockall(const uint64_t *args);
long sys_munlockall(const uint64_t *args);
long sys_madvise(const uint64_t *args);

static vaddr_t va_of(size_t i)
{
    return BASE + i * PAGE_SIZE;
}

static bool entry_present(vaddr_t va)
{
    struct pt_cursor c;

    pt_seek(&c, &mm->pt, va);
    return c.pte != 0;
}

static size_t model_locked(void)
{
    size_t n = 0;

    for (size_t i = 0; i < ARENA; i++)
        n += model[i].mapped && (model[i].flags & VM_LOCKED);
    return n;
}

static void check(void)
{
    mm_validate(mm);
    for (size_t i = 0; i < ARENA; i++) {
        const struct vm_area_struct *vma = vma_lookup(mm, va_of(i));
        CHECK((vma != NULL) == model[i].mapped);
        CHECK(!vma || (vma->vm_flags & (MARKS | VM_LOCKED_MASK)) == model[i].flags);
        CHECK(entry_present(va_of(i)) == (vma && model[i].present));
    }
    CHECK(mm->locked_vm == model_locked());
    CHECK((size_t)atomic_load(&nr_mlocked) == mm->locked_vm);
}

/* After a call that ran out of memory half way: what is there now is taken for right. */
static void resync(void)
{
    for (size_t i = 0; i < ARENA; i++) {
        const struct vm_area_struct *vma = vma_lookup(mm, va_of(i));
        model[i].mapped = vma;
        model[i].flags = vma ? vma->vm_flags & (MARKS | VM_LOCKED_MASK) : 0;
        model[i].present = entry_present(va_of(i));
    }
}

/* How many pages from i on, n at most, are mapped without a hole. */
static size_t run_of(size_t i, size_t n)
{
    size_t k = 0;

    while (k < n && model[i + k].mapped)
        k++;
    return k;
}

static void op_map(size_t i, size_t n)
{
    unsigned flags = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | mm->def_flags;

    long at =
        one_in(3) ? unmap_pages(mm, va_of(i), n) : map_pages(mm, va_of(i), n, flags, NULL, 0, true);

    if (at < 0) {
        CHECK(at == -ENOMEM && fail_alloc_every);
        resync();
        return;
    }
    for (size_t k = i; k < i + n; k++)
        model[k] = (struct model_page){.mapped = at > 0, .flags = at > 0 ? mm->def_flags : 0};
}

static void op_lock(size_t i, size_t n)
{
    unsigned lock = one_in(2) ? VM_LOCKED : VM_LOCKED_MASK;
    size_t fresh = n, run = run_of(i, n);
    uint64_t args[6] = {va_of(i) + random_below(PAGE_SIZE), 0, lock == VM_LOCKED_MASK};

    args[1] = va_of(i + n) - random_below(PAGE_SIZE) - args[0];
    if ((int64_t)args[1] <= 0)
        args[1] = 1;
    for (size_t k = i; k < i + n; k++)
        fresh -= model[k].mapped && (model[k].flags & VM_LOCKED);
    long ret = sys_mlock2(args);
    if (model_locked() + fresh > LIMIT) {
        CHECK(ret == -ENOMEM);
        refused++;
        return;
    }
    if (fail_alloc_every && ret) {
        CHECK(ret == -ENOMEM || ret == -EAGAIN);
        resync();
        return;
    }
    CHECK(ret == (run == n ? 0 : -ENOMEM));
    for (size_t k = i; k < i + run; k++) {
        model[k].flags = (model[k].flags & ~(unsigned)VM_LOCKED_MASK) | lock;
        model[k].present |= lock == VM_LOCKED && run == n;
    }
}

static void op_unlock(size_t i, size_t n)
{
    const uint64_t args[6] = {va_of(i), n * PAGE_SIZE};
    size_t run = run_of(i, n);
    long ret = sys_munlock(args);

    if (fail_alloc_every && ret) {
        CHECK(ret == -ENOMEM);
        resync();
        return;
    }
    CHECK(ret == (run == n ? 0 : -ENOMEM));
    for (size_t k = i; k < i + run; k++)
        model[k].flags &= ~(unsigned)VM_LOCKED_MASK;
}

static void op_lock_all(void)
{
    bool now = one_in(2), onfault = one_in(2), future = !now || one_in(3);
    unsigned lock = onfault ? VM_LOCKED_MASK : VM_LOCKED;
    const uint64_t args[6] = {(now ? MCL_CURRENT : 0) | (future ? MCL_FUTURE : 0) |
                              (onfault ? MCL_ONFAULT : 0)};
    long ret = sys_mlockall(args);

    if (now && mm->total_vm > LIMIT) {
        CHECK(ret == -ENOMEM);
        refused++;
        return;
    }
    CHECK(ret == 0);
    CHECK(mm->def_flags == (future ? lock : 0));
    for (size_t k = 0; now && k < ARENA; k++)
        if (model[k].mapped) {
            model[k].flags = (model[k].flags & ~(unsigned)VM_LOCKED_MASK) | lock;
            model[k].present |= !onfault;
        }
    if (fail_alloc_every)
        resync(); /* what found no page does without */
}

static void op_unlock_all(void)
{
    CHECK(sys_munlockall((const uint64_t[6]){0}) == 0);
    CHECK(mm->def_flags == 0);
    for (size_t k = 0; k < ARENA; k++)
        model[k].flags &= ~(unsigned)VM_LOCKED_MASK;
}

static void op_mark(size_t i, size_t n)
{
    static const struct {
        int advice;
        unsigned clear, set;
    } marks[] = {{MADV_NORMAL, VM_SEQ_READ | VM_RAND_READ, 0},
                 {MADV_SEQUENTIAL, VM_RAND_READ, VM_SEQ_READ},
                 {MADV_RANDOM, VM_SEQ_READ, VM_RAND_READ},
                 {MADV_DONTFORK, 0, VM_DONTCOPY},
                 {MADV_DOFORK, VM_DONTCOPY, 0},
                 {MADV_DONTDUMP, 0, VM_DONTDUMP},
                 {MADV_DODUMP, VM_DONTDUMP, 0},
                 {MADV_WIPEONFORK, 0, VM_WIPEONFORK},
                 {MADV_KEEPONFORK, VM_WIPEONFORK, 0}};
    size_t which = random_below(ARRAY_SIZE(marks));
    const uint64_t args[6] = {va_of(i), n * PAGE_SIZE, (uint64_t)marks[which].advice};
    long ret = sys_madvise(args);

    if (fail_alloc_every && ret == -EAGAIN) {
        resync();
        return;
    }
    CHECK(ret == (run_of(i, n) == n ? 0 : -ENOMEM));
    for (size_t k = i; k < i + n; k++)
        if (model[k].mapped)
            model[k].flags = (model[k].flags & ~marks[which].clear) | marks[which].set;
}

/* Refused at the first locked page, or done around the holes. */
static void op_dont_need(size_t i, size_t n)
{
    bool even_locked = one_in(3);
    const uint64_t args[6] = {va_of(i), n * PAGE_SIZE,
                              even_locked ? MADV_DONTNEED_LOCKED : MADV_DONTNEED};
    long expected = run_of(i, n) == n ? 0 : -ENOMEM;
    size_t k = i;

    for (; k < i + n; k++) {
        if (!even_locked && model[k].mapped && (model[k].flags & VM_LOCKED)) {
            expected = -EINVAL;
            break;
        }
        model[k].present = false;
    }
    CHECK(sys_madvise(args) == expected);
}

static void op_populate(size_t i, size_t n)
{
    const uint64_t args[6] = {va_of(i), n * PAGE_SIZE,
                              one_in(2) ? MADV_POPULATE_READ : MADV_POPULATE_WRITE};
    size_t run = run_of(i, n);
    long ret = sys_madvise(args);

    CHECK(ret == (run == n ? 0 : -ENOMEM) || (ret == -ENOMEM && fail_alloc_every));
    for (size_t k = i; k < i + run; k++)
        model[k].present = true;
    if (ret && fail_alloc_every)
        resync();
}

static void op_touch(size_t i)
{
    CHECK((host_access(va_of(i), FAULT_WRITE | FAULT_USER) != NULL) == model[i].mapped);
    model[i].present = model[i].mapped;
}

static void random_op(void)
{
    size_t i = random_below(ARENA);
    size_t n = random_below(min(ARENA - i, one_in(10) ? 400ul : 30ul)) + 1;

    switch (random_below(10)) {
    case 0:
        return op_map(i, n);
    case 1:
    case 2:
        return op_lock(i, n);
    case 3:
        return op_unlock(i, n);
    case 4:
        return one_in(4) ? op_lock_all() : one_in(3) ? op_unlock_all() : op_touch(i);
    case 5:
    case 6:
        return op_mark(i, n);
    case 7:
        return op_dont_need(i, n);
    case 8:
        return op_populate(i, n);
    default:
        return op_touch(i);
    }
}

static void run(unsigned fail_every)
{
    current->rlim[RLIMIT_MEMLOCK].cur = LIMIT * PAGE_SIZE + 77;
    mm = mm_alloc();
    CHECK(mm);
    run_process(mm);
    for (int i = 0; i < 5000; i++) {
        fail_alloc_every = fail_every;
        random_op();
        fail_alloc_every = 0;
        check();
        if (one_in(100)) {
            op_unlock_all();
            CHECK(unmap_pages(mm, BASE, ARENA) == 0);
            resync();
        }
    }
    CHECK(refused > 50);
    end_process(mm);
    CHECK(atomic_load(&nr_mlocked) == 0 && atomic_load(&nr_anon_pages) == 0);
}

TEST(advice_random)
{
    run(0);
}

TEST(advice_failing)
{
    run(5);
}
