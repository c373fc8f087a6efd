/* SPDX-License-Identifier: MIT */
/*
 * The stack's area grows down by itself when a fault comes below it: the only unmapped memory a
 * program may touch; so does what was mapped with MAP_GROWSDOWN. It ends where RLIMIT_STACK says,
 * and keeps a guard gap to whatever lies below, unless nobody can run into that: memory without
 * access is a guard by itself, and what grows down, too, keeps away from here by its own end.
 */
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "mm/mm.h"

static bool too_near(const struct vm_area_struct *below, vaddr_t start)
{
    return below && (below->vm_flags & VM_ACCESS) && !(below->vm_flags & VM_GROWSDOWN) &&
           start - below->vm_end < STACK_GUARD_GAP;
}

int expand_stack(struct vm_area_struct *vma, vaddr_t addr)
{
    struct mm_struct *mm = vma->vm_mm;
    vaddr_t start = ALIGN_DOWN(addr, PAGE_SIZE);
    size_t pages = (vma->vm_start - start) >> PAGE_SHIFT;

    if (start >= vma->vm_start)
        return 0;
    if (start < MMAP_MIN_ADDR || too_near(vma_prev(vma), start))
        return -ENOMEM;
    /* One that was moved down has few page numbers left. */
    if (vma->vm_pgoff < pages || vma->vm_end - start > current->rlim[RLIMIT_STACK].cur)
        return -ENOMEM;
    if (!may_expand_vm(mm, vma->vm_flags, pages))
        return -ENOMEM;
    if ((vma->vm_flags & VM_LOCKED) && !may_lock(mm, pages))
        return -ENOMEM;
    vma_resize(vma, start, vma->vm_end);
    vma_merge(vma);
    return 0;
}
