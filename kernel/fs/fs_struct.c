/* SPDX-License-Identifier: MIT */
/*
 * A process's place in the tree: working directory, root, and mode mask.
 *
 * fs->lock guards the two directories; each is a reference. One who reads takes a reference under
 * the lock and uses it outside.
 */
#include "kernel/fs/internal.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "kernel/syscall.h"
#include "mm/slab.h"

struct fs_struct *fs_copy(struct fs_struct *old)
{
    struct fs_struct *fs = kzalloc(sizeof(*fs), GFP_KERNEL);

    if (!fs)
        return NULL;
    fs->count = 1;
    mutex_init(&fs->lock, "fs", RANK_SLEEP_LEAF);
    fs->cwd = fs_cwd(old);
    fs->root = fs_root(old);
    fs->umask = old ? old->umask : 022;
    return fs;
}

struct fs_struct *fs_get(struct fs_struct *fs)
{
    atomic_fetch_add(&fs->count, 1);
    return fs;
}

void fs_put(struct fs_struct *fs)
{
    if (!fs || atomic_fetch_sub(&fs->count, 1) > 1)
        return;
    dput(fs->cwd);
    dput(fs->root);
    kfree(fs);
}

static struct dentry *get_place(struct fs_struct *fs, struct dentry **place)
{
    struct dentry *d;

    mutex_lock(&fs->lock);
    d = dget(*place);
    mutex_unlock(&fs->lock);
    return d;
}

struct dentry *fs_cwd(struct fs_struct *fs)
{
    return fs ? get_place(fs, &fs->cwd) : dget(root_dentry());
}

struct dentry *fs_root(struct fs_struct *fs)
{
    return fs ? get_place(fs, &fs->root) : dget(root_dentry());
}

/* Takes over the reference to d. */
static void set_place(struct fs_struct *fs, struct dentry **place, struct dentry *d)
{
    struct dentry *old;

    mutex_lock(&fs->lock);
    old = *place;
    *place = d;
    mutex_unlock(&fs->lock);
    dput(old);
}

SYSCALL1(chdir, uaddr_t, upath)
{
    struct dentry *d = lookup_at(AT_FDCWD, upath, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);

    if (IS_ERR(d))
        return PTR_ERR(d);
    set_place(current->fs, &current->fs->cwd, d);
    return 0;
}

SYSCALL1(fchdir, int, fd)
{
    struct file *f = fget_path(fd);
    int err = 0;

    if (!f)
        return -EBADF;
    if (S_ISDIR(f->f_inode->i_mode))
        set_place(current->fs, &current->fs->cwd, dget(f->f_dentry));
    else
        err = -ENOTDIR;
    fput(f);
    return err;
}

SYSCALL1(chroot, uaddr_t, upath)
{
    struct dentry *d = lookup_at(AT_FDCWD, upath, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);

    if (IS_ERR(d))
        return PTR_ERR(d);
    set_place(current->fs, &current->fs->root, d);
    return 0;
}

SYSCALL1(umask, unsigned, mask)
{
    struct fs_struct *fs = current->fs;
    unsigned old = fs->umask;

    fs->umask = mask & S_IRWXUGO;
    return old;
}

/* The length with its terminator, as the C library's getcwd() expects. */
SYSCALL2(getcwd, uaddr_t, ubuf, size_t, size)
{
    struct dentry *cwd, *root;
    char *buf, *path;
    long ret;

    buf = kmalloc(PATH_MAX, GFP_KERNEL);
    if (!buf)
        return -ENOMEM;
    cwd = fs_cwd(current->fs);
    root = fs_root(current->fs);
    path = d_path_from(cwd, root, buf, PATH_MAX);
    if (READ_ONCE(cwd->d_unlinked)) {
        ret = -ENOENT;
    } else if (!path) {
        ret = -ENAMETOOLONG;
    } else {
        ret = buf + PATH_MAX - path;
        if ((size_t)ret > size)
            ret = -ERANGE;
        else if (copy_to_user(ubuf, path, (size_t)ret))
            ret = -EFAULT;
    }
    dput(root);
    dput(cwd);
    kfree(buf);
    return ret;
}
