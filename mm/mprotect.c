/* SPDX-License-Identifier: MIT */
/*
 * mprotect: other access for a range of areas, which are cut at its ends and joined again with
 * whatever neighbours they then equal.
 */
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/mm.h"

/* The part of one area that lies in [start, end), and only that, gets the access. */
static int protect_vma(struct vm_area_struct **pvma, vaddr_t start, vaddr_t end, unsigned access)
{
    struct vm_area_struct *vma = *pvma;
    unsigned flags = (vma->vm_flags & ~(unsigned)VM_ACCESS) | access;
    int err;

    if (flags == vma->vm_flags)
        return 0;
    /* VM_MAY* are VM_* shifted by four: what the mapping can ever allow. */
    if (access & ~(vma->vm_flags >> 4))
        return -EACCES;
    if (vma->vm_start < start) {
        err = vma_split(vma, start);
        if (err)
            return err;
        vma = vma_next(vma);
    }
    if (vma->vm_end > end) {
        err = vma_split(vma, end);
        if (err) {
            *pvma = vma_merge(vma);
            return err;
        }
    }
    vma_set_flags(vma, flags);
    protect_range(vma, vma->vm_start, vma->vm_end);
    *pvma = vma_merge(vma);
    return 0;
}

/* What lies before a hole has changed when the hole is met, as on Linux. */
int do_mprotect(struct mm_struct *mm, vaddr_t start, size_t size, unsigned access)
{
    vaddr_t end = start + size;
    int err = 0;

    down_write(&mm->mmap_lock);
    struct vm_area_struct *vma = find_vma(mm, start);
    while (!err && start < end) {
        if (!vma || vma->vm_start > start) {
            err = -ENOMEM;
            break;
        }
        err = protect_vma(&vma, start, end, access);
        start = vma->vm_end;
        vma = vma_next(vma);
    }
    up_write(&mm->mmap_lock);
    return err;
}

SYSCALL3(mprotect, uaddr_t, start, size_t, len, int, prot)
{
    struct mm_struct *mm = current->mm;
    size_t size = ALIGN_UP(len, PAGE_SIZE);

    if (!IS_ALIGNED(start, PAGE_SIZE) || ((unsigned)prot & ~(unsigned)VM_ACCESS))
        return -EINVAL;
    if (len == 0)
        return 0;
    if (size == 0 || size > mm->task_size || start > mm->task_size - size)
        return -ENOMEM;
    return do_mprotect(mm, start, size, (unsigned)prot);
}
