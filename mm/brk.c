/* SPDX-License-Identifier: MIT */
/*
 * brk: the end of the heap.
 *
 * The heap is one anonymous area from start_brk up to brk, rounded up to pages. Both ends
 * page-aligned and the same: only mm->brk moves. Lower: the pages between are unmapped. Higher: the
 * next area up is looked at, and the call refuses to come nearer to it than one page (and, if it
 * grows down, its guard gap); else the heap's area grows, or is made. On refusal the break stays,
 * and the caller is told where it is.
 */
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/mm.h"
#include "mm/mman.h"

#define HEAP_FLAGS (VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)

static bool shrink_heap(struct mm_struct *mm, vaddr_t new_end, vaddr_t old_end)
{
    return do_munmap(mm, new_end, old_end - new_end) == 0;
}

static bool grow_heap(struct mm_struct *mm, vaddr_t new_end, vaddr_t old_end)
{
    const struct vm_area_struct *next = find_vma(mm, old_end);
    size_t pages = (new_end - old_end) >> PAGE_SHIFT;
    unsigned flags = HEAP_FLAGS | mm->def_flags | (read_implies_exec(PROT_READ) ? VM_EXEC : 0);

    if ((flags & VM_LOCKED) && !may_lock(mm, pages))
        return false;
    if (next && new_end + PAGE_SIZE > vma_guarded_start(next))
        return false;
    if (mm->map_count > sysctl_max_map_count || !may_expand_vm(mm, flags, pages))
        return false;
    return !IS_ERR(vma_map(mm, old_end, new_end, flags, NULL, 0));
}

static bool move_brk(struct mm_struct *mm, vaddr_t brk)
{
    uint64_t limit = current->rlim[RLIMIT_DATA].cur;

    if (brk < mm->start_brk || brk > mm->task_size - PAGE_SIZE)
        return false;
    if (limit != RLIM_INFINITY && brk - mm->start_brk + mm->end_data - mm->start_data > limit)
        return false;

    vaddr_t new_end = ALIGN_UP(brk, PAGE_SIZE), old_end = ALIGN_UP(mm->brk, PAGE_SIZE);
    if (new_end == old_end)
        return true;
    if (new_end < old_end)
        return shrink_heap(mm, new_end, old_end);
    return grow_heap(mm, new_end, old_end);
}

vaddr_t do_brk(struct mm_struct *mm, vaddr_t brk)
{
    vaddr_t old_end, end;

    down_write(&mm->mmap_lock);
    old_end = ALIGN_UP(mm->brk, PAGE_SIZE);
    if (move_brk(mm, brk))
        mm->brk = brk;
    brk = mm->brk;
    end = ALIGN_UP(brk, PAGE_SIZE);
    bool fill = end > old_end && (mm->def_flags & VM_LOCKED_MASK) == VM_LOCKED;
    up_write(&mm->mmap_lock);
    if (fill)
        mm_populate(mm, old_end, end);
    return brk;
}

SYSCALL1(brk, uaddr_t, brk)
{
    return (long)do_brk(current->mm, brk);
}
