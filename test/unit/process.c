/* SPDX-License-Identifier: MIT */
/*
 * Processes against a model of one record for each page: random mmap, munmap, mprotect, mremap,
 * fork, exit, and accesses as a program makes them, on every CPU, through TLBs that forget nothing
 * by themselves. Each access does what the areas say and finds the byte that was written last; the
 * areas keep all their invariants; at the end every page is back.
 */
#include <arch/smp.h>
#include <arch/trap.h>
#include "arch/host/host.h"
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/sched.h"
#include "mm/mm.h"
#include "mm/mman.h"
#include "mm/uaccess.h"
#include "test/unit/machine.h"
#include "test/unit/unit.h"

#define ARENA      1300 /* pages, over the borders of tables */
#define BASE       (3 * ROOT_SLOT_SIZE - 500 * PAGE_SIZE)
#define NR_PROCS   4
#define FILE_PAGES 300

long sys_mremap(const uint64_t *args);

struct model_page {
    bool mapped;
    unsigned vm_flags;
    struct file *file;
    uint64_t pgoff;
    uint8_t byte; /* what a read finds */
    bool written; /* a page of its own, not the file's */
};

static struct process {
    struct mm_struct *mm; /* NULL: does not exist */
    struct model_page page[ARENA];
} procs[NR_PROCS];

static struct file *files[2];
static unsigned forks, moves; /* that succeeded */

static vaddr_t va_of(size_t i)
{
    return BASE + i * PAGE_SIZE;
}

/* --- the model against the areas --- */

static void check_areas(struct process *p)
{
    struct vm_area_struct *vma, *prev = NULL;
    size_t i = 0, total = 0, data = 0, exec = 0;

    mm_validate(p->mm);
    for_each_vma (p->mm, vma) {
        for (; i < ARENA && va_of(i) < vma->vm_start; i++)
            CHECK(!p->page[i].mapped);
        for (; i < ARENA && va_of(i) < vma->vm_end; i++) {
            const struct model_page *page = &p->page[i];
            CHECK(page->mapped && page->vm_flags == vma->vm_flags && page->file == vma->vm_file);
            CHECK(!page->file || page->pgoff == vma_pgoff(vma, va_of(i)));
            total++;
            exec += (vma->vm_flags & (VM_WRITE | VM_EXEC)) == VM_EXEC;
            data += (vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE;
        }
        /* Two areas that could be one are one. */
        CHECK(!prev || prev->vm_end != vma->vm_start || prev->vm_flags != vma->vm_flags ||
              prev->vm_file != vma->vm_file || vma_pgoff(prev, prev->vm_end) != vma->vm_pgoff);
        prev = vma;
    }
    for (; i < ARENA; i++)
        CHECK(!p->page[i].mapped);
    CHECK(p->mm->total_vm == total && p->mm->data_vm == data && p->mm->exec_vm == exec);
}

/* mprotect() ran out of memory half-way: the areas say how far it came. */
static void resync(struct process *p, size_t i, size_t n)
{
    for (size_t k = i; k < i + n; k++)
        if (p->page[k].mapped)
            p->page[k].vm_flags = find_vma(p->mm, va_of(k))->vm_flags;
}

/* --- operations --- */

static void op_access(struct process *p, size_t i)
{
    static const unsigned kinds[] = {FAULT_READ, FAULT_WRITE, FAULT_EXEC};
    struct model_page *page = &p->page[i];
    unsigned kind = kinds[random_below(3)];
    size_t offset = random_below(PAGE_SIZE);
    bool allowed = page->mapped && page->vm_flags & (kind == FAULT_WRITE  ? VM_WRITE
                                                     : kind == FAULT_EXEC ? VM_EXEC
                                                                          : VM_ACCESS);
    bool beyond = page->mapped && page->file && page->pgoff >= FILE_PAGES && !page->written;

    uint8_t *byte = host_access(va_of(i) + offset, kind | FAULT_USER);
    CHECK((byte != NULL) == (allowed && !beyond));
    if (!byte) {
        CHECK(host_signal.signo == (allowed ? SIGBUS : SIGSEGV));
        CHECK(host_signal.addr == va_of(i) + offset);
        return;
    }
    /* Writes change the whole page, so that any byte of it tells. */
    CHECK(*byte == page->byte);
    if (kind == FAULT_WRITE) {
        page->byte = (uint8_t)random_below(256);
        page->written = true;
        byte -= offset;
        for (size_t k = 0; k < PAGE_SIZE; k++)
            byte[k] = page->byte;
    }
}

static unsigned random_flags(struct file *file)
{
    unsigned flags = (unsigned)random_below(8) | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;

    if (file && one_in(4))
        flags = (flags & ~(unsigned)(VM_WRITE | VM_MAYWRITE)) | VM_MAYSHARE;
    return flags;
}

/* The highest free run of n pages in the arena, or -1. */
static long model_gap(const struct process *p, size_t n)
{
    size_t run = 0;

    for (long i = ARENA - 1; i >= 0; i--) {
        run = p->page[i].mapped ? 0 : run + 1;
        if (run == n)
            return i;
    }
    return -1;
}

/* What a page shows before it is written to. */
static uint8_t first_byte(const struct file *file, uint64_t pgoff)
{
    return file ? (uint8_t)((file == files[1] ? 100 : 0) + pgoff) : 0;
}

static void op_mmap(struct process *p, size_t i, size_t n)
{
    struct file *file = one_in(3) ? files[random_below(2)] : NULL;
    unsigned flags = random_flags(file);
    uint64_t pgoff = random_below(FILE_PAGES + 10);
    bool fixed = one_in(2);
    long gap = model_gap(p, n);

    if (!fixed && gap < 0)
        return;
    long at = map_pages(p->mm, fixed ? va_of(i) : 0, n, flags, file, pgoff, fixed);
    if (at < 0) {
        CHECK(at == -ENOMEM && fail_alloc_every);
        return;
    }
    if (!fixed)
        i = (size_t)gap;
    CHECK((vaddr_t)at == va_of(i));
    for (size_t k = 0; k < n; k++) {
        p->page[i + k] = (struct model_page){
            .mapped = true, .vm_flags = flags, .file = file, .pgoff = pgoff + k};
        p->page[i + k].byte = first_byte(file, pgoff + k);
    }
}

static void op_munmap(struct process *p, size_t i, size_t n)
{
    int err = unmap_pages(p->mm, va_of(i), n);

    CHECK(err == 0 || (err == -ENOMEM && fail_alloc_every));
    if (err)
        return;
    for (size_t k = i; k < i + n; k++)
        p->page[k].mapped = false;
}

static void op_mprotect(struct process *p, size_t i, size_t n)
{
    unsigned access = (unsigned)random_below(8);
    size_t done = 0;
    int expected = 0;

    /* It goes as far as it can: up to a hole, or to what may never have this access. */
    for (; done < n; done++) {
        const struct model_page *page = &p->page[i + done];
        if (!page->mapped)
            expected = -ENOMEM;
        else if (access & ~(page->vm_flags >> 4) && (page->vm_flags & VM_ACCESS) != access)
            expected = -EACCES;
        if (expected)
            break;
    }
    int err = do_mprotect(p->mm, va_of(i), n * PAGE_SIZE, access);
    CHECK(err == expected || (err == -ENOMEM && fail_alloc_every));
    if (err == -ENOMEM && fail_alloc_every) {
        resync(p, i, n);
        return;
    }
    for (size_t k = i; k < i + done; k++)
        p->page[k].vm_flags = (p->page[k].vm_flags & ~(unsigned)VM_ACCESS) | access;
}

/* Pages from i on are to be m pages from `to` on, or too few tables were to be had. */
static void model_mremap(struct process *p, size_t i, size_t n, size_t to, size_t m, bool keep)
{
    static struct model_page moved[ARENA];

    for (size_t k = 0; k < m; k++) {
        moved[k] = p->page[i + min(k, n - 1)];
        if (k < n)
            continue;
        moved[k].pgoff += k - (n - 1);
        moved[k].byte = first_byte(moved[k].file, moved[k].pgoff);
        moved[k].written = false;
    }
    for (size_t k = i; k < i + n; k++) {
        p->page[k].mapped = keep;
        p->page[k].written = false;
        p->page[k].byte = first_byte(p->page[k].file, p->page[k].pgoff);
    }
    for (size_t k = 0; k < m; k++)
        p->page[to + k] = moved[k];
}

/* Tables ran out: what was in the way is gone, and perhaps what was cut off. */
static void forget_unmapped(struct process *p, size_t i, size_t n)
{
    for (size_t k = i; k < i + n; k++)
        p->page[k].mapped = vma_lookup(p->mm, va_of(k));
}

static void op_mremap(struct process *p, size_t i, size_t n)
{
    const struct vm_area_struct *vma = find_vma(p->mm, va_of(i));
    size_t m = n + random_below(10), to = random_below(ARENA);
    bool keep = one_in(3);

    if (!p->page[i].mapped)
        return;
    n = min(n, (vma->vm_end - va_of(i)) >> PAGE_SHIFT);
    m = keep ? n : m - min(m - 1, random_below(10));
    if (to + m > ARENA || (to < i + n && i < to + m))
        return;
    long ret = sys_mremap(
        (uint64_t[]){va_of(i), n * PAGE_SIZE, m * PAGE_SIZE,
                     MREMAP_MAYMOVE | MREMAP_FIXED | (keep ? MREMAP_DONTUNMAP : 0), va_of(to)});
    if (ret < 0) {
        CHECK(ret == -ENOMEM && fail_alloc_every);
        forget_unmapped(p, to, m);
        forget_unmapped(p, i, n);
        return;
    }
    CHECK(ret == (long)va_of(to));
    model_mremap(p, i, n, to, m, keep);
    moves++;
}

static struct process *spare(void)
{
    for (struct process *p = procs; p < procs + NR_PROCS; p++)
        if (!p->mm)
            return p;
    return NULL;
}

static void op_fork(struct process *p)
{
    struct process *child = spare();
    struct mm_struct *mm = child ? mm_dup(p->mm) : NULL;

    CHECK(mm || !child || fail_alloc_every);
    if (!mm)
        return;
    *child = *p;
    child->mm = mm;
    forks++;
    check_areas(child);
}

static void op_exit(struct process *p)
{
    end_process(p->mm);
    *p = (struct process){0};
}

static void new_process(struct process *p)
{
    *p = (struct process){.mm = mm_alloc()};
    if (p->mm) {
        p->mm->mmap_base = va_of(ARENA);
        p->mm->start_brk = p->mm->brk = va_of(0);
    }
}

static void random_op(struct process *p)
{
    size_t i = random_below(ARENA);
    size_t n = random_below(min(ARENA - i, one_in(10) ? 600ul : 30ul)) + 1;

    switch (random_below(14)) {
    case 0:
    case 1:
        op_mmap(p, i, n);
        break;
    case 2:
        op_munmap(p, i, n);
        break;
    case 3:
    case 4:
        op_mprotect(p, i, n);
        break;
    case 5:
        op_fork(p);
        break;
    case 6:
        one_in(3) ? op_exit(p) : (void)0;
        break;
    case 7:
    case 8:
        op_mremap(p, i, n);
        break;
    default:
        /* A few pages close together, so that they are met again. */
        for (int k = 0; k < 40; k++)
            op_access(p, random_below(ARENA / 20) * (one_in(10) ? 20 : 1));
        return;
    }
    if (p->mm)
        check_areas(p);
}

static void run(unsigned fail_every)
{
    size_t before = free_when_idle();

    files[0] = host_file_create(FILE_PAGES, 0);
    files[1] = host_file_create(FILE_PAGES, 100);
    for (int i = 0; i < 8000; i++) {
        struct process *p = &procs[random_below(NR_PROCS)];
        fail_alloc_every = fail_every;
        if (!p->mm && one_in(50))
            new_process(p);
        if (p->mm) {
            run_process(p->mm);
            random_op(p);
        }
        fail_alloc_every = 0;
    }
    for (struct process *p = procs; p < procs + NR_PROCS; p++)
        if (p->mm)
            op_exit(p);
    fput(files[0]);
    fput(files[1]);
    CHECK(free_when_idle() == before);
    CHECK(atomic_load(&nr_anon_pages) == 0 && atomic_load(&nr_mapped_file_pages) == 0);
    CHECK((host_oom_count > 0) == (fail_every > 0));
    CHECK(forks > 20 && moves > 20);
}

TEST(process_random)
{
    run(0);
}

TEST(process_failing)
{
    run(7);
}
