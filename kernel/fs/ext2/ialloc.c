/* SPDX-License-Identifier: MIT */
/*
 * Allocation of inodes: in the directory's group, so that names, inodes and contents lie together,
 * or in the next group around the volume that has one free.
 *
 * A number is taken only if both its bit and the inode behind it say that it is free, so that one
 * wrong bit of a damaged bitmap cannot give one number to two files.
 */
#include "kernel/fs/ext2/ext2.h"

/* Zeroes the inode in its table: 0, 1 when it looks in use, or -errno. Volume's lock held. */
static int clear_inode(struct ext2_volume *vol, uint32_t number, uint32_t bit)
{
    uint32_t offset = bit * vol->inode_size; /* in the table */
    struct page *page =
        bread(vol->bdev, vol->groups[number].inode_table + offset / EXT2_BLOCK_SIZE);
    struct ext2_inode *raw;
    uint8_t *base;
    bool in_use;

    if (IS_ERR(page))
        return (int)PTR_ERR(page);
    base = kmap_local(page);
    raw = (struct ext2_inode *)(base + offset % EXT2_BLOCK_SIZE);
    in_use = raw->i_links_count != 0;
    if (!in_use) {
        memset(raw, 0, vol->inode_size);
        mark_page_dirty(page);
    }
    kunmap_local(base);
    put_page(page);
    return in_use;
}

/* 0, 1 when the group has none, or -errno. Volume's lock held. */
static int alloc_in_group(struct ext2_volume *vol, uint32_t number, uint64_t *ino)
{
    struct ext2_group *group = &vol->groups[number];

    while (group->free_inodes > 0) {
        uint32_t bit;
        int err = ext2_take_bit(vol, group->inode_bitmap, 0, vol->inodes_per_group, &bit);

        if (err < 0)
            return err;
        if (err > 0) {
            ext2_damage(vol, "group %u: no free inode of %u promised", number, group->free_inodes);
            vol->free_inodes -= group->free_inodes;
            group->free_inodes = 0;
            break;
        }
        *ino = (uint64_t)number * vol->inodes_per_group + bit + 1;
        err = *ino < vol->first_ino ? 1 : clear_inode(vol, number, bit);
        if (err < 0) {
            ext2_change_bit(vol, group->inode_bitmap, bit, false);
            return err;
        }
        if (err == 0)
            return 0;
        /* It stays marked as used, which it is. */
        ext2_damage(vol, "inode %llu: marked as free, but in use", (unsigned long long)*ino);
    }
    return 1;
}

static int alloc_ino(struct ext2_volume *vol, uint32_t first, bool is_dir, uint64_t *ino)
{
    int err = -ENOSPC;

    if (vol->sb->read_only)
        return -EROFS;
    mutex_lock(&vol->lock);
    for (uint32_t i = 0; i < vol->groups_count; i++) {
        uint32_t number = (uint32_t)(((uint64_t)first + i) % vol->groups_count);
        struct ext2_group *group = &vol->groups[number];
        int result = alloc_in_group(vol, number, ino);

        if (result > 0)
            continue;
        err = result;
        if (err == 0) {
            group->free_inodes--;
            group->used_dirs += is_dir;
            group->dirty = true;
            vol->free_inodes--;
        }
        break;
    }
    mutex_unlock(&vol->lock);
    return err;
}

void ext2_free_ino(struct ext2_volume *vol, uint64_t ino, bool is_dir)
{
    uint32_t number = ext2_inode_group(vol, ino);
    uint32_t bit = (uint32_t)(ino - 1) % vol->inodes_per_group;
    struct ext2_group *group = &vol->groups[number];
    int err;

    mutex_lock(&vol->lock);
    err = ext2_change_bit(vol, group->inode_bitmap, bit, false);
    if (err) {
        ext2_damage(vol, "inode %llu: cannot be marked as free (error %d)", (unsigned long long)ino,
                    err > 0 ? EUCLEAN : -err);
    } else {
        group->free_inodes++;
        if (is_dir && group->used_dirs)
            group->used_dirs--;
        group->dirty = true;
        vol->free_inodes++;
    }
    mutex_unlock(&vol->lock);
}

struct inode *ext2_new_inode(struct inode *dir, unsigned mode, dev_t rdev)
{
    struct ext2_volume *vol = ext2_volume(dir->i_sb);
    struct inode *inode;
    uint64_t ino;
    int err = alloc_ino(vol, ext2_inode_group(vol, dir->i_ino), S_ISDIR(mode), &ino);

    if (err)
        return ERR_PTR(err);
    inode = new_inode(dir->i_sb);
    if (!inode || IS_ERR(inode)) {
        ext2_free_ino(vol, ino, S_ISDIR(mode));
        return inode ? inode : ERR_PTR(-ENOMEM);
    }
    inode->i_ino = ino;
    inode->i_mode = mode;
    inode->i_nlink = S_ISDIR(mode) ? 2 : 1;
    inode->i_rdev = rdev;
    inode->i_atime = inode->i_mtime = inode->i_ctime = current_time();
    if (S_ISCHR(mode) || S_ISBLK(mode))
        ext2_encode_dev(ext2_info(inode)->block, MAJOR(rdev), MINOR(rdev));
    ext2_set_operations(inode);
    insert_inode(inode);
    mark_inode_dirty(inode);
    return inode;
}
