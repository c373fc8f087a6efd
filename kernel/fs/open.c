/* SPDX-License-Identifier: MIT */
/*
 * open(): from a path to a file.
 *
 * With O_CREAT the look for the name and the making of it happen under one hold of the directory's
 * i_lock, so that of two exclusive creators one loses. Everything runs as root, so modes are not
 * consulted; what can fail is the kind of file, a read-only file system, and a program that runs.
 */
#include "kernel/drivers/block.h"
#include "kernel/drivers/block.h"
#include "kernel/fs/internal.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/slab.h"

#define O_PATH_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static bool wants_write(unsigned flags)
{
    return (flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC;
}

/* i_lock of the directory held, the name is free. */
static struct dentry *create_file(struct walk *w, unsigned mode)
{
    struct inode *dir = w->dir->d_inode, *inode;
    struct dentry *d;
    int err = dir_may_change(dir);

    if (err)
        return ERR_PTR(err);
    if (!dir->i_op->create)
        return ERR_PTR(-EPERM);
    err = dir->i_op->create(dir, w->name, w->len, S_IFREG | (mode & S_IALLUGO), 0, &inode);
    if (err)
        return ERR_PTR(err);
    d = d_obtain(w->dir, w->name, w->len, inode);
    iput(inode);
    return d ? d : ERR_PTR(-ENOMEM);
}

/* The dentry at the end of the path; a link there is not followed. */
static struct dentry *open_last(struct walk *w, unsigned flags, unsigned mode, bool *created)
{
    struct mutex *lock = &w->dir->d_inode->i_lock;
    struct dentry *d;

    if (!(flags & O_CREAT) || w->type != LAST_NAME)
        return walk_last(w);
    if (w->slash)
        return ERR_PTR(-EISDIR);
    mutex_lock(lock);
    d = lookup_locked(w->dir, w->name, w->len);
    if (IS_ERR(d) && PTR_ERR(d) == -ENOENT) {
        d = create_file(w, mode);
        *created = !IS_ERR(d);
    }
    mutex_unlock(lock);
    return IS_ERR(d) ? d : d_cross_mounts(d);
}

/* Whether a file of this kind can be opened so; it was there before. */
static int may_open(struct inode *inode, const struct walk *w, unsigned flags)
{
    unsigned mode = inode->i_mode;

    if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        return -EEXIST;
    if (S_ISDIR(mode) && (flags & O_CREAT || wants_write(flags)))
        return -EISDIR;
    if (!S_ISDIR(mode) && (flags & O_DIRECTORY || w->slash))
        return -ENOTDIR;
    if (S_ISLNK(mode) && !(flags & O_PATH))
        return -ELOOP;
    if (S_ISREG(mode) && wants_write(flags) && inode->i_sb->read_only)
        return -EROFS;
    return 0;
}

/* Follows links at the end as `flags` say. */
static struct dentry *open_lookup(struct walk *w, unsigned flags, unsigned mode, bool *created)
{
    for (;;) {
        bool is_link, follow;
        struct dentry *d;
        int err = walk_parent(w);

        if (err)
            return ERR_PTR(err);
        d = open_last(w, flags, mode, created);
        if (IS_ERR(d) || *created)
            return d;
        is_link = S_ISLNK(d->d_inode->i_mode) && w->type == LAST_NAME;
        follow = w->slash || !(flags & (flags & O_CREAT ? O_NOFOLLOW | O_EXCL : O_NOFOLLOW));
        if (is_link && follow) {
            err = walk_follow(w, d);
            if (err)
                return ERR_PTR(err);
            continue;
        }
        err = may_open(d->d_inode, w, flags);
        if (err) {
            dput(d);
            return ERR_PTR(err);
        }
        return d;
    }
}

static const struct file_operations *fops_of(struct inode *inode, unsigned flags)
{
    if (flags & O_PATH)
        return &empty_fops;
    switch (inode->i_mode & S_IFMT) {
    case S_IFCHR:
        return chrdev_fops(inode->i_rdev);
    case S_IFIFO:
        return &fifo_fops;
    case S_IFBLK:
        return &blkdev_fops;
    case S_IFSOCK:
        return inode->i_fop == &empty_fops ? NULL : inode->i_fop;
    default:
        return inode->i_fop;
    }
}

/* Cuts a regular file that O_TRUNC was given for; it needs the right to write for that long. */
static int open_truncate(struct inode *inode)
{
    int err = get_write_access(inode);

    if (err)
        return err;
    err = do_truncate(inode, 0);
    put_write_access(inode);
    return err;
}

/* What opening does beyond making the file object. On failure f is still to be put. */
static int open_file(struct file *f, unsigned flags, bool created)
{
    const struct file_operations *fop = f->f_op;
    struct inode *inode = f->f_inode;
    bool regular = S_ISREG(inode->i_mode) && !(flags & O_PATH);
    int err = 0;

    if (regular && file_writable(f)) {
        err = get_write_access(inode);
        f->f_writer = !err;
    }
    if (!err && fop->open) {
        err = fop->open(inode, f);
        /* What was not opened is not released. */
        if (err)
            f->f_op = &empty_fops;
    }
    if (!err && regular && flags & O_TRUNC && !created)
        err = open_truncate(inode);
    return err;
}

static struct file *open_walk(struct walk *w, unsigned flags, unsigned mode)
{
    const struct file_operations *fop;
    bool created = false;
    struct dentry *d;
    struct file *f;
    int err;

    if (flags & O_PATH)
        flags &= O_PATH_FLAGS;
    else if (flags & O_TMPFILE)
        return ERR_PTR(-EOPNOTSUPP);
    if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
        return ERR_PTR(-EINVAL);
    d = open_lookup(w, flags, mode, &created);
    if (IS_ERR(d))
        return ERR_PTR(PTR_ERR(d));
    fop = fops_of(d->d_inode, flags);
    f = fop ? alloc_file(d, d->d_inode, flags, fop) : NULL;
    if (!f) {
        dput(d);
        return ERR_PTR(fop ? -ENOMEM : -ENXIO);
    }
    err = open_file(f, flags, created);
    if (err) {
        fput(f);
        return ERR_PTR(err);
    }
    return f;
}

struct file *filp_open(struct dentry *base, const char *path, unsigned flags, unsigned mode)
{
    struct file *f;
    struct walk w;
    int err;

    err = walk_start(&w, base, path);
    if (err)
        return ERR_PTR(err);
    f = open_walk(&w, flags, mode);
    walk_end(&w);
    return f;
}

SYSCALL4(openat, int, dfd, uaddr_t, upath, unsigned, flags, unsigned, mode)
{
    char *path = getname(upath);
    struct file *f;
    struct walk w;
    int fd, err;

    if (IS_ERR(path))
        return PTR_ERR(path);
    /* First the descriptor: with none left, nothing shall have been made or cut. */
    fd = fd_reserve(0, flags & O_CLOEXEC);
    if (fd < 0) {
        kfree(path);
        return fd;
    }
    err = walk_start_at(&w, dfd, path);
    if (!err) {
        f = open_walk(&w, flags, mode & ~current->fs->umask);
        if (IS_ERR(f))
            err = (int)PTR_ERR(f);
        else
            fd_fill(fd, f);
        walk_end(&w);
    }
    kfree(path);
    if (err) {
        fd_cancel(fd);
        return err;
    }
    return fd;
}
