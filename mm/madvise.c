/* SPDX-License-Identifier: MIT */
/*
 * madvise: what a program tells the kernel of the use it will make of its memory.
 *
 * Two kinds of advice. Some only set flags of areas, which fork() heeds and /proc shows: mmap_lock
 * is held for writing, and areas are cut and joined. (Faults read single pages: there is nothing
 * that RANDOM and SEQUENTIAL could guide.) Some do something to the pages that are there, or to a
 * file's in the cache: it is held for reading, area by area. Both pass holes over, and tell them at
 * the end as -ENOMEM. Populating ends at a hole: mm/populate.c.
 */
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/lazyfree.h"
#include "mm/mm.h"
#include "mm/mman.h"

/* Pages of an area that are read ahead at most: many more would push each other out. */
#define READ_AHEAD_PAGES (16 * MiB / PAGE_SIZE)

/* --- flags --- */

/* The flags that the area shall have; or -EINVAL, the advice is not for such an area. */
static long advised_flags(const struct vm_area_struct *vma, int advice)
{
    const unsigned order = VM_SEQ_READ | VM_RAND_READ;
    unsigned flags = vma->vm_flags;

    switch (advice) {
    case MADV_NORMAL:
        return flags & ~order;
    case MADV_RANDOM:
        return (flags & ~order) | VM_RAND_READ;
    case MADV_SEQUENTIAL:
        return (flags & ~order) | VM_SEQ_READ;
    case MADV_DONTFORK:
        return flags | VM_DONTCOPY;
    case MADV_DOFORK:
        return vma_is_special(vma) ? -EINVAL : (long)(flags & ~(unsigned)VM_DONTCOPY);
    case MADV_WIPEONFORK:
        if (vma->vm_file || vma->vm_ops)
            return -EINVAL;
        return flags | VM_WIPEONFORK;
    case MADV_KEEPONFORK:
        return flags & ~(unsigned)VM_WIPEONFORK;
    case MADV_DONTDUMP:
        return flags | VM_DONTDUMP;
    default: /* MADV_DODUMP */
        return vma_is_special(vma) ? -EINVAL : (long)(flags & ~(unsigned)VM_DONTDUMP);
    }
}

/* [start, end) lies in *pvma, which becomes the area that holds it. */
static int flag_area(struct vm_area_struct **pvma, vaddr_t start, vaddr_t end, int advice)
{
    long flags = advised_flags(*pvma, advice);

    if (flags < 0)
        return (int)flags;
    if ((unsigned)flags == (*pvma)->vm_flags)
        return 0;
    return vma_modify(pvma, start, end, (unsigned)flags) ? -EAGAIN : 0;
}

static long advise_flags(struct mm_struct *mm, vaddr_t start, vaddr_t end, int advice)
{
    int err = 0;
    bool hole = false;

    down_write(&mm->mmap_lock);
    struct vm_area_struct *vma = find_vma(mm, start);
    for (; !err && vma && max(start, vma->vm_start) < end; vma = vma_next(vma)) {
        hole |= vma->vm_start > start;
        err = flag_area(&vma, max(start, vma->vm_start), min(end, vma->vm_end), advice);
        start = vma->vm_end;
        cond_resched();
    }
    up_write(&mm->mmap_lock);
    return err ? err : hole || start < end ? -ENOMEM : 0;
}

/* --- pages --- */

/* Part of a file that an area shows: bytes start to end. */
struct file_range {
    struct file *file; /* one reference, or NULL */
    loff_t start, end;
};

/* The pages of a file on disk that the area shows. NULL: memory is all there is of them. */
static struct address_space *cache_of_disk(const struct vm_area_struct *vma)
{
    struct address_space *m =
        vma->vm_ops && vma->vm_file ? &file_inode(vma->vm_file)->i_data : NULL;

    return m && m->ops && m->ops->write_page ? m : NULL;
}

/* Reads what the file has for the range, as faults would, until something goes wrong. */
static void read_ahead(const struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
    struct address_space *m = cache_of_disk(vma);
    uint64_t index = vma_pgoff(vma, start), last = vma_pgoff(vma, end);

    if (!m)
        return;
    uint64_t size = (uint64_t)READ_ONCE(((struct inode *)m->host)->i_size);
    last = min(last, index + READ_AHEAD_PAGES);
    for (last = min(last, ALIGN_UP(size, PAGE_SIZE) >> PAGE_SHIFT); index < last; index++) {
        struct page *page = read_mapping_page(m, index);
        if (IS_ERR(page))
            return;
        put_page(page);
        if (fatal_signal_pending(current))
            return;
        cond_resched();
    }
}

/* A hole in a file takes its i_lock, which comes before mmap_lock: only noted here. */
static int note_hole(const struct vm_area_struct *vma, vaddr_t start, vaddr_t end,
                     struct file_range *hole)
{
    if ((vma->vm_flags & VM_LOCKED) || !vma->vm_file)
        return -EINVAL;
    if (!(vma->vm_flags & VM_SHARED) || !(vma->vm_flags & VM_MAYWRITE))
        return -EACCES;
    hole->file = get_file(vma->vm_file);
    hole->start = (loff_t)(vma_pgoff(vma, start) << PAGE_SHIFT);
    hole->end = (loff_t)(vma_pgoff(vma, end) << PAGE_SHIFT);
    return 0;
}

static int punch_hole(const struct file_range *hole)
{
    const struct file_operations *op = hole->file->f_op;
    unsigned mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

    if (!op->fallocate)
        return -EOPNOTSUPP;
    return op->fallocate(hole->file, mode, hole->start, hole->end - hole->start);
}

/* mmap_lock held for reading; [start, end) lies in the area. */
static int advise_area(struct vm_area_struct *vma, vaddr_t start, vaddr_t end, int advice,
                       struct file_range *hole)
{
    struct address_space *m = cache_of_disk(vma);
    bool locked = vma->vm_flags & VM_LOCKED;

    switch (advice) {
    case MADV_WILLNEED:
        read_ahead(vma, start, end);
        return 0;
    case MADV_COLD:
    case MADV_PAGEOUT:
        if (locked)
            return -EINVAL;
        if (m)
            filemap_deactivate(m, vma_pgoff(vma, start), vma_pgoff(vma, end) - 1,
                               advice == MADV_PAGEOUT);
        return 0;
    case MADV_REMOVE:
        return note_hole(vma, start, end, hole);
    case MADV_FREE:
        if (locked || vma->vm_ops)
            return -EINVAL;
        lazyfree_range(vma->vm_mm, start, end);
        return 0;
    case MADV_DONTNEED:
        if (locked)
            return -EINVAL;
        break;
    }
    zap_range(vma->vm_mm, start, end);
    return 0;
}

static long advise_pages(struct mm_struct *mm, vaddr_t start, vaddr_t end, int advice)
{
    long ret = 0;

    while (start < end) {
        struct file_range hole = {0};
        vaddr_t from = start;
        int err = 0;

        down_read(&mm->mmap_lock);
        struct vm_area_struct *vma = find_vma(mm, start);
        start = vma ? min(end, vma->vm_end) : end;
        if (!vma || vma->vm_start > from)
            ret = -ENOMEM;
        if (vma && vma->vm_start < end)
            err = advise_area(vma, max(from, vma->vm_start), start, advice, &hole);
        up_read(&mm->mmap_lock);
        if (hole.file)
            err = punch_hole(&hole);
        fput(hole.file);
        if (err)
            return err;
        cond_resched();
    }
    return ret;
}

SYSCALL3(madvise, uaddr_t, start, size_t, len, int, advice)
{
    struct mm_struct *mm = current->mm;
    vaddr_t end = start + ALIGN_UP(len, PAGE_SIZE);

    if (!IS_ALIGNED(start, PAGE_SIZE) || end < start || (len && end == start))
        return -EINVAL;
    switch (advice) {
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_DONTFORK:
    case MADV_DOFORK:
    case MADV_DONTDUMP:
    case MADV_DODUMP:
    case MADV_WIPEONFORK:
    case MADV_KEEPONFORK:
        return advise_flags(mm, start, end, advice);
    case MADV_WILLNEED:
    case MADV_DONTNEED:
    case MADV_DONTNEED_LOCKED:
    case MADV_FREE:
    case MADV_REMOVE:
    case MADV_COLD:
    case MADV_PAGEOUT:
        return advise_pages(mm, start, end, advice);
    case MADV_POPULATE_READ:
    case MADV_POPULATE_WRITE:
        return mm_populate_for(mm, start, end, advice == MADV_POPULATE_WRITE);
    }
    return -EINVAL; /* merging of equal pages, huge pages and poison are not offered */
}
