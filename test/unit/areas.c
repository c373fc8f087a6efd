/* SPDX-License-Identifier: MIT */
/*
 * The set of areas against a model of one record for each page: random mmap, munmap, mprotect,
 * mremap, brk, flags, growing stacks and fork, with limits that are often met. Each call's result,
 * errno included, is foretold; after each, areas, sizes and trees are what they should be. With
 * failing allocations, a call that fails has changed nothing, but for those that say otherwise.
 */
#include <arch/trap.h>
#include "arch/host/host.h"
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "kernel/syscall.h"
#include "mm/mman.h"
#include "test/unit/areas_model.h"
#include "test/unit/machine.h"
#include "test/unit/unit.h"

#define MAY        (VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)
#define FILE_PAGES 4000

long sys_mmap(const uint64_t *args);
long sys_munmap(const uint64_t *args);
long sys_mprotect(const uint64_t *args);
long sys_brk(const uint64_t *args);

static struct arena child;

/* --- mmap --- */

struct call {
    vaddr_t addr;
    size_t n; /* pages, of which the length is perhaps a part */
    int prot, flags, fd;
    uint64_t pgoff;
};

static struct call random_mmap(void)
{
    static const int types[] = {MAP_PRIVATE, MAP_PRIVATE, MAP_PRIVATE, MAP_SHARED,
                                MAP_SHARED,  MAP_PRIVATE, MAP_PRIVATE, MAP_SHARED_VALIDATE};
    static const int extras[] = {MAP_GROWSDOWN, MAP_LOCKED,   MAP_NORESERVE,
                                 MAP_POPULATE,  MAP_NONBLOCK, 0x800000};
    size_t i = random_below(ARENA_PAGES);
    struct call c = {.addr = va_of(i), .n = random_length(i), .prot = (int)random_below(8)};

    c.flags = one_in(30) ? (int)random_below(16) : types[random_below(8)];
    c.fd = one_in(3) ? (int)random_below(4) : -1;
    c.flags |= c.fd < 0 && !one_in(30) ? MAP_ANONYMOUS : 0;
    for (size_t k = 0; k < ARRAY_SIZE(extras); k++)
        c.flags |= one_in(12) ? extras[k] : 0;
    if (one_in(2))
        c.flags |= MAP_FIXED;
    else if (one_in(4))
        c.flags |= MAP_FIXED_NOREPLACE;
    else if (one_in(2))
        c.addr = 0;
    if (one_in(20))
        c.addr += 1 + random_below(PAGE_SIZE - 1);
    c.pgoff = one_in(40) ? UINT64_MAX >> PAGE_SHIFT : random_below(100);
    return c;
}

static long expected_address(const struct call *c)
{
    size_t i = (c->addr - va_of(0)) / PAGE_SIZE;

    if (c->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
        if (!IS_ALIGNED(c->addr, PAGE_SIZE))
            return -EINVAL;
        return c->flags & MAP_FIXED_NOREPLACE && model_mapped(&arena, i, c->n) ? -EEXIST : (long)i;
    }
    if (c->addr && model_free(&arena, i, c->n))
        return (long)i;
    return model_room(&arena, c->n);
}

/* The flags of a mapping of a file or of nothing, or -errno. */
static long expected_kind(const struct call *c)
{
    const struct file *file = c->flags & MAP_ANONYMOUS ? NULL : host_descriptors[c->fd];
    bool shared = (c->flags & MAP_TYPE) != MAP_PRIVATE;

    if (!file) {
        if ((c->flags & MAP_TYPE) == MAP_PRIVATE)
            return MAY;
        if ((c->flags & MAP_TYPE) != MAP_SHARED || (c->flags & MAP_GROWSDOWN))
            return -EINVAL;
        return MAY | VM_SHARED | VM_MAYSHARE;
    }
    if (c->pgoff + c->n > (uint64_t)INT64_MAX / PAGE_SIZE)
        return -EOVERFLOW;
    if ((c->flags & MAP_TYPE) == MAP_SHARED_VALIDATE &&
        (c->flags & (0x800000 | MAP_FIXED_NOREPLACE)))
        return -EOPNOTSUPP;
    if ((c->flags & MAP_TYPE) == 0 || (c->flags & MAP_TYPE) > MAP_SHARED_VALIDATE)
        return -EINVAL;
    if (shared && (c->prot & PROT_WRITE) && file->f_flags == O_RDONLY)
        return -EACCES;
    if (file->f_flags == O_WRONLY)
        return -EACCES;
    if (c->flags & MAP_GROWSDOWN)
        return -EINVAL;
    if (!shared)
        return MAY;
    return file->f_flags == O_RDWR ? MAY | VM_SHARED | VM_MAYSHARE
                                   : (MAY & ~VM_MAYWRITE) | VM_MAYSHARE;
}

/* The page that it begins at, or -errno; *first is what is there then. */
static long expected_mmap(const struct call *c, struct place *first)
{
    struct sizes s = model_sizes(&arena);
    bool anon = c->flags & MAP_ANONYMOUS, over = c->flags & MAP_FIXED;

    if (!anon && (c->fd < 0 || !host_descriptors[c->fd]))
        return -EBADF;
    if (s.areas > sysctl_max_map_count)
        return -ENOMEM;
    long at = expected_address(c);
    if (at < 0)
        return at;
    unsigned flags =
        (unsigned)c->prot | arena.mm->def_flags | (c->flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0) |
        (c->flags & MAP_NORESERVE ? VM_NORESERVE : 0) | (c->flags & MAP_LOCKED ? VM_LOCKED : 0);
    if ((c->flags & MAP_LOCKED) && current->rlim[RLIMIT_MEMLOCK].cur == 0)
        return -EPERM;
    if ((flags & VM_LOCKED) && !model_may_lock(&arena, c->n))
        return -EAGAIN;
    long kind = expected_kind(c);
    if (kind < 0)
        return kind;
    *first = (struct place){.mapped = true, .flags = flags | (unsigned)kind, .pgoff = c->pgoff};
    if (!anon)
        first->file = host_descriptors[c->fd];
    else
        first->pgoff = kind & VM_SHARED ? 0 : va_of((size_t)at) / PAGE_SIZE;
    size_t gone = over ? model_mapped(&arena, (size_t)at, c->n) : 0;
    if (!model_may_expand(&arena, first->flags, c->n - gone))
        return -ENOMEM;
    return over && model_hole_too_many(&arena, (size_t)at, c->n) ? -ENOMEM : at;
}

static void op_mmap(void)
{
    struct call c = random_mmap();
    struct place first;
    long at = expected_mmap(&c, &first), expected = at < 0 ? at : (long)va_of((size_t)at);
    size_t length = c.n * PAGE_SIZE - (one_in(4) ? random_below(PAGE_SIZE) : 0);
    uint64_t args[] = {
        c.addr, length, (uint64_t)c.prot, (uint64_t)c.flags, (uint64_t)c.fd, c.pgoff * PAGE_SIZE};

    if (!as_expected(sys_mmap(args), expected) || at < 0)
        return;
    if ((first.flags & VM_SHARED) && !first.file)
        first.file = find_vma(arena.mm, va_of((size_t)at))->vm_file;
    model_map(&arena, (size_t)at, c.n, &first);
    done[DID_MMAP]++;
}

/* --- munmap, mprotect --- */

static void op_munmap(void)
{
    size_t i = random_below(ARENA_PAGES), n = random_length(i);
    bool odd = one_in(40);
    uint64_t args[] = {va_of(i) + odd, n * PAGE_SIZE - (one_in(4) ? random_below(PAGE_SIZE) : 0)};
    long expected = odd ? -EINVAL : model_hole_too_many(&arena, i, n) ? -ENOMEM : 0;

    if (!as_expected(sys_munmap(args), expected) || expected)
        return;
    model_unmap(&arena, i, n);
    done[DID_MUNMAP]++;
}

/* It goes as far as it can: up to a hole, or to what may not have this access. */
static long model_mprotect(size_t i, size_t end, unsigned access)
{
    while (i < end) {
        if (!arena.page[i].mapped)
            return -ENOMEM;
        size_t stop = min(end, model_area_end(&arena, i));
        unsigned old = arena.page[i].flags, flags = (old & ~(unsigned)VM_ACCESS) | access;
        if (flags != old && (access & ~(old >> 4)))
            return -EACCES;
        if ((access & ~old & VM_WRITE) && !model_may_expand(&arena, flags, stop - i) &&
            model_may_expand(&arena, old, stop - i))
            return -ENOMEM;
        if (model_modify(&arena, i, stop, flags))
            return -ENOMEM;
        i = stop;
    }
    return 0;
}

static void op_mprotect(void)
{
    size_t i = random_below(ARENA_PAGES), n = random_length(i), end = i + n;
    if (arena.page[i].mapped && one_in(2))
        end = i + random_below(model_area_end(&arena, i) - i) + 1;
    unsigned access = (unsigned)random_below(8);
    bool down = one_in(20);
    uint64_t args[] = {va_of(i), (end - i) * PAGE_SIZE, access | (down ? PROT_GROWSDOWN : 0)};
    long expected = 0;

    /* From the beginning of the stack that the range lies in. */
    if (down) {
        while (i < end && !arena.page[i].mapped)
            i++;
        if (i == end)
            expected = -ENOMEM;
        else if (!(arena.page[i].flags & VM_GROWSDOWN))
            expected = -EINVAL;
        else
            i = model_area_start(&arena, i);
    }
    if (!expected)
        expected = model_mprotect(i, end, access);
    long result = sys_mprotect(args);
    as_expected(result, expected);
    done[DID_MPROTECT] += result == 0;
    /* Memory may have run out before what was expected to stop it. */
    if (result == -ENOMEM && fail_alloc_every)
        model_resync(&arena);
}

/* --- the rest --- */

static bool model_brk(size_t brk)
{
    size_t from = HEAP + arena.brk, to = HEAP + brk;
    unsigned flags = VM_READ | VM_WRITE | MAY | arena.mm->def_flags;

    if (brk == arena.brk)
        return true;
    if (brk < arena.brk) {
        if (model_hole_too_many(&arena, to, from - to))
            return false;
        model_unmap(&arena, to, from - to);
        return true;
    }
    size_t n = to - from;
    if (((flags & VM_LOCKED) && !model_may_lock(&arena, n)) || to >= ARENA_PAGES ||
        !model_free(&arena, from, n + 1) || model_sizes(&arena).areas > sysctl_max_map_count ||
        !model_may_expand(&arena, flags, n))
        return false;
    model_map(&arena, from, n, &(struct place){true, flags, NULL, va_of(from) / PAGE_SIZE});
    return true;
}

static void op_brk(void)
{
    static struct place before[ARENA_PAGES];
    size_t brk = arena.brk + random_below(40);
    uint64_t data = current->rlim[RLIMIT_DATA].cur;

    brk -= min(brk, random_below(40));
    memcpy(before, arena.page, sizeof(before));
    bool moves = (data == RLIM_INFINITY || brk * PAGE_SIZE <= data) && model_brk(brk);
    long result = sys_brk((uint64_t[]){va_of(HEAP + brk)});
    if (moves && result == (long)va_of(HEAP + brk)) {
        arena.brk = brk;
        done[DID_BRK]++;
        return;
    }
    CHECK(result == (long)va_of(HEAP + arena.brk) && (!moves || fail_alloc_every));
    memcpy(arena.page, before, sizeof(before));
}

/* As mlock() and madvise() do it, area by area. */
static void op_flags(void)
{
    static const unsigned masks[] = {VM_LOCKED_MASK, VM_DONTCOPY, VM_WIPEONFORK,
                                     VM_SEQ_READ | VM_RAND_READ};
    static const unsigned sets[] = {VM_LOCKED, VM_DONTCOPY, VM_WIPEONFORK, VM_SEQ_READ};
    size_t i = random_below(ARENA_PAGES), end = i + random_length(i), k = random_below(4);
    unsigned set = one_in(2) ? 0 : sets[k];

    down_write(&arena.mm->mmap_lock);
    for (; i < end; i++) {
        const struct place *page = &arena.page[i];
        if (!page->mapped || (k == 2 && page->file))
            continue;
        size_t stop = min(end, model_area_end(&arena, i));
        struct vm_area_struct *vma = find_vma(arena.mm, va_of(i));
        unsigned flags = (page->flags & ~masks[k]) | set;
        struct place before = *page;
        int expected = model_modify(&arena, i, stop, flags);
        int err = vma_modify(&vma, va_of(i), va_of(stop), flags);
        if (as_expected(err, expected) && !err) {
            CHECK(vma->vm_start <= va_of(i) && vma->vm_end >= va_of(stop));
            done[DID_FLAGS]++;
        } else if (!expected) {
            for (size_t p = i; p < stop; p++)
                arena.page[p].flags = before.flags;
        }
        i = stop - 1;
    }
    up_write(&arena.mm->mmap_lock);
}

/* A fault below something that grows down. */
static void op_expand(void)
{
    size_t top = random_below(ARENA_PAGES), i, low;

    while (top < ARENA_PAGES &&
           (top == 0 || arena.page[top - 1].mapped || !(arena.page[top].flags & VM_GROWSDOWN)))
        top++;
    if (top == ARENA_PAGES)
        return;
    for (low = top; low > 0 && !arena.page[low - 1].mapped;)
        low--;
    i = top - 1 - random_below(min(top - low, 300ul));
    const struct place *stack = &arena.page[top], *next = low ? &arena.page[low - 1] : NULL;
    bool near =
        next && (next->flags & VM_ACCESS) && !(next->flags & VM_GROWSDOWN) && i - low < GUARD;
    size_t whole = (model_area_end(&arena, top) - i) * PAGE_SIZE, more = top - i;
    bool may = !near && stack->pgoff >= more && whole <= current->rlim[RLIMIT_STACK].cur &&
               model_may_expand(&arena, stack->flags, more) &&
               (!(stack->flags & VM_LOCKED) || model_may_lock(&arena, more));

    down_write(&arena.mm->mmap_lock);
    int err = expand_stack(find_vma(arena.mm, va_of(i)), va_of(i) + random_below(PAGE_SIZE));
    up_write(&arena.mm->mmap_lock);
    CHECK(err == (may ? 0 : -ENOMEM));
    if (err)
        return;
    struct place first = *stack;
    first.pgoff -= more;
    model_map(&arena, i, more, &first);
    done[DID_EXPAND]++;
}

/* Some area is about to get its first page: from then on it keeps its page numbers. */
static void op_touch(void)
{
    size_t i = random_below(ARENA_PAGES);

    for (int tries = 0; tries < 20 && !arena.page[i].mapped; tries++)
        i = random_below(ARENA_PAGES);
    if (arena.page[i].mapped && !(arena.page[i].flags & VM_SHARED))
        anon_vma_prepare(find_vma(arena.mm, va_of(i)));
}

static void op_fork(void)
{
    child = arena;
    child.mm = mm_dup(arena.mm);
    CHECK(child.mm || fail_alloc_every);
    if (!child.mm)
        return;
    for (size_t i = 0; i < ARENA_PAGES; i++) {
        child.page[i].flags &= ~(unsigned)VM_LOCKED_MASK;
        if (child.page[i].flags & VM_DONTCOPY)
            child.page[i] = (struct place){0};
    }
    CHECK(child.mm->def_flags == 0);
    /* Locked pages are counted over all processes. */
    long locked = atomic_exchange(&nr_mlocked, 0);
    model_check(&child);
    atomic_store(&nr_mlocked, locked);
    mmput(child.mm);
    done[DID_FORK]++;
}

static void random_limits(void)
{
    struct sizes s = model_sizes(&arena);
    struct rlimit *rlim = current->rlim;

    rlim[RLIMIT_AS].cur = one_in(2) ? RLIM_INFINITY : (s.total + random_below(60)) * PAGE_SIZE;
    rlim[RLIMIT_DATA].cur = one_in(2) ? RLIM_INFINITY : (s.data + random_below(60)) * PAGE_SIZE;
    if (one_in(8))
        rlim[RLIMIT_DATA].cur = 0; /* stands for the hard limit, but for brk() */
    rlim[RLIMIT_MEMLOCK].cur = one_in(2) ? RLIM_INFINITY : random_below(3) * 100 * PAGE_SIZE;
    rlim[RLIMIT_STACK].cur = one_in(2) ? 8 * MiB : random_below(200) * PAGE_SIZE;
    sysctl_max_map_count = one_in(2) ? MAX_MAP_COUNT : s.areas + (unsigned)random_below(12);
    arena.mm->def_flags = one_in(3) ? one_in(2) ? VM_LOCKED : VM_LOCKED_MASK : 0;
}

static void random_op(void)
{
    static void (*const ops[])(void) = {op_mmap,     op_mmap,   op_mmap,   op_munmap,
                                        op_mprotect, op_mremap, op_mremap, op_mremap,
                                        op_brk,      op_flags,  op_expand, op_touch};

    if (one_in(60))
        op_fork();
    else
        ops[random_below(ARRAY_SIZE(ops))]();
    model_check(&arena);
    if (one_in(40))
        random_limits();
}

/* Each operation has succeeded a few times: with some numbers it takes more of them. */
static bool all_done(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(done); i++)
        if (done[i] <= 3)
            return false;
    return true;
}

static void run(unsigned fail_every)
{
    size_t before = free_when_idle();

    for (int fd = 0; fd < 3; fd++) {
        host_descriptors[fd] = host_file_create(FILE_PAGES, 0);
        host_descriptors[fd]->f_flags = (unsigned[]){O_RDWR, O_RDONLY, O_WRONLY}[fd];
    }
    CHECK(arena_create(&arena));
    run_process(arena.mm);
    for (int i = 0; i < 6000 || (i < 60000 && !fail_every && !all_done()); i++) {
        fail_alloc_every = fail_every;
        random_op();
        fail_alloc_every = 0;
    }
    end_process(arena.mm);
    for (int fd = 0; fd < 3; fd++)
        fput(host_descriptors[fd]);
    CHECK(free_when_idle() == before && atomic_load(&nr_mlocked) == 0);
    CHECK(fail_every || all_done());
}

TEST(areas_random)
{
    run(0);
}

TEST(areas_failing)
{
    run(5);
}
