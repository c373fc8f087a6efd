/* SPDX-License-Identifier: MIT */
/* truncate() and ftruncate(): setting a regular file's size. */
#include "kernel/fs/internal.h"
#include "kernel/syscall.h"

int do_truncate(struct inode *inode, loff_t size)
{
    int err;

    if (inode->i_sb->read_only)
        return -EROFS;
    if (!inode->i_op->truncate)
        return -EPERM;
    mutex_lock(&inode->i_lock);
    err = file_size_allowed(inode, size);
    if (!err)
        err = inode->i_op->truncate(inode, size);
    mutex_unlock(&inode->i_lock);
    return err;
}

static int truncate_inode(struct inode *inode, loff_t size)
{
    int err;

    if (S_ISDIR(inode->i_mode))
        return -EISDIR;
    if (!S_ISREG(inode->i_mode))
        return -EINVAL;
    err = get_write_access(inode);
    if (err)
        return err;
    err = do_truncate(inode, size);
    put_write_access(inode);
    return err;
}

SYSCALL2(truncate, uaddr_t, upath, loff_t, size)
{
    struct dentry *d;
    int err;

    if (size < 0)
        return -EINVAL;
    d = lookup_at(AT_FDCWD, upath, LOOKUP_FOLLOW);
    if (IS_ERR(d))
        return PTR_ERR(d);
    err = truncate_inode(d->d_inode, size);
    dput(d);
    return err;
}

SYSCALL2(ftruncate, int, fd, loff_t, size)
{
    struct file *f;
    int err = -EINVAL;

    if (size < 0)
        return -EINVAL;
    f = fget(fd);
    if (!f)
        return -EBADF;
    if (S_ISREG(f->f_inode->i_mode) && file_writable(f))
        err = do_truncate(f->f_inode, size);
    fput(f);
    return err;
}
