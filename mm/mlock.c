/* SPDX-License-Identifier: MIT */
/*
 * mlock and its kin: memory that stays.
 *
 * An area with VM_LOCKED keeps its pages: reclaim passes them by. Locking sets the flag first,
 * under mmap_lock held for writing, and then makes the pages present with the lock released, as so
 * many faults would; with VM_LOCKONFAULT it leaves that to the faults. mm->def_flags are what
 * mlockall(MCL_FUTURE) has every later area begin with. RLIMIT_MEMLOCK bounds mm->locked_vm, which
 * counts what areas with VM_LOCKED cover, pages or no pages.
 */
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/mm.h"
#include "mm/mman.h"

atomic_long nr_mlocked;

bool can_do_mlock(void)
{
    return current->rlim[RLIMIT_MEMLOCK].cur > 0;
}

bool may_lock(struct mm_struct *mm, size_t pages)
{
    uint64_t limit = current->rlim[RLIMIT_MEMLOCK].cur;

    return limit == RLIM_INFINITY || mm->locked_vm + pages <= limit >> PAGE_SHIFT;
}

/* --- ranges --- */

/*
 * Gives [start, end), all or some of *pvma, these of VM_LOCKED_MASK; *pvma becomes the area that
 * holds it. The kernel's own pages, like the vdso, stay as they are: nothing takes them away. 0 or
 * -ENOMEM.
 */
static int mark_area(struct vm_area_struct **pvma, vaddr_t start, vaddr_t end, unsigned lock_flags)
{
    const struct vm_area_struct *vma = *pvma;
    unsigned flags = (vma->vm_flags & ~(unsigned)VM_LOCKED_MASK) | lock_flags;

    if (flags == vma->vm_flags || vma_is_special(vma))
        return 0;
    return vma_modify(pvma, start, end, flags);
}

/* The same for all areas of the range; -ENOMEM for a hole as well: what is before it is done. */
static int mark_range(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned lock_flags)
{
    struct vm_area_struct *vma = find_vma(mm, start);
    int err = 0;

    for (; start < end && !err; vma = vma_next(vma)) {
        if (!vma || vma->vm_start > start)
            return -ENOMEM;
        err = mark_area(&vma, start, min(end, vma->vm_end), lock_flags);
        start = vma->vm_end;
        cond_resched();
    }
    return err;
}

/* In whole pages, as far as they are touched by [addr, addr + len). */
static long lock_range(uaddr_t addr, size_t len, unsigned lock_flags)
{
    struct mm_struct *mm = current->mm;
    vaddr_t start = ALIGN_DOWN(addr, PAGE_SIZE);
    size_t size = ALIGN_UP(addr - start + len, PAGE_SIZE);
    int err = -ENOMEM;

    if (!can_do_mlock())
        return -EPERM;
    down_write(&mm->mmap_lock);
    /* What is locked already is not asked for twice. */
    if (may_lock(mm, (size >> PAGE_SHIFT) - mapped_pages(mm, start, start + size, VM_LOCKED)))
        err = start + size < start ? -EINVAL : mark_range(mm, start, start + size, lock_flags);
    up_write(&mm->mmap_lock);
    if (err)
        return err;

    /* POSIX has its own names: ENOMEM for what can have no page, EAGAIN for what found none. */
    err = mm_populate(mm, start, start + size);
    return err == -EFAULT ? -ENOMEM : err == -ENOMEM ? -EAGAIN : err;
}

SYSCALL2(mlock, uaddr_t, addr, size_t, len)
{
    return lock_range(addr, len, VM_LOCKED);
}

SYSCALL3(mlock2, uaddr_t, addr, size_t, len, int, flags)
{
    if (flags & ~MLOCK_ONFAULT)
        return -EINVAL;
    return lock_range(addr, len, flags & MLOCK_ONFAULT ? VM_LOCKED_MASK : VM_LOCKED);
}

SYSCALL2(munlock, uaddr_t, addr, size_t, len)
{
    struct mm_struct *mm = current->mm;
    vaddr_t start = ALIGN_DOWN(addr, PAGE_SIZE);
    size_t size = ALIGN_UP(addr - start + len, PAGE_SIZE);

    if (start + size < start)
        return -EINVAL;
    down_write(&mm->mmap_lock);
    int err = mark_range(mm, start, start + size, 0);
    up_write(&mm->mmap_lock);
    return err;
}

/* --- everything --- */

static int mark_all(struct mm_struct *mm, unsigned lock_flags)
{
    struct vm_area_struct *vma = find_vma(mm, 0);
    int err = 0;

    for (; vma && !err; vma = vma_next(vma)) {
        err = mark_area(&vma, vma->vm_start, vma->vm_end, lock_flags);
        cond_resched();
    }
    return err;
}

/* Whatever is locked becomes present as far as it can: what has no page is no error here. */
static void populate_all(struct mm_struct *mm)
{
    vaddr_t start = 0, end;
    int err = 0;

    while (err != -EINTR) {
        down_read(&mm->mmap_lock);
        const struct vm_area_struct *vma = find_vma(mm, start);
        start = vma ? max(start, vma->vm_start) : 0;
        end = vma ? vma->vm_end : 0;
        bool locked = vma && (vma->vm_flags & VM_LOCKED);
        up_read(&mm->mmap_lock);
        if (!end)
            break;
        err = locked ? mm_populate(mm, start, end) : 0;
        start = end;
        cond_resched();
    }
}

SYSCALL1(mlockall, int, flags)
{
    struct mm_struct *mm = current->mm;
    unsigned lock_flags = flags & MCL_ONFAULT ? VM_LOCKED_MASK : VM_LOCKED;
    int err = 0;

    if (!(flags & (MCL_CURRENT | MCL_FUTURE)) ||
        (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)))
        return -EINVAL;
    if (!can_do_mlock())
        return -EPERM;
    down_write(&mm->mmap_lock);
    if ((flags & MCL_CURRENT) && !may_lock(mm, mm->total_vm - mm->locked_vm))
        err = -ENOMEM;
    if (!err) {
        mm->def_flags &= ~(unsigned)VM_LOCKED_MASK;
        mm->def_flags |= flags & MCL_FUTURE ? lock_flags : 0;
    }
    if (!err && (flags & MCL_CURRENT))
        err = mark_all(mm, lock_flags);
    up_write(&mm->mmap_lock);
    if (!err && (flags & MCL_CURRENT))
        populate_all(mm);
    return err;
}

SYSCALL0(munlockall)
{
    struct mm_struct *mm = current->mm;

    down_write(&mm->mmap_lock);
    mm->def_flags &= ~(unsigned)VM_LOCKED_MASK;
    int err = mark_all(mm, 0);
    up_write(&mm->mmap_lock);
    return err;
}
