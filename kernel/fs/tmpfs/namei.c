/* SPDX-License-Identifier: MIT */
/*
 * The operations on names in tmpfs. The VFS holds the directory's i_lock, and has checked types,
 * and that a new name is free. A directory's i_nlink is 2 and one for each directory in it.
 */
#include "kernel/fs/tmpfs/tmpfs.h"

/* A symbolic link's text counts as a page of its volume from this length on. */
#define LONG_TARGET 128

static int tmpfs_lookup(struct inode *dir, const char *name, size_t len, struct inode **out)
{
    struct tmpfs_entry *entry = tmpfs_find_entry(dir, name, len);

    if (!entry)
        return -ENOENT;
    ihold(entry->inode);
    *out = entry->inode;
    return 0;
}

static int tmpfs_create(struct inode *dir, const char *name, size_t len, unsigned mode, dev_t rdev,
                        struct inode **out)
{
    struct inode *inode = tmpfs_new_inode(dir->i_sb, mode, rdev);
    int err;

    if (IS_ERR(inode))
        return (int)PTR_ERR(inode);
    err = tmpfs_add_entry(dir, name, len, inode);
    if (err)
        iput(inode);
    else
        *out = inode;
    return err;
}

static int tmpfs_mkdir(struct inode *dir, const char *name, size_t len, unsigned mode)
{
    struct inode *inode = NULL;
    int err = tmpfs_create(dir, name, len, mode, 0, &inode);

    if (err)
        return err;
    dir->i_nlink++;
    iput(inode);
    return 0;
}

static int set_target(struct inode *inode, const char *target)
{
    size_t len = strlen(target);
    int err = len < LONG_TARGET ? 0 : tmpfs_charge_page(inode->i_sb);

    if (err)
        return err;
    if (len >= LONG_TARGET)
        inode->i_blocks = SECTORS_PER_PAGE;
    inode->i_size = (loff_t)len;
    tmpfs_inode(inode)->target = kstrdup(target, GFP_USER);
    return tmpfs_inode(inode)->target ? 0 : -ENOMEM;
}

static int tmpfs_symlink(struct inode *dir, const char *name, size_t len, const char *target)
{
    struct inode *inode;
    int err;

    if (!*target)
        return -ENOENT;
    inode = tmpfs_new_inode(dir->i_sb, S_IFLNK | S_IRWXUGO, 0);
    if (IS_ERR(inode))
        return (int)PTR_ERR(inode);
    err = set_target(inode, target);
    if (!err)
        err = tmpfs_add_entry(dir, name, len, inode);
    iput(inode);
    return err;
}

static ssize_t tmpfs_readlink(struct inode *inode, char *buf, size_t size)
{
    size_t n = min(size, (size_t)inode->i_size);

    memcpy(buf, tmpfs_inode(inode)->target, n);
    return (ssize_t)n;
}

static int tmpfs_link(struct inode *dir, const char *name, size_t len, struct inode *inode)
{
    int err = tmpfs_charge_inode(dir->i_sb);

    if (err)
        return err;
    err = tmpfs_add_entry(dir, name, len, inode);
    if (err) {
        tmpfs_uncharge_inode(dir->i_sb);
        return err;
    }
    inode->i_nlink++;
    inode->i_ctime = current_time();
    return 0;
}

/* One name less; all but the last were counted for themselves. */
static void drop_link(struct inode *inode)
{
    inode->i_nlink--;
    inode->i_ctime = current_time();
    if (inode->i_nlink > 0)
        tmpfs_uncharge_inode(inode->i_sb);
}

static int tmpfs_unlink(struct inode *dir, const char *name, size_t len, struct inode *inode)
{
    struct tmpfs_entry *entry = tmpfs_find_entry(dir, name, len);

    if (!entry || entry->inode != inode)
        return -ENOENT;
    tmpfs_remove_entry(dir, entry);
    drop_link(inode);
    return 0;
}

static bool dir_is_empty(struct inode *dir)
{
    return list_empty(&tmpfs_inode(dir)->entries);
}

static int tmpfs_rmdir(struct inode *dir, const char *name, size_t len, struct inode *inode)
{
    struct tmpfs_entry *entry = tmpfs_find_entry(dir, name, len);

    if (!entry || entry->inode != inode)
        return -ENOENT;
    if (!dir_is_empty(inode))
        return -ENOTEMPTY;
    tmpfs_remove_entry(dir, entry);
    inode->i_nlink = 0;
    dir->i_nlink--;
    return 0;
}

/* The entry `at` leads to the new inode from now on, and what it led to has lost a name. */
static void replace(struct inode *dir, struct tmpfs_entry *at, struct inode *inode)
{
    struct inode *victim = at->inode;

    ihold(inode);
    at->inode = inode;
    if (S_ISDIR(victim->i_mode)) {
        victim->i_nlink = 0;
        dir->i_nlink--;
    } else {
        drop_link(victim);
    }
    tmpfs_touch(dir);
    iput(victim); /* not the last: the VFS has one */
}

static int tmpfs_rename(struct inode *old_dir, const char *old_name, size_t old_len,
                        struct inode *inode, struct inode *new_dir, const char *new_name,
                        size_t new_len, struct inode *victim)
{
    struct tmpfs_entry *from = tmpfs_find_entry(old_dir, old_name, old_len);
    struct tmpfs_entry *to = victim ? tmpfs_find_entry(new_dir, new_name, new_len) : NULL;

    if (!from || from->inode != inode || (victim && (!to || to->inode != victim)))
        return -ENOENT;
    if (victim && S_ISDIR(victim->i_mode) && !dir_is_empty(victim))
        return -ENOTEMPTY;
    if (to) {
        replace(new_dir, to, inode);
    } else {
        int err = tmpfs_add_entry(new_dir, new_name, new_len, inode);
        if (err)
            return err;
    }
    tmpfs_remove_entry(old_dir, from);
    if (S_ISDIR(inode->i_mode)) {
        old_dir->i_nlink--;
        new_dir->i_nlink++;
    }
    inode->i_ctime = current_time();
    return 0;
}

const struct inode_operations tmpfs_dir_inode_operations = {
    .lookup = tmpfs_lookup,
    .create = tmpfs_create,
    .mkdir = tmpfs_mkdir,
    .symlink = tmpfs_symlink,
    .link = tmpfs_link,
    .unlink = tmpfs_unlink,
    .rmdir = tmpfs_rmdir,
    .rename = tmpfs_rename,
};

const struct inode_operations tmpfs_symlink_inode_operations = {.readlink = tmpfs_readlink};
