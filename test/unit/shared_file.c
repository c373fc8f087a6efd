/* SPDX-License-Identifier: MIT */
/*
 * One file in several processes' memory, shared and private, against a model of one byte for each
 * page: stores, read() and write(), write-back, truncation, reclaim, fork and MADV_DONTNEED, on all
 * CPUs, through TLBs that forget nothing by themselves. A store through a shared mapping is seen
 * everywhere at once and is on the disk after a write-back; none is lost; what is cut off is seen
 * by nobody. After each step every entry obeys the rules, and the counts are right.
 */
#include <arch/smp.h>
#include <arch/trap.h>
#include "arch/host/host.h"
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/filemap_impl.h"
#include "mm/lazyfree.h"
#include "mm/memory_impl.h"
#include "test/unit/machine.h"
#include "test/unit/unit.h"

#define NR_PROCS   4
#define NR_WINDOWS 3  /* of a process; each shows some of the file */
#define WINDOW     40 /* pages */
#define FILE_PAGES 60

struct window {
    bool mapped, shared, writable;
    uint64_t pgoff;
    bool own[WINDOW]; /* a private page that was written to */
    uint8_t byte[WINDOW];
};

static struct process {
    struct mm_struct *mm;
    struct window window[NR_WINDOWS];
} procs[NR_PROCS];

static struct file *file;
static struct address_space *mapping;
static uint8_t bytes[FILE_PAGES]; /* what each page is full of */
static uint64_t file_pages;       /* how many there are */
static uint8_t *disk;

static vaddr_t va_of(int w, size_t i)
{
    /* Over the border of a table, and not aligned to what is faulted in around. */
    return ROOT_SLOT_SIZE + (vaddr_t)w * GiB / 4 + pt_size(1) - 13 * PAGE_SIZE + i * PAGE_SIZE;
}

static void start(void)
{
    file = host_file_create(FILE_PAGES, 1);
    mapping = &file_inode(file)->i_data;
    disk = host_file_disk(file);
    file_pages = FILE_PAGES;
    for (size_t i = 0; i < FILE_PAGES; i++)
        bytes[i] = disk[i];
}

/* --- what must hold at all times --- */

static void check_entry(const struct pt_cursor *c, struct vm_area_struct *vma, long *anon,
                        long *cached)
{
    struct page *page = entry_page(c->pte);
    unsigned prot = entry_prot(c->pte);

    CHECK(page != zero_page && !((prot & P_WRITE) && !(prot & P_DIRTY)));
    ++*(page_test(page, PG_anon) ? anon : cached);
    if (page_test(page, PG_anon)) {
        CHECK(page->anon_vma == vma->anon_vma && !(vma->vm_flags & VM_SHARED));
        CHECK(page->index == vma_pgoff(vma, c->va));
        return;
    }
    CHECK(page->mapping == mapping && page->index < file_pages);
    CHECK(page->index == vma_pgoff(vma, c->va));
    if (prot & P_WRITE)
        CHECK((vma->vm_flags & VM_SHARED) && page_test(page, PG_dirty));
}

static void check_all(void)
{
    long all_cached = 0;

    for (struct process *p = procs; p < procs + NR_PROCS; p++) {
        long anon = 0, cached = 0;
        struct vm_area_struct *vma;
        struct pt_cursor c;
        if (!p->mm)
            continue;
        mm_validate(p->mm);
        for_each_vma (p->mm, vma) {
            pt_for_each_used(&c, &p->mm->pt, vma->vm_start, vma->vm_end)
            {
                check_entry(&c, vma, &anon, &cached);
            }
        }
        CHECK(atomic_load(&p->mm->rss_anon) == anon && atomic_load(&p->mm->rss_file) == cached);
        all_cached += cached;
    }
    for (uint64_t i = 0; i < FILE_PAGES; i++) {
        struct page *page = find_get_page(mapping, i);
        CHECK(!page || i < file_pages);
        if (!page)
            continue;
        all_cached -= atomic_load(&page->mapcount);
        put_page(page);
    }
    CHECK(all_cached == 0);
}

/* --- operations --- */

static void op_map(struct process *p, int w)
{
    struct window *window = &p->window[w];
    unsigned flags = VM_READ | VM_MAYREAD | VM_MAYEXEC;

    *window = (struct window){
        .mapped = true, .shared = one_in(2), .writable = !one_in(4), .pgoff = random_below(30)};
    flags |= window->shared ? VM_MAYSHARE | VM_SHARED : 0;
    flags |= VM_MAYWRITE | (window->writable ? VM_WRITE : 0);
    CHECK(map_pages(p->mm, va_of(w, 0), WINDOW, flags, file, window->pgoff, true) ==
          (long)va_of(w, 0));
}

static void op_access(struct process *p, int w)
{
    struct window *window = &p->window[w];
    size_t i = random_below(WINDOW);
    uint64_t index = window->pgoff + i;
    bool write = one_in(2);
    bool allowed = window->mapped && (window->writable || !write);
    bool there = index < file_pages;

    uint8_t *byte = host_access(va_of(w, i), (write ? FAULT_WRITE : FAULT_READ) | FAULT_USER);
    CHECK((byte != NULL) == (allowed && there));
    if (!byte) {
        CHECK(host_signal.signo == (allowed ? SIGBUS : SIGSEGV) && host_signal.addr == va_of(w, i));
        return;
    }
    CHECK(*byte == (window->own[i] ? window->byte[i] : bytes[index]));
    if (!write)
        return;
    uint8_t value = (uint8_t)random_below(256);
    memset(byte, value, PAGE_SIZE);
    if (window->shared) {
        bytes[index] = value;
    } else {
        window->own[i] = true;
        window->byte[i] = value;
    }
}

static void op_protect(struct process *p, int w)
{
    struct window *window = &p->window[w];

    if (!window->mapped)
        return;
    window->writable = !window->writable;
    CHECK(do_mprotect(p->mm, va_of(w, 0), WINDOW * PAGE_SIZE,
                      window->writable ? VM_READ | VM_WRITE : VM_READ) == 0);
}

/* As madvise(MADV_DONTNEED), which holds mmap_lock for reading. */
static void op_dontneed(struct process *p, int w)
{
    down_read(&p->mm->mmap_lock);
    zap_range(p->mm, va_of(w, 0), va_of(w, WINDOW));
    up_read(&p->mm->mmap_lock);
    memset(p->window[w].own, 0, sizeof(p->window[w].own));
}

static void op_read_write(void)
{
    uint64_t index = random_below(FILE_PAGES);
    loff_t size = file_inode(file)->i_size, pos = (loff_t)(index << PAGE_SHIFT);
    uint8_t byte = 0;

    CHECK(mapping_read_kernel(mapping, size, &byte, 1, pos + 99) == (index < file_pages));
    if (index >= file_pages)
        return;
    CHECK(byte == bytes[index]);
    if (one_in(2))
        return;
    struct page *page = grab_page(mapping, index);
    CHECK(!IS_ERR(page));
    bytes[index] = (uint8_t)random_below(256);
    memset(page_address(page), bytes[index], PAGE_SIZE);
    page_set(page, PG_uptodate);
    mark_page_dirty(page);
    unlock_put_page(page);
}

/* Afterwards the disk has everything, and nobody may store without a fault. */
static void op_sync(void)
{
    CHECK(filemap_write_and_wait(mapping) == 0 && mapping->nr_dirty == 0);
    CHECK(memcmp(disk, bytes, file_pages) == 0);
}

static void op_truncate(void)
{
    uint64_t old = file_pages;

    file_pages = one_in(3) ? FILE_PAGES : random_below(FILE_PAGES + 1);
    file_inode(file)->i_size = (loff_t)(file_pages << PAGE_SHIFT);
    if (file_pages >= old)
        return;
    truncate_pages(mapping, file_pages);
    memset(disk + file_pages, 0, FILE_PAGES - file_pages);
    memset(bytes + file_pages, 0, FILE_PAGES - file_pages);
    for (struct process *p = procs; p < procs + NR_PROCS; p++)
        for (struct window *w = p->window; w < p->window + NR_WINDOWS; w++)
            for (uint64_t i = 0; i < WINDOW; i++)
                if (w->pgoff + i >= file_pages)
                    w->own[i] = false;
}

static void op_fork(struct process *p)
{
    for (struct process *child = procs; child < procs + NR_PROCS; child++) {
        if (child->mm)
            continue;
        *child = *p;
        child->mm = mm_dup(p->mm);
        CHECK(child->mm);
        return;
    }
}

static void op_exit(struct process *p)
{
    end_process(p->mm);
    *p = (struct process){0};
}

static void random_op(struct process *p)
{
    int w = (int)random_below(NR_WINDOWS);

    switch (random_below(16)) {
    case 0:
        op_map(p, w);
        break;
    case 1:
        op_sync();
        break;
    case 2:
        one_in(4) ? op_truncate() : op_protect(p, w);
        break;
    case 3:
        op_fork(p);
        break;
    case 4:
        one_in(4) ? op_exit(p) : op_dontneed(p, w);
        break;
    case 5:
        shrink_all(random_below(20));
        break;
    case 6:
    case 7:
        op_read_write();
        break;
    default:
        for (int i = 0; i < 10; i++)
            op_access(p, w);
    }
}

TEST(shared_file_random)
{
    start();
    for (int i = 0; i < 12000; i++) {
        struct process *p = &procs[random_below(NR_PROCS)];
        if (!p->mm && one_in(20))
            *p = (struct process){.mm = mm_alloc()};
        if (!p->mm)
            continue;
        run_process(p->mm);
        random_op(p);
        check_all();
    }
    for (struct process *p = procs; p < procs + NR_PROCS; p++)
        if (p->mm)
            op_exit(p);
    CHECK(!mapping->i_mmap.areas.node);
    op_sync();
    while (shrink_all(1000) > 0)
        ;
    CHECK(filemap_pages() == 0 && atomic_load(&nr_mapped_file_pages) == 0);
    fput(file);
}

/* --- a file that is cut while a fault is on its way --- */

static bool cut;

/* The page is found, and then it is no longer the file's. */
static struct page *found_and_cut(struct vm_area_struct *vma, vaddr_t va)
{
    struct page *page = filemap_vm_ops.fault(vma, va);

    if (!cut && !IS_ERR(page)) {
        cut = true;
        file_inode(file)->i_size = 0;
        truncate_pages(mapping, 0);
        CHECK(!page->mapping);
    }
    return page;
}

static const struct vm_operations racing_ops = {.fault = found_and_cut};

static void check_race(unsigned share, unsigned access)
{
    struct process *p = &procs[0];
    unsigned flags = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | share;

    *p = (struct process){.mm = mm_alloc()};
    run_process(p->mm);
    CHECK(map_pages(p->mm, va_of(0, 0), 1, flags, file, 3, true) == (long)va_of(0, 0));
    vma_lookup(p->mm, va_of(0, 0))->vm_ops = &racing_ops;
    file_inode(file)->i_size = FILE_PAGES * PAGE_SIZE;
    cut = false;
    CHECK(!host_access(va_of(0, 0), access | FAULT_USER) && host_signal.signo == SIGBUS && cut);
    CHECK(mm_rss(p->mm) == 0 && filemap_dirty_pages() == 0);
    op_exit(p);
}

TEST(shared_file_cut_in_fault)
{
    start();
    check_race(0, FAULT_READ);
    check_race(0, FAULT_WRITE);
    check_race(VM_MAYSHARE | VM_SHARED, FAULT_READ);
    check_race(VM_MAYSHARE | VM_SHARED, FAULT_WRITE);
    CHECK(filemap_pages() == 0);
    fput(file);
}

/* --- reclaim --- */

static void map_all(struct process *p, unsigned flags)
{
    *p = (struct process){.mm = mm_alloc()};
    run_process(p->mm);
    CHECK(map_pages(p->mm, va_of(0, 0), WINDOW, VM_READ | VM_MAYREAD | flags,
                    flags & VM_WRITE ? NULL : file, 0, true) == (long)va_of(0, 0));
    for (size_t i = 0; i < WINDOW; i++) {
        uint8_t *byte =
            host_access(va_of(0, i), (flags & VM_WRITE ? FAULT_WRITE : FAULT_READ) | FAULT_USER);
        CHECK(byte);
        if (flags & VM_WRITE)
            memset(byte, (int)i + 1, PAGE_SIZE);
    }
}

static size_t still_writable;

/* What a CPU may still store to counts as mapped: page_mkclean() has to look for the entry. */
static void check_counted(vaddr_t start, vaddr_t end)
{
    for (vaddr_t va = start; va < end; va += PAGE_SIZE) {
        uint8_t *byte = host_translate(va, FAULT_WRITE | FAULT_USER);
        if (!byte)
            continue;
        CHECK(atomic_load(&virt_to_page((void *)ALIGN_DOWN((vaddr_t)byte, PAGE_SIZE))->mapcount));
        still_writable++;
    }
}

TEST(shared_file_mapped_until_flushed)
{
    struct process *p = &procs[0];

    start();
    *p = (struct process){.mm = mm_alloc()};
    run_process(p->mm);
    CHECK(map_pages(p->mm, va_of(0, 0), WINDOW,
                    VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYSHARE | VM_SHARED, file,
                    0, true) == (long)va_of(0, 0));
    for (size_t i = 0; i < WINDOW; i++)
        CHECK(host_access(va_of(0, i), FAULT_WRITE | FAULT_USER));
    host_before_flush = check_counted;
    zap_range(p->mm, va_of(0, 0), va_of(0, WINDOW));
    host_before_flush = NULL;
    CHECK(still_writable == WINDOW && mm_rss(p->mm) == 0);
    CHECK(atomic_load(&nr_mapped_file_pages) == 0);
    op_exit(p);
    op_sync();
    fput(file);
}

/* Mapped pages are taken when memory is short, not those of a locked area; they are found again. */
TEST(shared_file_reclaim)
{
    start();
    map_all(&procs[0], 0);
    CHECK(mm_rss(procs[0].mm) == WINDOW && filemap_pages() >= WINDOW);
    while (shrink_all(1000) > 0)
        ;
    CHECK(filemap_pages() == 0 && mm_rss(procs[0].mm) == 0);
    for (size_t i = 0; i < WINDOW; i++)
        CHECK(*host_access(va_of(0, i), FAULT_READ | FAULT_USER) == bytes[i]);

    vma_set_flags(find_vma(procs[0].mm, va_of(0, 0)), VM_READ | VM_MAYREAD | VM_LOCKED);
    while (shrink_all(1000) > 0)
        ;
    CHECK(mm_rss(procs[0].mm) == WINDOW);
    op_exit(&procs[0]);
    fput(file);
}

/* MADV_FREE: taken when memory is short, but never a page that was stored to since. */
TEST(lazyfree_reclaim)
{
    start();
    struct process *p = &procs[0];

    map_all(p, VM_WRITE | VM_MAYWRITE);
    lazyfree_range(p->mm, va_of(0, 0), va_of(0, WINDOW));
    CHECK(mm_rss(p->mm) == WINDOW);
    for (size_t i = 0; i < WINDOW; i += 3) {
        uint8_t *byte = host_access(va_of(0, i), FAULT_WRITE | FAULT_USER);
        CHECK(byte && *byte == i + 1);
    }
    while (shrink_all(1000) > 0)
        ;
    CHECK(mm_rss(p->mm) == (WINDOW + 2) / 3);
    for (size_t i = 0; i < WINDOW; i++)
        CHECK(*host_access(va_of(0, i), FAULT_READ | FAULT_USER) == (i % 3 ? 0 : i + 1));

    /* What reclaim had found on the list, before it was stored to: other rights change nothing. */
    struct vm_area_struct *vma = find_vma(p->mm, va_of(0, 0));
    uint8_t *kept = host_access(va_of(0, 0), FAULT_WRITE | FAULT_USER);
    struct page *page = virt_to_page((void *)ALIGN_DOWN((vaddr_t)kept, PAGE_SIZE));
    for (unsigned flags = vma->vm_flags, i = 0; i < 2; i++) {
        vma_set_flags(vma, flags & ~(unsigned)(i ? VM_ACCESS : VM_WRITE));
        protect_range(vma, vma->vm_start, vma->vm_end);
        CHECK(trylock_page(page) && !try_to_unmap(page));
        unlock_tried_page(page);
        vma_set_flags(vma, flags);
        protect_range(vma, vma->vm_start, vma->vm_end);
    }
    CHECK(*host_access(va_of(0, 0), FAULT_READ | FAULT_USER) == 1);

    /* A child has the page too: neither loses what it has not offered. */
    op_fork(p);
    lazyfree_range(p->mm, va_of(0, 0), va_of(0, WINDOW));
    shrink_all(1000);
    run_process(procs[1].mm);
    CHECK(*host_access(va_of(0, 3), FAULT_READ | FAULT_USER) == 4);
    op_exit(&procs[1]);
    /* Offered, and gone by itself before reclaim comes. */
    lazyfree_range(p->mm, va_of(0, 0), va_of(0, WINDOW));
    op_exit(p);
    shrink_all(1000);
    CHECK(atomic_load(&nr_anon_pages) == 0);
    fput(file);
}
