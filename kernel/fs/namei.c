/* SPDX-License-Identifier: MIT */
/*
 * Walking a path, one component at a time.
 *
 * A walk stands in a directory (struct walk's dir) and eats components from `rest`. A symbolic
 * link's text is put in front of what remains, and the walk goes on: no recursion, any nesting, at
 * most MAX_SYMLINKS of them. A magic link moves the walk to its target instead.
 *
 * walk_parent() stops before the last component, since what happens to that depends on the call: it
 * is opened, made, removed. Those that follow a link at the end loop:
 *
 *     walk_parent(); d = walk_last(); if it is a link: walk_follow(d), again
 *
 * No lock is held from one component to the next; a directory's i_lock is held during its lookup.
 */
#include "kernel/fs/internal.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/slab.h"

char *getname(uaddr_t upath)
{
    char *path = kmalloc(PATH_MAX, GFP_KERNEL);
    ssize_t n;

    if (!path)
        return ERR_PTR(-ENOMEM);
    n = strncpy_from_user(path, upath, PATH_MAX);
    if (n > 0)
        return path;
    kfree(path);
    return ERR_PTR(n == 0 ? -ENOENT : n);
}

struct dentry *lookup_locked(struct dentry *dir, const char *name, size_t len)
{
    struct dentry *d = d_lookup(dir, name, len);
    struct inode *inode;
    int err;

    if (d)
        return d;
    if (!dir->d_inode->i_op->lookup)
        return ERR_PTR(-ENOTDIR);
    if (len > NAME_MAX)
        return ERR_PTR(-ENAMETOOLONG);
    err = dir->d_inode->i_op->lookup(dir->d_inode, name, len, &inode);
    if (err)
        return ERR_PTR(err);
    /* A damaged directory that holds itself: its i_lock would be taken twice. */
    d = inode == dir->d_inode ? ERR_PTR(-EUCLEAN) : d_obtain(dir, name, len, inode);
    iput(inode);
    return d ? d : ERR_PTR(-ENOMEM);
}

int dir_may_change(struct inode *dir)
{
    if (dir->i_nlink == 0)
        return -ENOENT;
    return dir->i_sb->read_only ? -EROFS : 0;
}

static int walk_begin(struct walk *w, struct dentry *root, struct dentry *dir, const char *path)
{
    *w = (struct walk){.root = root, .dir = dir, .rest = path};
    return 0;
}

int walk_start(struct walk *w, struct dentry *base, const char *path)
{
    struct dentry *root;

    if (*path == '\0')
        return -ENOENT;
    root = fs_root(current->fs);
    if (*path == '/')
        return walk_begin(w, root, dget(root), path);
    return walk_begin(w, root, base ? dget(base) : fs_cwd(current->fs), path);
}

int walk_start_at(struct walk *w, int dfd, const char *path)
{
    struct file *f;
    int err;

    if (*path == '/' || dfd == AT_FDCWD)
        return walk_start(w, NULL, path);
    f = fget_path(dfd);
    if (!f)
        return -EBADF;
    if (S_ISDIR(f->f_inode->i_mode))
        err = walk_start(w, f->f_dentry, path);
    else
        err = -ENOTDIR;
    fput(f);
    return err;
}

void walk_end(struct walk *w)
{
    dput(w->dir);
    dput(w->root);
    kfree(w->buf);
}

struct dentry *walk_last(struct walk *w)
{
    struct dentry *dir = w->dir, *d;

    switch (w->type) {
    case LAST_SELF:
    case LAST_DOT:
        return dget(dir);
    case LAST_DOTDOT:
        return d_dotdot(dir, w->root);
    default:
        d = d_lookup(dir, w->name, w->len);
        if (!d) {
            mutex_lock(&dir->d_inode->i_lock);
            d = lookup_locked(dir, w->name, w->len);
            mutex_unlock(&dir->d_inode->i_lock);
        }
        return IS_ERR(d) ? d : d_cross_mounts(d);
    }
}

/* The link's text and what remains after it, in new memory that *w then owns. */
static int read_link(struct walk *w, struct inode *link)
{
    size_t rest = strlen(w->rest);
    ssize_t n;
    char *buf;

    if (!link->i_op->readlink)
        return -EINVAL;
    buf = kmalloc(PATH_MAX + rest + 2, GFP_KERNEL);
    if (!buf)
        return -ENOMEM;
    n = link->i_op->readlink(link, buf, PATH_MAX);
    if (n == 0)
        n = -ENOENT;
    else if (n == PATH_MAX)
        n = -ENAMETOOLONG;
    if (n < 0) {
        kfree(buf);
        return (int)n;
    }
    if (rest > 0)
        buf[n++] = '/';
    memcpy(buf + n, w->rest, rest + 1);
    kfree(w->buf);
    w->rest = w->buf = buf;
    return 0;
}

static void walk_to(struct walk *w, struct dentry *d)
{
    dput(w->dir);
    w->dir = d;
}

int walk_follow(struct walk *w, struct dentry *link)
{
    struct inode *inode = link->d_inode;
    struct dentry *target;
    int err = 0;

    if (++w->links > MAX_SYMLINKS) {
        err = -ELOOP;
    } else if (inode->i_op->follow) {
        target = inode->i_op->follow(inode);
        if (IS_ERR(target))
            err = (int)PTR_ERR(target);
        else
            walk_to(w, target);
    } else {
        err = read_link(w, inode);
        if (!err && *w->rest == '/')
            walk_to(w, dget(w->root));
    }
    dput(link);
    return err;
}

/* Describes the component at the start of `rest` and moves behind it. */
static int next_component(struct walk *w)
{
    const char *name = w->rest, *end;

    while (*name == '/')
        name++;
    for (end = name; *end && *end != '/'; end++)
        ;
    w->name = name;
    w->len = (size_t)(end - name);
    w->rest = end;
    while (*w->rest == '/')
        w->rest++;

    if (w->len == 0)
        w->type = LAST_SELF;
    else if (w->len == 1 && name[0] == '.')
        w->type = LAST_DOT;
    else if (w->len == 2 && name[0] == '.' && name[1] == '.')
        w->type = LAST_DOTDOT;
    else
        w->type = LAST_NAME;

    if (w->type != LAST_SELF && !S_ISDIR(w->dir->d_inode->i_mode))
        return -ENOTDIR;
    return 0;
}

int walk_parent(struct walk *w)
{
    for (;;) {
        struct dentry *d;
        int err = next_component(w);

        if (err)
            return err;
        if (*w->rest == '\0') {
            if (w->len > 0 && w->name[w->len] == '/')
                w->slash = true;
            return 0;
        }
        d = walk_last(w);
        if (IS_ERR(d))
            return (int)PTR_ERR(d);
        if (S_ISLNK(d->d_inode->i_mode)) {
            err = walk_follow(w, d);
            if (err)
                return err;
        } else {
            walk_to(w, d);
        }
    }
}

/* To the end of the path, as `flags` say. */
static struct dentry *walk_whole(struct walk *w, unsigned flags)
{
    for (;;) {
        struct dentry *d;
        int err = walk_parent(w);

        if (err)
            return ERR_PTR(err);
        d = walk_last(w);
        if (IS_ERR(d))
            return d;
        if (S_ISLNK(d->d_inode->i_mode) && w->type == LAST_NAME &&
            (flags & LOOKUP_FOLLOW || w->slash)) {
            err = walk_follow(w, d);
            if (err)
                return ERR_PTR(err);
            continue;
        }
        if ((flags & LOOKUP_DIRECTORY || w->slash) && !S_ISDIR(d->d_inode->i_mode)) {
            dput(d);
            return ERR_PTR(-ENOTDIR);
        }
        return d;
    }
}

struct dentry *path_lookup(struct dentry *base, const char *path, unsigned flags)
{
    struct dentry *d;
    struct walk w;
    int err;

    err = walk_start(&w, base, path);
    if (err)
        return ERR_PTR(err);
    d = walk_whole(&w, flags);
    walk_end(&w);
    return d;
}

/* What AT_EMPTY_PATH and "" mean. */
static struct dentry *lookup_fd(int dfd)
{
    struct dentry *d;
    struct file *f;

    if (dfd == AT_FDCWD)
        return fs_cwd(current->fs);
    f = fget_path(dfd);
    if (!f)
        return ERR_PTR(-EBADF);
    d = dget(f->f_dentry);
    fput(f);
    return d;
}

struct dentry *lookup_at(int dfd, uaddr_t upath, unsigned flags)
{
    char *path = getname(upath);
    struct dentry *d;
    struct walk w;
    int err;

    if (IS_ERR(path)) {
        if (PTR_ERR(path) == -ENOENT && flags & LOOKUP_EMPTY)
            return lookup_fd(dfd);
        return ERR_PTR(PTR_ERR(path));
    }
    err = walk_start_at(&w, dfd, path);
    if (err) {
        kfree(path);
        return ERR_PTR(err);
    }
    d = walk_whole(&w, flags);
    walk_end(&w);
    kfree(path);
    return d;
}

struct dentry *lookup_by(int dfd, uaddr_t upath, unsigned at_flags)
{
    unsigned follow = at_flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;

    return lookup_at(dfd, upath, follow | (at_flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0));
}
