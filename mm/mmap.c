/* SPDX-License-Identifier: MIT */
/*
 * mmap and munmap: putting areas in and taking them out; and the system calls themselves.
 */
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/mm.h"
#include "mm/mman.h"

/* PROT_* have the values of VM_*. */
_Static_assert((PROT_READ | PROT_WRITE << 4 | PROT_EXEC << 8) ==
                   (VM_READ | VM_WRITE << 4 | VM_EXEC << 8),
               "mmap(2) and areas spell access the same way");

/* Room for so many pages more under RLIMIT_AS? */
bool may_expand_vm(struct mm_struct *mm, unsigned vm_flags, size_t pages)
{
    uint64_t limit = current->rlim[RLIMIT_AS].cur;

    (void)vm_flags;
    return limit == RLIM_INFINITY || mm->total_vm + pages <= limit >> PAGE_SHIFT;
}

static bool range_ok(struct mm_struct *mm, vaddr_t addr, size_t size)
{
    return size <= mm->task_size && addr <= mm->task_size - size && addr >= MMAP_MIN_ADDR;
}

long do_mmap(struct mm_struct *mm, vaddr_t addr, size_t size, unsigned vm_flags, struct file *file,
             uint64_t pgoff, bool fixed)
{
    if (fixed) {
        if (!range_ok(mm, addr, size))
            return -ENOMEM;
    } else {
        long found = find_free_range(mm, size);
        if (found < 0)
            return found;
        addr = (vaddr_t)found;
    }
    if (!may_expand_vm(mm, vm_flags, size >> PAGE_SHIFT))
        return -ENOMEM;
    if (fixed) {
        int err = do_munmap(mm, addr, size);
        if (err)
            return err;
    }
    struct vm_area_struct *vma = vma_map(mm, addr, addr + size, vm_flags, file, pgoff);
    return IS_ERR(vma) ? PTR_ERR(vma) : (long)addr;
}

static void flush_mm(void *arg)
{
    struct mm_struct *mm = arg;
    tlb_flush_mm(&mm->arch);
}

int do_munmap(struct mm_struct *mm, vaddr_t start, size_t size)
{
    vaddr_t end = start + size;
    struct vm_area_struct *prev, *next, *vma = find_vma_prev(mm, start, &prev);

    if (!vma || vma->vm_start >= end)
        return 0;
    if (vma->vm_start < start) {
        /* A hole in the middle makes one area more, even if only for a moment. */
        int err = vma_split(vma, start);
        if (err)
            return err;
        prev = vma;
        vma = vma_next(vma);
    }
    struct vm_area_struct *last = find_vma(mm, end - 1);
    if (last && last->vm_start < end && last->vm_end > end) {
        int err = vma_split(last, end);
        if (err) {
            if (prev)
                vma_merge(prev);
            return err;
        }
    }

    mm->hiwater_rss = max(mm->hiwater_rss, mm_rss(mm));
    zap_range(mm, start, end);
    for (; vma && vma->vm_start < end; vma = next) {
        next = vma_next(vma);
        vma_remove(mm, vma);
        vma_free(vma);
    }
    pt_free_tables(&mm->pt, start, end, prev ? prev->vm_end : 0, vma ? vma->vm_start : USER_END,
                   flush_mm, mm);
    return 0;
}

/* --- the system calls --- */

/* True when nothing is in [addr, addr + size) and no stack needs it. */
static bool range_free(struct mm_struct *mm, vaddr_t addr, size_t size)
{
    struct vm_area_struct *prev, *next = find_vma_prev(mm, addr, &prev);

    if (!next)
        return true;
    size_t gap = next->vm_flags & VM_GROWSDOWN ? STACK_GUARD_GAP : 0;
    return next->vm_start >= gap && addr + size <= next->vm_start - gap;
}

/* mmap_lock held for writing. */
static long mmap_locked(struct mm_struct *mm, vaddr_t addr, size_t size, unsigned vm_flags,
                        int flags, struct file *file, uint64_t pgoff)
{
    bool fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);

    if (fixed && addr < MMAP_MIN_ADDR)
        return -EPERM;
    if ((flags & MAP_FIXED_NOREPLACE) && range_ok(mm, addr, size)) {
        struct vm_area_struct *vma = find_vma(mm, addr);
        if (vma && vma->vm_start < addr + size)
            return -EEXIST;
    }
    /* A hint is taken when it can be. */
    if (!fixed && addr)
        fixed = range_ok(mm, addr, size) && range_free(mm, addr, size);
    return do_mmap(mm, addr, size, vm_flags, file, pgoff, fixed);
}

/* A file that may be mapped so, referenced, or ERR_PTR. */
static struct file *mappable_file(int fd, int prot, int flags)
{
    struct file *file = fget(fd);
    int err = 0;

    if (!file)
        return ERR_PTR(-EBADF);
    if (!S_ISREG(file->f_inode->i_mode))
        err = -ENODEV;
    else if ((file->f_flags & O_ACCMODE) == O_WRONLY)
        err = -EACCES;
    else if ((flags & MAP_TYPE) != MAP_PRIVATE && (prot & PROT_WRITE))
        err = -ENODEV; /* shared writable mappings of files are not offered */
    if (!err)
        return file;
    fput(file);
    return ERR_PTR(err);
}

SYSCALL6(mmap, uaddr_t, addr, size_t, len, int, prot, int, flags, int, fd, uint64_t, offset)
{
    struct mm_struct *mm = current->mm;
    size_t size = ALIGN_UP(len, PAGE_SIZE);
    int type = flags & MAP_TYPE;
    struct file *file = NULL;

    if (len == 0 || !IS_ALIGNED(offset, PAGE_SIZE))
        return -EINVAL;
    if (type != MAP_PRIVATE && type != MAP_SHARED && type != MAP_SHARED_VALIDATE)
        return -EINVAL;
    if ((flags & MAP_ANONYMOUS) && type != MAP_PRIVATE)
        return -ENODEV; /* memory shared after fork() is not offered */
    if (size == 0 || size > mm->task_size)
        return -ENOMEM;
    if (offset + size < offset)
        return -EOVERFLOW;
    if (!(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)))
        addr = ALIGN_UP(addr, PAGE_SIZE);
    else if (!IS_ALIGNED(addr, PAGE_SIZE))
        return -EINVAL;

    if (!(flags & MAP_ANONYMOUS)) {
        file = mappable_file(fd, prot, flags);
        if (IS_ERR(file))
            return PTR_ERR(file);
    }
    unsigned vm_flags = (unsigned)prot & VM_ACCESS;
    vm_flags |= VM_MAYREAD | VM_MAYEXEC | (type == MAP_PRIVATE ? VM_MAYWRITE : VM_SHARED);

    down_write(&mm->mmap_lock);
    long ret = mmap_locked(mm, addr, size, vm_flags, flags, file, offset >> PAGE_SHIFT);
    up_write(&mm->mmap_lock);
    if (file)
        fput(file);
    return ret;
}

SYSCALL2(munmap, uaddr_t, addr, size_t, len)
{
    struct mm_struct *mm = current->mm;
    size_t size = ALIGN_UP(len, PAGE_SIZE);

    if (!IS_ALIGNED(addr, PAGE_SIZE) || len == 0 || size == 0)
        return -EINVAL;
    if (size > mm->task_size || addr > mm->task_size - size)
        return -EINVAL;
    down_write(&mm->mmap_lock);
    int err = do_munmap(mm, addr, size);
    up_write(&mm->mmap_lock);
    return err;
}
