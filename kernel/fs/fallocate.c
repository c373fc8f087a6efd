/* SPDX-License-Identifier: MIT */
/* fallocate(2): room for a part of a file, or giving it back. The file systems do it. */
#include "kernel/fs/internal.h"
#include "kernel/syscall.h"

#define FALLOC_MODES                                                                               \
    (FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE |                       \
     FALLOC_FL_ZERO_RANGE | FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE)

/* A hole changes no size; and one call does one thing, but for keeping the size beside it. */
static bool mode_ok(unsigned mode)
{
    unsigned what = mode & ~(unsigned)FALLOC_FL_KEEP_SIZE;

    if (mode & ~(unsigned)FALLOC_MODES || what & (what - 1))
        return false;
    return what != FALLOC_FL_PUNCH_HOLE || mode & FALLOC_FL_KEEP_SIZE;
}

static int do_fallocate(struct file *f, unsigned mode, loff_t start, loff_t len)
{
    unsigned type = f->f_inode->i_mode;
    int err = 0;

    if (start < 0 || len <= 0)
        return -EINVAL;
    if (!mode_ok(mode))
        return -EOPNOTSUPP;
    if (!file_writable(f))
        return -EBADF;
    if (S_ISFIFO(type))
        return -ESPIPE;
    if (!S_ISREG(type) && !S_ISBLK(type))
        return -ENODEV;
    if (start > INT64_MAX - len)
        return -EFBIG;
    if (!f->f_op->fallocate)
        return -EOPNOTSUPP;
    if (!(mode & FALLOC_FL_KEEP_SIZE))
        err = file_size_allowed(f->f_inode, start + len);
    return err ? err : f->f_op->fallocate(f, mode, start, len);
}

SYSCALL4(fallocate, int, fd, unsigned, mode, loff_t, start, loff_t, len)
{
    struct file *f = fget(fd);
    int err;

    if (!f)
        return -EBADF;
    err = do_fallocate(f, mode, start, len);
    fput(f);
    return err;
}
