/* SPDX-License-Identifier: MIT */
/*
 * procfs: /proc/PID/mem: the process's memory at its own addresses, for debuggers; to be read only.
 *
 * No lock is held while bytes are copied to the reader, whose own memory may be what is read.
 */
#include "kernel/errno.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "mm/uaccess.h"

/* Bytes copied, up to what cannot be read; -EIO when that is the first. */
static ssize_t copy_memory(struct mm_struct *mm, vaddr_t from, uaddr_t buf, size_t n)
{
    char *page = kmalloc(PAGE_SIZE, GFP_KERNEL);
    size_t done = 0;
    int err = page ? 0 : -ENOMEM;

    while (!err && done < n) {
        size_t wanted = min(n - done, PAGE_SIZE - (from + done) % PAGE_SIZE);
        size_t got = access_process_vm(mm, from + done, page, wanted);

        if (copy_to_user(buf + done, page, got) != 0)
            err = -EFAULT;
        else if (got < wanted)
            err = -EIO;
        else if (fatal_signal_pending(current))
            err = -EINTR;
        if (err != -EFAULT)
            done += got;
        cond_resched();
    }
    kfree(page);
    return done ? (ssize_t)done : err;
}

ssize_t proc_read_mem(struct task_struct *t, uaddr_t buf, size_t n, loff_t *pos)
{
    struct mm_struct *mm = get_task_mm(t);
    ssize_t result = 0;

    if (mm && n > 0)
        result = (uint64_t)*pos < TASK_SIZE ? copy_memory(mm, (vaddr_t)*pos, buf, n) : -EIO;
    mmput(mm);
    if (result > 0)
        *pos += result;
    return result;
}
