/* SPDX-License-Identifier: MIT */
/*
 * mprotect: other access for a range of areas, which are cut at its ends and joined again with
 * whatever neighbours they then equal.
 */
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/mm.h"
#include "mm/mman.h"

/* The part of one area that lies in [start, end), and only that, gets the access. */
static int protect_vma(struct vm_area_struct **pvma, vaddr_t start, vaddr_t end, unsigned access)
{
    struct vm_area_struct *vma = *pvma;
    unsigned old = vma->vm_flags, flags = (old & ~(unsigned)VM_ACCESS) | access;

    start = max(start, vma->vm_start);
    end = min(end, vma->vm_end);
    if (flags == old)
        return 0;
    /* VM_MAY* are VM_* shifted by four: what the mapping can ever allow. */
    if (access & ~(old >> 4))
        return -EACCES;
    /* Of the limits only RLIMIT_DATA is at stake, and only if it did not count these pages yet. */
    size_t pages = (end - start) >> PAGE_SHIFT;
    if ((access & VM_WRITE) && !(old & VM_WRITE) && !may_expand_vm(vma->vm_mm, flags, pages) &&
        may_expand_vm(vma->vm_mm, old, pages))
        return -ENOMEM;
    int err = vma_modify(pvma, start, end, flags);
    if (err)
        return err;
    protect_range(*pvma, start, end);
    /* Locked memory is to be there without faults: its own copies of pages, too. */
    if ((old & (VM_LOCKED | VM_SHARED | VM_WRITE)) == VM_LOCKED && (access & VM_WRITE))
        mm_populate_held((*pvma)->vm_mm, start, end);
    return 0;
}

/*
 * Where to begin: with PROT_GROWSDOWN, where the stack that has the range begins. Of what grows up,
 * there is nothing here.
 */
static int find_first(struct mm_struct *mm, vaddr_t *start, vaddr_t end, unsigned prot,
                      struct vm_area_struct **vma)
{
    *vma = find_vma(mm, *start);
    if (!*vma)
        return -ENOMEM;
    if (prot & PROT_GROWSUP)
        return (*vma)->vm_start > *start ? -ENOMEM : -EINVAL;
    if (!(prot & PROT_GROWSDOWN))
        return 0;
    if ((*vma)->vm_start >= end)
        return -ENOMEM;
    *start = (*vma)->vm_start;
    return (*vma)->vm_flags & VM_GROWSDOWN ? 0 : -EINVAL;
}

/* What lies before a hole has changed when the hole is met, as on Linux. */
int do_mprotect(struct mm_struct *mm, vaddr_t start, size_t size, unsigned prot)
{
    vaddr_t end = start + size;
    unsigned access = (prot & VM_ACCESS) | (read_implies_exec((int)prot) ? VM_EXEC : 0);
    struct vm_area_struct *vma;

    down_write(&mm->mmap_lock);
    int err = find_first(mm, &start, end, prot, &vma);
    while (!err && start < end) {
        if (!vma || vma->vm_start > start) {
            err = -ENOMEM;
            break;
        }
        err = protect_vma(&vma, start, end, access);
        start = vma->vm_end;
        vma = vma_next(vma);
        cond_resched();
    }
    up_write(&mm->mmap_lock);
    return err;
}

SYSCALL3(mprotect, uaddr_t, start, size_t, len, int, prot)
{
    struct mm_struct *mm = current->mm;
    size_t size = ALIGN_UP(len, PAGE_SIZE);
    unsigned known = VM_ACCESS | PROT_SEM | PROT_GROWSDOWN | PROT_GROWSUP;

    if (!IS_ALIGNED(start, PAGE_SIZE))
        return -EINVAL;
    if ((prot & PROT_GROWSDOWN) && (prot & PROT_GROWSUP))
        return -EINVAL;
    if (len == 0)
        return 0;
    if (start + size <= start)
        return -ENOMEM;
    if ((unsigned)prot & ~known)
        return -EINVAL;
    if (size > mm->task_size || start > mm->task_size - size)
        return -ENOMEM;
    return do_mprotect(mm, start, size, (unsigned)prot);
}
