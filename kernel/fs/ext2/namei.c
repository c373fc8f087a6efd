/* SPDX-License-Identifier: MIT */
/*
 * The operations on names: lookup, create, mkdir, link, unlink, rmdir. The VFS holds the
 * directory's i_lock, and has checked types, and that a new name is free.
 */
#include "kernel/fs/ext2/ext2.h"

/*
 * A directory found under a name has that name's directory as its "..". This keeps what can be
 * reached from the root a tree, whatever the disk says: the order in which the VFS locks parent and
 * child depends on it.
 */
static int check_parent(struct inode *dir, struct inode *child)
{
    struct ext2_entry dotdot;
    int err;

    if (child == dir)
        return ext2_damage(ext2_volume(dir->i_sb), "directory %llu: contains itself",
                           (unsigned long long)dir->i_ino);
    err = ext2_find_dotdot(child, &dotdot);
    if (err)
        return err;
    put_page(dotdot.page);
    if (dotdot.ino == dir->i_ino)
        return 0;
    return ext2_damage(ext2_volume(dir->i_sb), "directory %llu: its \"..\" is %u, its parent %llu",
                       (unsigned long long)child->i_ino, dotdot.ino,
                       (unsigned long long)dir->i_ino);
}

static int ext2_lookup(struct inode *dir, const char *name, size_t len, struct inode **out)
{
    struct ext2_entry entry;
    struct inode *inode;
    int err = ext2_find_entry(dir, name, len, &entry);

    if (err)
        return err;
    put_page(entry.page);
    inode = ext2_iget(dir->i_sb, entry.ino);
    if (IS_ERR(inode))
        return (int)PTR_ERR(inode);
    if (!inode->i_nlink)
        err = ext2_damage(ext2_volume(dir->i_sb), "inode %llu: more names than it counts",
                          (unsigned long long)inode->i_ino);
    else if (S_ISDIR(inode->i_mode) && !(len <= 2 && !memcmp(name, "..", len)))
        err = check_parent(dir, inode);
    if (err)
        iput(inode);
    else
        *out = inode;
    return err;
}

/* The last reference to an inode that got no name: it goes, with all it has. */
static void discard(struct inode *inode)
{
    ext2_clear_nlink(inode);
    iput(inode);
}

static int ext2_create(struct inode *dir, const char *name, size_t len, unsigned mode, dev_t rdev,
                       struct inode **out)
{
    struct inode *inode = ext2_new_inode(dir, mode, rdev);
    int err;

    if (IS_ERR(inode))
        return (int)PTR_ERR(inode);
    err = ext2_add_entry(dir, name, len, inode);
    if (err)
        discard(inode);
    else
        *out = inode;
    return err;
}

static int ext2_mkdir(struct inode *dir, const char *name, size_t len, unsigned mode)
{
    struct inode *inode;
    int err = ext2_change_nlink(dir, 1); /* for the new directory's ".." */

    if (err)
        return err;
    inode = ext2_new_inode(dir, (mode & ~(unsigned)S_IFMT) | S_IFDIR, 0);
    if (IS_ERR(inode)) {
        ext2_change_nlink(dir, -1);
        return (int)PTR_ERR(inode);
    }
    err = ext2_make_empty(inode, dir);
    if (!err)
        err = ext2_add_entry(dir, name, len, inode);
    if (err) {
        ext2_change_nlink(dir, -1);
        discard(inode);
        return err;
    }
    iput(inode);
    return 0;
}

static int ext2_link(struct inode *dir, const char *name, size_t len, struct inode *inode)
{
    int err = ext2_change_nlink(inode, 1);

    if (err)
        return err;
    err = ext2_add_entry(dir, name, len, inode);
    if (err)
        ext2_change_nlink(inode, -1);
    return err;
}

/* Removes the name if it still leads to the inode. */
static int remove_name(struct inode *dir, const char *name, size_t len, struct inode *inode)
{
    struct ext2_entry entry;
    int err = ext2_find_entry(dir, name, len, &entry);

    if (err)
        return err;
    if (entry.ino == inode->i_ino)
        ext2_remove_entry(dir, &entry);
    else
        err = -ENOENT;
    put_page(entry.page);
    return err;
}

static int ext2_unlink(struct inode *dir, const char *name, size_t len, struct inode *inode)
{
    int err = dir->i_sb->read_only ? -EROFS : remove_name(dir, name, len, inode);

    if (!err)
        err = ext2_change_nlink(inode, -1);
    return err;
}

static int ext2_rmdir(struct inode *dir, const char *name, size_t len, struct inode *inode)
{
    int err = dir->i_sb->read_only ? -EROFS : ext2_check_empty(inode);

    if (!err)
        err = remove_name(dir, name, len, inode);
    if (err)
        return err;
    ext2_clear_nlink(inode);
    return ext2_change_nlink(dir, -1); /* its ".." */
}

const struct inode_operations ext2_dir_inode_operations = {
    .lookup = ext2_lookup,
    .create = ext2_create,
    .mkdir = ext2_mkdir,
    .symlink = ext2_symlink,
    .link = ext2_link,
    .unlink = ext2_unlink,
    .rmdir = ext2_rmdir,
    .rename = ext2_rename,
};
