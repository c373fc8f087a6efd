/* SPDX-License-Identifier: MIT */
/*
 * The stack's area grows down by itself when a fault comes below it: the only unmapped memory a
 * program may touch. It ends where RLIMIT_STACK says, and keeps a guard gap to whatever lies below.
 */
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "mm/mm.h"

int expand_stack(struct vm_area_struct *vma, vaddr_t addr)
{
    struct mm_struct *mm = vma->vm_mm;
    vaddr_t start = ALIGN_DOWN(addr, PAGE_SIZE);
    vaddr_t below = vma->vm_start - vma->gap_before;

    if (start >= vma->vm_start)
        return 0;
    if (vma->vm_end - start > current->rlim[RLIMIT_STACK].cur)
        return -ENOMEM;
    if (start < below + STACK_GUARD_GAP)
        return -ENOMEM;
    if (!may_expand_vm(mm, vma->vm_flags, (vma->vm_start - start) >> PAGE_SHIFT))
        return -ENOMEM;
    vma_resize(vma, start, vma->vm_end);
    return 0;
}
