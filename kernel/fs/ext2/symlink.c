/* SPDX-License-Identifier: MIT */
/*
 * Symbolic links: a text shorter than i_block lies in the inode itself, a longer one is the
 * contents of the link's only block.
 */
#include "kernel/fs/ext2/ext2.h"

bool ext2_symlink_has_block(struct inode *inode)
{
    uint64_t attributes = ext2_info(inode)->xattr_block ? EXT2_SECTORS_PER_BLOCK : 0;

    return S_ISLNK(inode->i_mode) && inode->i_blocks > attributes;
}

/* Gives the new link its text. */
static int write_target(struct inode *inode, const char *target, size_t len)
{
    struct page *page;
    uint8_t *base;

    if (len <= EXT2_FAST_SYMLINK_MAX) {
        memcpy(ext2_info(inode)->block, target, len);
    } else {
        page = ext2_grow(inode, 0);
        if (IS_ERR(page))
            return (int)PTR_ERR(page);
        base = kmap_local(page);
        memcpy(base, target, len);
        kunmap_local(base);
        mark_page_dirty(page);
        unlock_put_page(page);
    }
    inode->i_size = (loff_t)len;
    mark_inode_dirty(inode);
    return 0;
}

int ext2_symlink(struct inode *dir, const char *name, size_t len, const char *target)
{
    size_t target_len = strlen(target);
    struct inode *inode;
    int err;

    if (!target_len)
        return -ENOENT;
    if (target_len >= EXT2_BLOCK_SIZE)
        return -ENAMETOOLONG;
    inode = ext2_new_inode(dir, S_IFLNK | 0777, 0);
    if (IS_ERR(inode))
        return (int)PTR_ERR(inode);
    err = write_target(inode, target, target_len);
    if (!err)
        err = ext2_add_entry(dir, name, len, inode);
    if (err)
        ext2_clear_nlink(inode);
    iput(inode);
    return err;
}

ssize_t ext2_readlink(struct inode *inode, char *buf, size_t size)
{
    struct ext2_volume *vol = ext2_volume(inode->i_sb);
    size_t len = (size_t)inode->i_size;
    struct page *page;
    uint8_t *base;

    if (!ext2_symlink_has_block(inode) && len > EXT2_FAST_SYMLINK_MAX)
        return ext2_damage(vol, "symbolic link %llu: no text", (unsigned long long)inode->i_ino);
    size = min(size, len);
    if (!ext2_symlink_has_block(inode)) {
        memcpy(buf, ext2_info(inode)->block, size);
    } else {
        page = read_mapping_page(&inode->i_data, 0);
        if (IS_ERR(page))
            return PTR_ERR(page);
        base = kmap_local(page);
        memcpy(buf, base, size);
        kunmap_local(base);
        put_page(page);
    }
    if (memchr(buf, '\0', size))
        return ext2_damage(vol, "symbolic link %llu: its text has holes",
                           (unsigned long long)inode->i_ino);
    return (ssize_t)size;
}

const struct inode_operations ext2_symlink_inode_operations = {.readlink = ext2_readlink};
