/* SPDX-License-Identifier: MIT */
/*
 * renameat2(): moving a name.
 *
 * rename_lock (RANK_RENAME) is held throughout, so that the tree's shape stands still while it is
 * asked whether a directory would end up below itself, and only one task ever holds the i_locks of
 * two unrelated inodes. The order of the locks: of two directories the ancestor first, if one is,
 * else the one at the lower address; then the moved and the replaced inode by address. Everyone
 * else locks downwards in the tree, and none of the last two is above a directory (that was
 * refused), so no cycle of waiting can close.
 */
#include "kernel/fs/internal.h"
#include "kernel/string.h"
#include "kernel/syscall.h"
#include "mm/slab.h"

#define RENAME_NOREPLACE 1

static struct mutex rename_lock = MUTEX_INIT(rename_lock, "rename_lock", RANK_RENAME);

static void lock_two(struct inode *first, struct inode *second)
{
    mutex_lock_nested(&first->i_lock);
    if (second && second != first)
        mutex_lock_nested(&second->i_lock);
}

static void unlock_two(struct inode *a, struct inode *b)
{
    mutex_unlock(&a->i_lock);
    if (b && b != a)
        mutex_unlock(&b->i_lock);
}

static void lock_by_address(struct inode *a, struct inode *b)
{
    if (b && b < a)
        lock_two(b, a);
    else
        lock_two(a, b);
}

static void lock_directories(struct dentry *a, struct dentry *b)
{
    if (d_is_ancestor(a, b))
        lock_two(a->d_inode, b->d_inode);
    else if (d_is_ancestor(b, a))
        lock_two(b->d_inode, a->d_inode);
    else
        lock_by_address(a->d_inode, b->d_inode);
}

/* Whether `old` may take the place of `new` (NULL: of nothing). All that rename(2) refuses. */
static int may_rename(struct walk *ow, struct dentry *old, struct walk *nw, struct dentry *new,
                      unsigned flags)
{
    bool is_dir = S_ISDIR(old->d_inode->i_mode);
    int err;

    if (new &&flags & RENAME_NOREPLACE)
        return -EEXIST;
    if (!is_dir && (ow->slash || nw->slash))
        return -ENOTDIR;
    if (d_is_ancestor(old, nw->dir))
        return -EINVAL;
    if (new &&d_is_ancestor(new, ow->dir))
        return -ENOTEMPTY;
    err = dir_may_change(ow->dir->d_inode);
    if (!err)
        err = dir_may_change(nw->dir->d_inode);
    if (err)
        return err;
    if (new &&is_dir && !S_ISDIR(new->d_inode->i_mode))
        return -ENOTDIR;
    if (new && !is_dir && S_ISDIR(new->d_inode->i_mode))
        return -EISDIR;
    if (d_is_mountpoint(old) || (new &&d_is_mountpoint(new)))
        return -EBUSY;
    return ow->dir->d_inode->i_op->rename ? 0 : -EPERM;
}

static int do_rename(struct walk *ow, struct dentry *old, struct walk *nw, struct dentry *new)
{
    struct inode *victim = new ? new->d_inode : NULL;
    char *name = kmalloc(nw->len + 1, GFP_KERNEL);
    int err;

    if (!name)
        return -ENOMEM;
    memcpy(name, nw->name, nw->len);
    name[nw->len] = '\0';

    lock_by_address(old->d_inode, victim);
    err = ow->dir->d_inode->i_op->rename(ow->dir->d_inode, ow->name, ow->len, old->d_inode,
                                         nw->dir->d_inode, name, nw->len, victim);
    unlock_two(old->d_inode, victim);
    if (err) {
        kfree(name);
        return err;
    }
    if (new)
        d_drop(new);
    d_move(old, nw->dir, name, nw->len);
    return 0;
}

/* Both directories are locked. On success and failure *old and *new may hold references. */
static int rename_locked(struct walk *ow, struct walk *nw, unsigned flags, struct dentry **old,
                         struct dentry **new)
{
    struct dentry *d = lookup_locked(ow->dir, ow->name, ow->len);
    int err;

    if (IS_ERR(d))
        return (int)PTR_ERR(d);
    *old = d;
    d = lookup_locked(nw->dir, nw->name, nw->len);
    if (!IS_ERR(d))
        *new = d;
    else if (PTR_ERR(d) != -ENOENT)
        return (int)PTR_ERR(d);

    err = may_rename(ow, *old, nw, *new, flags);
    if (err)
        return err;
    /* Two names of one file: both stay. */
    if (*new && (*new)->d_inode == (*old)->d_inode)
        return 0;
    return do_rename(ow, *old, nw, *new);
}

static int rename_walks(struct walk *ow, struct walk *nw, unsigned flags)
{
    struct dentry *old = NULL, *new = NULL;
    int err;

    err = walk_parent(ow);
    if (!err)
        err = walk_parent(nw);
    if (err)
        return err;
    if (ow->dir->d_inode->i_sb != nw->dir->d_inode->i_sb)
        return -EXDEV;
    if (ow->type != LAST_NAME)
        return -EBUSY;
    if (nw->type != LAST_NAME)
        return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;

    mutex_lock(&rename_lock);
    lock_directories(ow->dir, nw->dir);
    err = rename_locked(ow, nw, flags, &old, &new);
    unlock_two(ow->dir->d_inode, nw->dir->d_inode);
    mutex_unlock(&rename_lock);
    dput(old);
    dput(new);
    return err;
}

SYSCALL5(renameat2, int, old_dfd, uaddr_t, uold, int, new_dfd, uaddr_t, unew, unsigned, flags)
{
    char *old_path, *new_path;
    struct walk ow, nw;
    int err;

    if (flags & ~RENAME_NOREPLACE)
        return -EINVAL;
    old_path = getname(uold);
    if (IS_ERR(old_path))
        return PTR_ERR(old_path);
    new_path = getname(unew);
    if (IS_ERR(new_path)) {
        kfree(old_path);
        return PTR_ERR(new_path);
    }
    err = walk_start_at(&ow, old_dfd, old_path);
    if (!err) {
        err = walk_start_at(&nw, new_dfd, new_path);
        if (!err) {
            err = rename_walks(&ow, &nw, flags);
            walk_end(&nw);
        }
        walk_end(&ow);
    }
    kfree(new_path);
    kfree(old_path);
    return err;
}
