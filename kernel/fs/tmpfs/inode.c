/* SPDX-License-Identifier: MIT */
/* Inodes of tmpfs: each is made once, counted in its volume, and goes with its last reference. */
#include "kernel/fs/shmem.h"
#include "kernel/fs/tmpfs/tmpfs.h"
#include "kernel/panic.h"

static struct kmem_cache *inode_cache;

void tmpfs_inode_init(void)
{
    inode_cache = kmem_cache_create("tmpfs_inode", sizeof(struct tmpfs_inode), 0);
    if (!inode_cache)
        panic("no memory for the cache of tmpfs inodes");
}

struct inode *tmpfs_alloc_inode(struct super_block *sb)
{
    struct tmpfs_inode *info = kmem_cache_alloc(inode_cache, GFP_USER | GFP_ZERO);

    (void)sb;
    if (!info)
        return NULL;
    list_init(&info->entries);
    return &info->vfs;
}

void tmpfs_free_inode(struct inode *inode)
{
    struct tmpfs_inode *info = tmpfs_inode(inode);

    kfree(info->target);
    if (S_ISLNK(inode->i_mode) && inode->i_blocks)
        tmpfs_uncharge_page(inode->i_sb);
    tmpfs_uncharge_inode(inode->i_sb);
    kmem_cache_free(inode_cache, info);
}

static void set_operations(struct inode *inode)
{
    switch (inode->i_mode & S_IFMT) {
    case S_IFREG:
        inode->i_op = &tmpfs_file_inode_operations;
        inode->i_fop = &tmpfs_file_operations;
        inode->i_data.ops = &tmpfs_aops;
        tmpfs_inode(inode)->seals = F_SEAL_SEAL;
        break;
    case S_IFDIR:
        inode->i_op = &tmpfs_dir_inode_operations;
        inode->i_fop = &tmpfs_dir_operations;
        inode->i_nlink = 2;
        inode->i_size = 2 * TMPFS_DIRENT_SIZE;
        break;
    case S_IFLNK:
        inode->i_op = &tmpfs_symlink_inode_operations;
        break;
    default: /* devices, fifos, sockets: the VFS knows what to do */
        break;
    }
}

struct inode *tmpfs_new_inode(struct super_block *sb, unsigned mode, dev_t rdev)
{
    int err = tmpfs_charge_inode(sb);
    struct inode *inode;

    if (err)
        return ERR_PTR(err);
    inode = new_inode(sb);
    if (!inode) {
        tmpfs_uncharge_inode(sb);
        return ERR_PTR(-ENOMEM);
    }
    inode->i_ino = atomic_fetch_add(&tmpfs_volume(sb)->last_ino, 1) + 1;
    inode->i_mode = mode;
    inode->i_rdev = rdev;
    set_operations(inode);
    return inode;
}
