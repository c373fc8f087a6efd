/* SPDX-License-Identifier: MIT */
/*
 * msync: what was stored through shared mappings goes to the disk.
 *
 * A mapping shows the very pages of the cache, so there is nothing to be copied or invalidated:
 * MS_SYNC writes the dirty pages of the range and waits; MS_ASYNC and MS_INVALIDATE only check.
 * Writing takes no mmap_lock, but the file a reference.
 */
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "mm/mm.h"
#include "mm/mman.h"

/* What one area has for the disk: pages first to last of `file`, if that is not NULL. */
struct changes {
    struct file *file; /* one reference */
    uint64_t first, last;
};

/*
 * The next area of [*start, end), if there is one; *start becomes its end, or `end`. 0, -ENOMEM for
 * a hole on the way to it, or -EBUSY.
 */
static int next_area(struct mm_struct *mm, vaddr_t *start, vaddr_t end, int flags,
                     struct changes *out)
{
    const struct vm_area_struct *vma = find_vma_intersection(mm, *start, end);
    vaddr_t from = *start;

    if (!vma) {
        *start = end;
        return -ENOMEM;
    }
    if ((flags & MS_INVALIDATE) && (vma->vm_flags & VM_LOCKED))
        return -EBUSY;
    if ((flags & MS_SYNC) && vma->vm_file && (vma->vm_flags & VM_SHARED)) {
        vaddr_t first = max(from, vma->vm_start), last = min(end, vma->vm_end) - PAGE_SIZE;
        out->file = get_file(vma->vm_file);
        out->first = vma_pgoff(vma, first);
        out->last = vma_pgoff(vma, last);
    }
    *start = vma->vm_end;
    return vma->vm_start > from ? -ENOMEM : 0;
}

/* What is in memory alone has no way to the disk. */
static int write_changes(struct changes *c)
{
    const struct file_operations *op = c->file->f_op;
    int err = op->fsync ? op->fsync(c->file, c->first, c->last) : 0;

    fput(c->file);
    return err;
}

SYSCALL3(msync, uaddr_t, start, size_t, len, int, flags)
{
    struct mm_struct *mm = current->mm;
    vaddr_t end = start + ALIGN_UP(len, PAGE_SIZE);
    long ret = 0;

    if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || !IS_ALIGNED(start, PAGE_SIZE))
        return -EINVAL;
    if ((flags & MS_ASYNC) && (flags & MS_SYNC))
        return -EINVAL;
    if (end < start)
        return -ENOMEM;
    /* A hole is told when the rest is done. */
    while (start < end) {
        struct changes changes = {0};
        down_read(&mm->mmap_lock);
        int err = next_area(mm, &start, end, flags, &changes);
        up_read(&mm->mmap_lock);
        if (err == -EBUSY)
            return err;
        ret = err ? err : ret;
        err = changes.file ? write_changes(&changes) : 0;
        if (err)
            return err;
        cond_resched();
        if (fatal_signal_pending(current))
            return -EINTR;
    }
    return ret;
}
