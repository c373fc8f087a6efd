/* SPDX-License-Identifier: MIT */
/*
 * The devices that are only memory: /dev/null, zero, full, random, urandom; null(4), full(4),
 * random(4). They keep no state of their own and need no lock.
 */
#include "kernel/drivers/mem_devices.h"
#include "kernel/errno.h"
#include "kernel/fs/shmem.h"
#include "kernel/fs/vfs.h"
#include "kernel/random.h"
#include "kernel/sched.h"
#include "mm/vma.h"
#include "mm/uaccess.h"

enum {
    MAJOR_MEM = 1,
    MINOR_NULL = 3,
    MINOR_ZERO = 5,
    MINOR_FULL = 7,
    MINOR_RANDOM = 8,
    MINOR_URANDOM = 9,
};

static ssize_t read_nothing(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    (void)f, (void)buf, (void)n, (void)pos;
    return 0;
}

static ssize_t write_nowhere(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    (void)f, (void)buf, (void)pos;
    return (ssize_t)n;
}

static ssize_t write_full(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    (void)f, (void)buf, (void)n, (void)pos;
    return -ENOSPC;
}

/* A page at a time, so that a huge read can be interrupted. */
static ssize_t read_zeroes(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    size_t done = 0;
    (void)f, (void)pos;

    while (done < n && !(done && signal_pending(current))) {
        size_t len = min(n - done, PAGE_SIZE);
        size_t left = clear_user_partly(buf + done, len);

        done += len - left;
        if (left)
            return done ? (ssize_t)done : -EFAULT;
        cond_resched();
    }
    return (ssize_t)done;
}

static ssize_t read_random(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    (void)f, (void)pos;
    return get_random_user(buf, n);
}

static ssize_t write_random(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    size_t done = 0;
    (void)f, (void)pos;

    while (done < n && !(done && signal_pending(current))) {
        uint8_t chunk[128];
        size_t len = min(n - done, sizeof(chunk));

        if (copy_from_user(chunk, buf + done, len) != 0)
            return done ? (ssize_t)done : -EFAULT;
        random_add(chunk, len);
        done += len;
        cond_resched();
    }
    return (ssize_t)done;
}

/*
 * A private mapping is anonymous memory, which knows where it came from. A shared one is a file of
 * zeroes that only this mapping and its copies have.
 */
static int mmap_zeroes(struct file *f, struct vm_area_struct *vma)
{
    struct file *shared;

    if (!(vma->vm_flags & VM_SHARED))
        return 0;
    shared = shmem_file_setup("dev/zero", (loff_t)(vma->vm_end - vma->vm_start), 0);
    if (IS_ERR(shared))
        return (int)PTR_ERR(shared);
    vma->vm_file = shared;
    fput(f); /* the area's reference */
    return shared->f_op->mmap(shared, vma);
}

static loff_t stay_at_start(struct file *f, loff_t offset, int whence)
{
    (void)f, (void)offset, (void)whence;
    return 0;
}

static unsigned always_ready(struct file *f)
{
    (void)f;
    return POLLIN | POLLOUT;
}

#define MEM_DEVICE(reader, writer, ...)                                                            \
    {                                                                                              \
        .read = (reader), .write = (writer), .llseek = stay_at_start, .poll = always_ready,        \
        __VA_ARGS__                                                                                \
    }

static const struct file_operations null_fops = MEM_DEVICE(read_nothing, write_nowhere);
static const struct file_operations zero_fops =
    MEM_DEVICE(read_zeroes, write_nowhere, .mmap = mmap_zeroes);
static const struct file_operations full_fops = MEM_DEVICE(read_zeroes, write_full);
static const struct file_operations random_fops = MEM_DEVICE(read_random, write_random);

void mem_devices_init(void)
{
    register_chrdev(MAJOR_MEM, MINOR_NULL, &null_fops, "null");
    register_chrdev(MAJOR_MEM, MINOR_ZERO, &zero_fops, "zero");
    register_chrdev(MAJOR_MEM, MINOR_FULL, &full_fops, "full");
    register_chrdev(MAJOR_MEM, MINOR_RANDOM, &random_fops, "random");
    register_chrdev(MAJOR_MEM, MINOR_URANDOM, &random_fops, "urandom");
}
