/* SPDX-License-Identifier: MIT */
/*
 * mincore: which pages could be used without a wait. A page of the process's own is there when an
 * entry shows it; a file's when the page cache has it, mapped or not.
 *
 * The answer goes through a page of the kernel's, one area and so many pages at a time: the
 * caller's vector may itself have to be faulted in, which needs mmap_lock.
 */
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/string.h"
#include "kernel/syscall.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "mm/uaccess.h"

/* mmap_lock held. [start, end) lies in the area; tables stay while it does. */
static void look_at_area(struct vm_area_struct *vma, vaddr_t start, vaddr_t end, unsigned char *vec)
{
    size_t n = (end - start) >> PAGE_SHIFT;
    uint64_t first = vma_pgoff(vma, start);
    struct pt_cursor c;

    if (!vma->vm_ops)
        memset(vec, 0, n);
    else if (vma->vm_file)
        filemap_residency(&file_inode(vma->vm_file)->i_data, first, n, vec);
    else
        memset(vec, 1, n); /* the kernel's own pages, like the vdso */
    pt_for_each_used(&c, &vma->vm_mm->pt, start, end)
    {
        vec[(c.va - start) >> PAGE_SHIFT] = 1;
    }
}

/* Fills vec for at most `n` pages from start on, of one area: how many, or -ENOMEM for none. */
static long look(struct mm_struct *mm, vaddr_t start, size_t n, unsigned char *vec)
{
    long done = -ENOMEM;

    down_read(&mm->mmap_lock);
    struct vm_area_struct *vma = vma_lookup(mm, start);
    if (vma) {
        vaddr_t end = min(vma->vm_end, start + (n << PAGE_SHIFT));
        look_at_area(vma, start, end, vec);
        done = (long)((end - start) >> PAGE_SHIFT);
    }
    up_read(&mm->mmap_lock);
    return done;
}

SYSCALL3(mincore, uaddr_t, start, size_t, len, uaddr_t, vec)
{
    size_t pages = len / PAGE_SIZE + (len % PAGE_SIZE != 0);
    long ret = 0;

    if (!IS_ALIGNED(start, PAGE_SIZE))
        return -EINVAL;
    if (!access_ok(start, len))
        return -ENOMEM;
    if (!access_ok(vec, pages))
        return -EFAULT;
    unsigned char *buf = kmalloc(PAGE_SIZE, GFP_USER);
    if (!buf)
        return -EAGAIN;
    while (pages && ret >= 0) {
        ret = look(current->mm, start, min(pages, PAGE_SIZE), buf);
        if (ret < 0)
            break;
        size_t done = (size_t)ret;
        ret = copy_to_user(vec, buf, done);
        start += done << PAGE_SHIFT;
        vec += done;
        pages -= done;
        cond_resched();
        if (fatal_signal_pending(current))
            ret = -EINTR;
    }
    kfree(buf);
    return ret;
}
