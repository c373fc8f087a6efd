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
#include "kernel/sched.h"
#include "mm/mm.h"

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
