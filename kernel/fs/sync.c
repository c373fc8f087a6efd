/* SPDX-License-Identifier: MIT */
/* sync(), fsync() and fdatasync(): from memory to the disk. */
#include "kernel/fs/internal.h"
#include "kernel/syscall.h"

SYSCALL0(sync)
{
    vfs_sync();
    return 0;
}

static long sync_fd(int fd)
{
    struct file *f = fget(fd);
    long ret;

    if (!f)
        return -EBADF;
    ret = f->f_op->fsync ? f->f_op->fsync(f, 0, UINT64_MAX) : -EINVAL;
    fput(f);
    return ret;
}

SYSCALL1(fsync, int, fd)
{
    return sync_fd(fd);
}

SYSCALL1(fdatasync, int, fd)
{
    return sync_fd(fd);
}
