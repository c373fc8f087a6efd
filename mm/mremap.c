/* SPDX-License-Identifier: MIT */
/*
 * mremap: a mapping becomes larger or smaller, or goes to another place, with its pages.
 *
 * What moves is entries of the page table, never bytes. The area at the new place continues the
 * page numbers of the old one, by which the reverse map finds its pages; only an area that never
 * had an anonymous page begins with new ones, as a fresh mapping there would.
 *
 * A range that moves or grows lies in one area: Linux, too, said so until 6.17, and moves several
 * since then if their sizes stay the same.
 */
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/mm.h"
#include "mm/mman.h"

struct remap {
    struct mm_struct *mm;
    vaddr_t addr, new_addr;    /* all page-aligned */
    size_t old_size, new_size; /* old_size 0: a shared mapping gets a second place */
    int flags;                 /* MREMAP_* */
    bool locked;               /* set: what was added is to be filled */
};

/* A move needs so many areas more for a moment, and leaves room for the next: Linux's number. */
#define SPARE_AREAS 3

static bool args_ok(const struct remap *r)
{
    size_t task_size = r->mm->task_size;
    bool fixed = r->flags & MREMAP_FIXED, keep = r->flags & MREMAP_DONTUNMAP;

    if ((r->flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) ||
        !IS_ALIGNED(r->addr, PAGE_SIZE) || r->new_size == 0 || r->new_size > task_size)
        return false;
    if (!fixed && !keep)
        return true;
    if (!(r->flags & MREMAP_MAYMOVE) || (keep && r->old_size != r->new_size))
        return false;
    if (!IS_ALIGNED(r->new_addr, PAGE_SIZE) || r->new_addr > task_size - r->new_size)
        return false;
    /* The two may touch. */
    return r->addr + r->old_size <= r->new_addr || r->new_addr + r->new_size <= r->addr;
}

/* May the range be moved, or made larger? Its new place is not looked at yet. */
static int check_area(const struct remap *r, const struct vm_area_struct *vma)
{
    if (r->old_size > vma->vm_end - r->addr)
        return -EFAULT;
    if (r->new_size <= r->old_size)
        return 0;

    uint64_t pgoff = vma_pgoff(vma, r->addr);
    size_t more = (r->new_size - r->old_size) >> PAGE_SHIFT;
    if (pgoff + (r->new_size >> PAGE_SHIFT) < pgoff)
        return -EINVAL;
    /* The kernel's own have the size that they have, and are there once. */
    if (vma_is_special(vma))
        return -EFAULT;
    if ((vma->vm_flags & VM_LOCKED) && !may_lock(r->mm, more))
        return -EAGAIN;
    return may_expand_vm(r->mm, vma->vm_flags, more) ? 0 : -ENOMEM;
}

/* --- moving --- */

/* The area that the range will be at its new place, in no set yet. NULL: no memory. */
static struct vm_area_struct *new_area(const struct remap *r, const struct vm_area_struct *vma)
{
    struct vm_area_struct *to = vma_copy(vma);

    if (!to)
        return NULL;
    to->vm_start = r->new_addr;
    to->vm_end = r->new_addr + r->new_size;
    to->vm_pgoff = vma_pgoff(vma, r->addr);
    if (!to->vm_file && !to->vm_ops && !to->anon_vma)
        to->vm_pgoff = r->new_addr >> PAGE_SHIFT;
    return to;
}

/*
 * Sees to it that nothing can fail at the old place once the pages have left it: with DONTUNMAP it
 * stays and is not locked any more, otherwise it may be about to become a hole.
 */
static int prepare_old(const struct remap *r, struct vm_area_struct **vma)
{
    vaddr_t end = r->addr + r->old_size;

    if (r->flags & MREMAP_DONTUNMAP)
        return vma_modify(vma, r->addr, end, (*vma)->vm_flags & ~(unsigned)VM_LOCKED_MASK);
    if (r->old_size && (*vma)->vm_start < r->addr && end < (*vma)->vm_end)
        return vma_split(*vma, end);
    return 0;
}

/* As it was. With DONTUNMAP and no memory at all, it may be that it stays not locked. */
static void restore_old(const struct remap *r, struct vm_area_struct *vma, unsigned flags)
{
    if (r->flags & MREMAP_DONTUNMAP)
        vma_modify(&vma, r->addr, r->addr + r->old_size, flags);
    else
        vma_merge(vma);
}

/* new_addr is free. */
static long move_area(const struct remap *r, struct vm_area_struct *vma)
{
    struct mm_struct *mm = r->mm;
    size_t peak = mm->hiwater_vm;
    unsigned flags = vma->vm_flags;
    struct vm_area_struct *to;

    if (mm->map_count + SPARE_AREAS >= sysctl_max_map_count)
        return -ENOMEM;
    to = new_area(r, vma);
    if (!to)
        return -ENOMEM;
    if (prepare_old(r, &vma)) {
        vma_free(to);
        return -ENOMEM;
    }
    vma_insert(mm, to);
    if (r->old_size && move_range(vma, r->addr, to, r->new_addr, r->old_size)) {
        do_munmap(mm, r->new_addr, r->new_size);
        restore_old(r, vma, flags);
        mm->hiwater_vm = peak;
        return -ENOMEM;
    }
    if (!(r->flags & MREMAP_DONTUNMAP) && r->old_size)
        do_munmap(mm, r->addr, r->old_size);
    /* For a moment both were there; nobody had more. */
    mm->hiwater_vm = max(peak, mm->total_vm);
    if (mm->vdso >= r->addr && mm->vdso < r->addr + r->old_size)
        mm->vdso += r->new_addr - r->addr;
    vma_merge(to);
    return (long)r->new_addr;
}

/* --- the three ways --- */

/* What is cut off may lie in several areas, or in none. */
static long shrink(const struct remap *r)
{
    size_t task_size = r->mm->task_size;

    if (r->old_size > task_size || r->addr > task_size - r->old_size)
        return -EINVAL;
    int err = do_munmap(r->mm, r->addr + r->new_size, r->old_size - r->new_size);
    return err ? err : (long)r->addr;
}

static bool grow_in_place(const struct remap *r, struct vm_area_struct *vma)
{
    const struct vm_area_struct *next = vma_next(vma);
    vaddr_t end = r->addr + r->new_size;

    if (vma->vm_end != r->addr + r->old_size || end < r->addr || end > r->mm->task_size ||
        (next && next->vm_start < end))
        return false;
    vma_resize(vma, vma->vm_start, end);
    vma_merge(vma);
    return true;
}

static long grow(struct remap *r, struct vm_area_struct *vma)
{
    int err = check_area(r, vma);

    if (err)
        return err;
    if (grow_in_place(r, vma))
        return (long)r->addr;
    if (!(r->flags & MREMAP_MAYMOVE))
        return -ENOMEM;
    long found = get_unmapped_area(r->mm, 0, r->new_size, 0);
    if (found < 0)
        return found;
    r->new_addr = (vaddr_t)found;
    return move_area(r, vma);
}

/* To new_addr: exactly there, or (DONTUNMAP alone) there if it is free. */
static long move_to(struct remap *r, struct vm_area_struct *vma)
{
    struct mm_struct *mm = r->mm;
    int fixed = r->flags & MREMAP_FIXED ? MAP_FIXED : 0;
    int err = check_area(r, vma);

    if (err)
        return err;
    if (mm->map_count + 2 + SPARE_AREAS >= sysctl_max_map_count)
        return -ENOMEM;
    if ((r->flags & MREMAP_DONTUNMAP) &&
        !may_expand_vm(mm, vma->vm_flags, r->new_size >> PAGE_SHIFT))
        return -ENOMEM;
    long found = get_unmapped_area(mm, r->new_addr, r->new_size, fixed);
    if (found < 0)
        return found;
    r->new_addr = (vaddr_t)found;
    if (fixed)
        err = do_munmap(mm, r->new_addr, r->new_size);
    if (!err && r->new_size < r->old_size) {
        err = do_munmap(mm, r->addr + r->new_size, r->old_size - r->new_size);
        r->old_size = r->new_size;
    }
    if (err)
        return err;
    /* Either may have cut it, and a second place for a mapping may be just where the first is. */
    vma = vma_lookup(r->mm, r->addr);
    return vma ? move_area(r, vma) : -EFAULT;
}

/* mmap_lock held for writing. */
static long do_mremap(struct remap *r)
{
    struct vm_area_struct *vma = vma_lookup(r->mm, r->addr);

    if (!vma)
        return -EFAULT;
    if (r->old_size == 0 && !(vma->vm_flags & VM_MAYSHARE))
        return -EINVAL;
    if ((r->flags & MREMAP_DONTUNMAP) && vma_is_special(vma))
        return -EINVAL;
    r->locked = (vma->vm_flags & VM_LOCKED_MASK) == VM_LOCKED;
    if (r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
        return move_to(r, vma);
    if (r->new_size < r->old_size)
        return shrink(r);
    return r->new_size == r->old_size ? (long)r->addr : grow(r, vma);
}

SYSCALL5(mremap, uaddr_t, addr, size_t, old_len, size_t, new_len, int, flags, uaddr_t, new_addr)
{
    struct mm_struct *mm = current->mm;
    struct remap r = {.mm = mm,
                      .addr = addr,
                      .new_addr = new_addr,
                      .old_size = ALIGN_UP(old_len, PAGE_SIZE),
                      .new_size = ALIGN_UP(new_len, PAGE_SIZE),
                      .flags = flags};

    if (!args_ok(&r))
        return -EINVAL;
    down_write(&mm->mmap_lock);
    long ret = do_mremap(&r);
    up_write(&mm->mmap_lock);
    if (ret >= 0 && r.locked && r.new_size > r.old_size)
        mm_populate(mm, (vaddr_t)ret + r.old_size, (vaddr_t)ret + r.new_size);
    return ret;
}
