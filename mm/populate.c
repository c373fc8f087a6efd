/* SPDX-License-Identifier: MIT */
/* Making pages present before they are asked for: MAP_POPULATE, mlock(), madvise(). */
#include <arch/trap.h>
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "mm/memory_impl.h"

/* How much is done under one hold of mmap_lock. */
#define PIECE (512 * PAGE_SIZE)

/* Under the lock: who takes pages away and has not seen that the area is locked by now is done. */
static bool is_present(struct mm_struct *mm, vaddr_t va, bool write)
{
    struct pt_cursor c;

    spin_lock(&mm->page_table_lock);
    pt_seek(&c, &mm->pt, va);
    spin_unlock(&mm->page_table_lock);
    return c.level == 0 && (entry_prot(c.pte) & (write ? P_WRITE : P_READ));
}

/*
 * mmap_lock held. Goes on at *va, to `end` or the end of the area that is there. `access`: VM_READ
 * or VM_WRITE, or 0 for what the area allows.
 */
static int populate_area(struct mm_struct *mm, vaddr_t *va, vaddr_t end, unsigned access)
{
    struct vm_area_struct *vma = vma_lookup(mm, *va);

    if (!vma)
        return -ENOMEM;
    end = min(end, vma->vm_end);
    if (!access && (vma->vm_flags & VM_LOCKONFAULT)) {
        *va = end;
        return 0;
    }
    if (!(vma->vm_flags & (access ? access : VM_ACCESS)))
        return access ? -EINVAL : -EFAULT;
    if (!access)
        access = (vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE ? VM_WRITE : VM_READ;
    bool write = access == VM_WRITE;
    while (*va < end) {
        if (is_present(mm, *va, write)) {
            *va += PAGE_SIZE;
            continue;
        }
        int err = fault_in_page(vma, *va, write ? FAULT_WRITE : FAULT_READ);
        if (err)
            return err == -ENOMEM ? err : -EFAULT;
        if (fatal_signal_pending(current))
            return -EINTR;
    }
    return 0;
}

static int populate(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned access)
{
    int err = 0;

    while (start < end && !err) {
        down_read(&mm->mmap_lock);
        err = populate_area(mm, &start, min(end, start + PIECE), access);
        up_read(&mm->mmap_lock);
        cond_resched();
    }
    return err;
}

int mm_populate(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
    return populate(mm, start, end, 0);
}

int mm_populate_for(struct mm_struct *mm, vaddr_t start, vaddr_t end, bool write)
{
    return populate(mm, start, end, write ? VM_WRITE : VM_READ);
}

void mm_populate_held(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
    while (start < end && populate_area(mm, &start, end, 0) == 0)
        ;
}
