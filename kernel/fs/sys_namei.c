/* SPDX-License-Identifier: MIT */
/*
 * The system calls that make, link and remove names, and read symbolic links.
 *
 * Each finds the directory, takes its i_lock, looks whether the name is there, and only then asks
 * the file system; so the answer cannot change in between. What is removed is locked as well, after
 * its directory.
 */
#include "kernel/fs/internal.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/slab.h"

/* A name that is to be made. From make_begin() to make_end() the directory's i_lock is held. */
struct making {
    char *path;
    struct walk w;
    struct inode *dir;
};

/* A trailing slash is a directory's right; another kind of file cannot get such a name. */
static int make_begin(struct making *m, int dfd, uaddr_t upath, bool is_dir)
{
    struct walk *w = &m->w;
    struct dentry *d;
    int err;

    m->path = getname(upath);
    if (IS_ERR(m->path))
        return (int)PTR_ERR(m->path);
    err = walk_start_at(w, dfd, m->path);
    if (err)
        goto out_path;
    err = walk_parent(w);
    if (!err && w->type != LAST_NAME)
        err = -EEXIST;
    if (err)
        goto out_walk;

    m->dir = w->dir->d_inode;
    mutex_lock(&m->dir->i_lock);
    d = lookup_locked(w->dir, w->name, w->len);
    if (!IS_ERR(d)) {
        dput(d);
        err = -EEXIST;
    } else if (PTR_ERR(d) != -ENOENT) {
        err = (int)PTR_ERR(d);
    } else {
        err = w->slash && !is_dir ? -ENOENT : dir_may_change(m->dir);
    }
    if (!err)
        return 0;
    mutex_unlock(&m->dir->i_lock);
out_walk:
    walk_end(w);
out_path:
    kfree(m->path);
    return err;
}

static void make_end(struct making *m)
{
    mutex_unlock(&m->dir->i_lock);
    walk_end(&m->w);
    kfree(m->path);
}

SYSCALL3(mkdirat, int, dfd, uaddr_t, upath, unsigned, mode)
{
    struct making m;
    int err = make_begin(&m, dfd, upath, true);

    if (err)
        return err;
    mode &= (S_IRWXUGO | S_ISVTX) & ~current->fs->umask;
    if (m.dir->i_op->mkdir)
        err = m.dir->i_op->mkdir(m.dir, m.w.name, m.w.len, S_IFDIR | mode);
    else
        err = -EPERM;
    make_end(&m);
    return err;
}

SYSCALL4(mknodat, int, dfd, uaddr_t, upath, unsigned, mode, uint64_t, dev)
{
    struct inode *inode;
    struct making m;
    int err;

    switch (mode & S_IFMT) {
    case 0:
        mode |= S_IFREG;
        break;
    case S_IFREG:
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
        break;
    case S_IFDIR:
        return -EPERM;
    default:
        return -EINVAL;
    }
    err = make_begin(&m, dfd, upath, false);
    if (err)
        return err;
    mode &= S_IFMT | (S_IALLUGO & ~current->fs->umask);
    if (!S_ISCHR(mode) && !S_ISBLK(mode))
        dev = 0;
    if (m.dir->i_op->create)
        err = m.dir->i_op->create(m.dir, m.w.name, m.w.len, mode, (dev_t)dev, &inode);
    else
        err = -EPERM;
    if (!err)
        iput(inode);
    make_end(&m);
    return err;
}

SYSCALL3(symlinkat, uaddr_t, utarget, int, dfd, uaddr_t, upath)
{
    char *target = getname(utarget);
    struct making m;
    int err;

    if (IS_ERR(target))
        return PTR_ERR(target);
    err = make_begin(&m, dfd, upath, false);
    if (!err) {
        if (m.dir->i_op->symlink)
            err = m.dir->i_op->symlink(m.dir, m.w.name, m.w.len, target);
        else
            err = -EPERM;
        make_end(&m);
    }
    kfree(target);
    return err;
}

static int link_inode(struct making *m, struct inode *inode)
{
    struct inode *dir = m->dir;
    int err;

    if (inode->i_sb != dir->i_sb)
        return -EXDEV;
    if (S_ISDIR(inode->i_mode) || !dir->i_op->link)
        return -EPERM;
    mutex_lock_nested(&inode->i_lock);
    /* The last name went away since the walk: what is gone stays gone. */
    if (inode->i_nlink == 0)
        err = -ENOENT;
    else
        err = dir->i_op->link(dir, m->w.name, m->w.len, inode);
    mutex_unlock(&inode->i_lock);
    return err;
}

SYSCALL5(linkat, int, old_dfd, uaddr_t, old_path, int, new_dfd, uaddr_t, new_path, int, flags)
{
    unsigned lookup = 0;
    struct dentry *old;
    struct making m;
    int err;

    if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    if (flags & AT_SYMLINK_FOLLOW)
        lookup |= LOOKUP_FOLLOW;
    if (flags & AT_EMPTY_PATH)
        lookup |= LOOKUP_EMPTY;
    old = lookup_at(old_dfd, old_path, lookup);
    if (IS_ERR(old))
        return PTR_ERR(old);
    err = make_begin(&m, new_dfd, new_path, false);
    if (!err) {
        err = link_inode(&m, old->d_inode);
        make_end(&m);
    }
    dput(old);
    return err;
}

/* The directory's i_lock is held. */
static int remove_name(struct walk *w, struct dentry *d, bool rmdir)
{
    struct inode *dir = w->dir->d_inode, *inode = d->d_inode;
    int (*remove)(struct inode *, const char *, size_t, struct inode *);
    int err;

    if (rmdir && !S_ISDIR(inode->i_mode))
        return -ENOTDIR;
    if (!rmdir && S_ISDIR(inode->i_mode))
        return -EISDIR;
    if (!rmdir && w->slash)
        return -ENOTDIR;
    if (d_is_mountpoint(d))
        return -EBUSY;
    err = dir_may_change(dir);
    if (err)
        return err;
    remove = rmdir ? dir->i_op->rmdir : dir->i_op->unlink;
    if (!remove)
        return -EPERM;

    mutex_lock_nested(&inode->i_lock);
    err = remove(dir, w->name, w->len, inode);
    mutex_unlock(&inode->i_lock);
    if (!err)
        d_drop(d);
    return err;
}

static int remove_at(struct walk *w, bool rmdir)
{
    struct mutex *lock;
    struct dentry *d;
    int err = walk_parent(w);

    if (err)
        return err;
    if (w->type == LAST_SELF)
        return rmdir ? -EBUSY : -EISDIR;
    if (w->type == LAST_DOT)
        return rmdir ? -EINVAL : -EISDIR;
    if (w->type == LAST_DOTDOT)
        return rmdir ? -ENOTEMPTY : -EISDIR;

    lock = &w->dir->d_inode->i_lock;
    mutex_lock(lock);
    d = lookup_locked(w->dir, w->name, w->len);
    err = IS_ERR(d) ? (int)PTR_ERR(d) : remove_name(w, d, rmdir);
    mutex_unlock(lock);
    /* Only now: the last reference may have to free all of a file's blocks. */
    if (!IS_ERR(d))
        dput(d);
    return err;
}

SYSCALL3(unlinkat, int, dfd, uaddr_t, upath, int, flags)
{
    struct walk w;
    char *path;
    int err;

    if (flags & ~AT_REMOVEDIR)
        return -EINVAL;
    path = getname(upath);
    if (IS_ERR(path))
        return PTR_ERR(path);
    err = walk_start_at(&w, dfd, path);
    if (!err) {
        err = remove_at(&w, flags & AT_REMOVEDIR);
        walk_end(&w);
    }
    kfree(path);
    return err;
}

static long read_link_to_user(struct inode *inode, uaddr_t ubuf, size_t size)
{
    char *buf;
    long n;

    if (!S_ISLNK(inode->i_mode) || !inode->i_op->readlink)
        return -EINVAL;
    buf = kmalloc(PATH_MAX, GFP_KERNEL);
    if (!buf)
        return -ENOMEM;
    n = inode->i_op->readlink(inode, buf, min(size, (size_t)PATH_MAX));
    if (n > 0 && copy_to_user(ubuf, buf, (size_t)n))
        n = -EFAULT;
    kfree(buf);
    return n;
}

SYSCALL4(readlinkat, int, dfd, uaddr_t, upath, uaddr_t, ubuf, int, size)
{
    struct dentry *d;
    char first;
    long n;

    if (size <= 0)
        return -EINVAL;
    /* "" is the link that dfd was opened on, with O_PATH and O_NOFOLLOW; else it is no path. */
    if (get_user(first, upath))
        return -EFAULT;
    d = lookup_at(dfd, upath, LOOKUP_EMPTY);
    if (IS_ERR(d))
        return PTR_ERR(d);
    if (first == '\0' && !S_ISLNK(d->d_inode->i_mode))
        n = -ENOENT;
    else
        n = read_link_to_user(d->d_inode, ubuf, (size_t)size);
    dput(d);
    return n;
}
