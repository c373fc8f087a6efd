/* SPDX-License-Identifier: MIT */
/*
 * Inodes between the disk's table and memory.
 *
 * Several inodes share a block of the table. Each writes its own bytes only, under the volume's
 * lock, into the page in the device's cache.
 */
#include "kernel/fs/ext2/ext2.h"

static struct kmem_cache *inode_cache;

int ext2_init_inodes(void)
{
    inode_cache = kmem_cache_create("ext2_inode", sizeof(struct ext2_inode_info), 0);
    return inode_cache ? 0 : -ENOMEM;
}

static struct inode *ext2_alloc_inode(struct super_block *sb)
{
    struct ext2_inode_info *info = kmem_cache_alloc(inode_cache, GFP_KERNEL | GFP_ZERO);

    (void)sb;
    return info ? &info->vfs : NULL;
}

static void ext2_free_inode(struct inode *inode)
{
    kmem_cache_free(inode_cache, ext2_info(inode));
}

/* The page of the table that holds the inode, and where in it. `ino` is in range. */
static struct page *inode_page(struct ext2_volume *vol, uint64_t ino, uint32_t *offset)
{
    uint32_t bit = (uint32_t)(ino - 1) % vol->inodes_per_group;
    uint32_t group = ext2_inode_group(vol, ino);
    uint32_t in_table = bit * vol->inode_size;

    *offset = in_table % EXT2_BLOCK_SIZE;
    return ext2_bread_patiently(vol, vol->groups[group].inode_table + in_table / EXT2_BLOCK_SIZE);
}

/* Times on disk are signed seconds. */
static struct timespec time_from_disk(uint32_t seconds)
{
    return (struct timespec){.tv_sec = (int32_t)seconds};
}

void ext2_set_operations(struct inode *inode)
{
    inode->i_data.ops = &ext2_aops;
    switch (inode->i_mode & S_IFMT) {
    case S_IFREG:
        inode->i_op = &ext2_file_inode_operations;
        inode->i_fop = &ext2_file_operations;
        break;
    case S_IFDIR:
        inode->i_op = &ext2_dir_inode_operations;
        inode->i_fop = &ext2_dir_operations;
        break;
    case S_IFLNK:
        inode->i_op = &ext2_symlink_inode_operations;
        break;
    case S_IFBLK:
        inode->i_fop = &blkdev_fops;
        break;
    default: /* character devices, fifos, sockets: the VFS knows what to do */
        break;
    }
}

/* Whether what was read can be an inode. */
static bool attributes_sound(const struct inode *inode)
{
    if (!inode->i_nlink)
        return false;
    switch (inode->i_mode & S_IFMT) {
    case S_IFREG:
        return inode->i_size >= 0 && inode->i_size <= EXT2_MAX_SIZE;
    case S_IFDIR:
        return inode->i_size > 0 && inode->i_size % EXT2_BLOCK_SIZE == 0;
    case S_IFLNK:
        return inode->i_size > 0 && inode->i_size < EXT2_BLOCK_SIZE;
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
        return true;
    default:
        return false;
    }
}

static void copy_from_disk(struct inode *inode, const struct ext2_inode *raw)
{
    struct ext2_inode_info *info = ext2_info(inode);
    uint32_t major, minor;

    inode->i_mode = raw->i_mode;
    inode->i_nlink = raw->i_links_count;
    inode->i_uid = raw->i_uid | (uint32_t)raw->i_uid_high << 16;
    inode->i_gid = raw->i_gid | (uint32_t)raw->i_gid_high << 16;
    inode->i_size = raw->i_size;
    if (S_ISREG(raw->i_mode)) /* elsewhere the field has another meaning */
        inode->i_size |= (loff_t)((uint64_t)raw->i_size_high << 32);
    inode->i_blocks = raw->i_blocks;
    inode->i_atime = time_from_disk(raw->i_atime);
    inode->i_mtime = time_from_disk(raw->i_mtime);
    inode->i_ctime = time_from_disk(raw->i_ctime);
    memcpy(info->block, raw->i_block, sizeof(info->block));
    info->flags = raw->i_flags;
    info->xattr_block = raw->i_file_acl;
    if (S_ISCHR(raw->i_mode) || S_ISBLK(raw->i_mode)) {
        ext2_decode_dev(raw->i_block, &major, &minor);
        inode->i_rdev = MKDEV(major, minor);
    }
}

/* Fills in an inode whose i_ino is in range. */
static int ext2_read_inode(struct inode *inode)
{
    struct ext2_volume *vol = ext2_volume(inode->i_sb);
    uint32_t bit = (uint32_t)(inode->i_ino - 1) % vol->inodes_per_group, offset;
    int in_use =
        ext2_test_bit(vol, vol->groups[ext2_inode_group(vol, inode->i_ino)].inode_bitmap, bit);
    struct page *page;
    uint8_t *base;

    if (in_use < 0)
        return in_use;
    page = inode_page(vol, inode->i_ino, &offset);
    if (IS_ERR(page))
        return (int)PTR_ERR(page);
    base = kmap_local(page);
    copy_from_disk(inode, (struct ext2_inode *)(base + offset));
    kunmap_local(base);
    put_page(page);
    if (!in_use || !attributes_sound(inode))
        return ext2_damage(vol, "inode %llu: %s", (unsigned long long)inode->i_ino,
                           in_use ? "mode, size or link count make no sense"
                                  : "has a name, but is not marked as in use");
    ext2_set_operations(inode);
    return 0;
}

struct inode *ext2_iget(struct super_block *sb, uint64_t ino)
{
    struct ext2_volume *vol = ext2_volume(sb);

    if ((ino < vol->first_ino && ino != EXT2_ROOT_INO) || ino > vol->inodes_count)
        return ERR_PTR(ext2_damage(vol, "inode %llu: no such inode", (unsigned long long)ino));
    return iget(sb, ino, ext2_read_inode);
}

static void copy_to_disk(struct ext2_inode *raw, struct inode *inode)
{
    struct ext2_inode_info *info = ext2_info(inode);

    raw->i_mode = (uint16_t)inode->i_mode;
    raw->i_uid = (uint16_t)inode->i_uid;
    raw->i_uid_high = (uint16_t)(inode->i_uid >> 16);
    raw->i_gid = (uint16_t)inode->i_gid;
    raw->i_gid_high = (uint16_t)(inode->i_gid >> 16);
    raw->i_size = (uint32_t)inode->i_size;
    if (S_ISREG(inode->i_mode))
        raw->i_size_high = (uint32_t)((uint64_t)inode->i_size >> 32);
    raw->i_atime = (uint32_t)inode->i_atime.tv_sec;
    raw->i_ctime = (uint32_t)inode->i_ctime.tv_sec;
    raw->i_mtime = (uint32_t)inode->i_mtime.tv_sec;
    raw->i_dtime = inode->i_nlink ? 0 : (uint32_t)inode->i_ctime.tv_sec;
    raw->i_links_count = (uint16_t)inode->i_nlink;
    raw->i_blocks = (uint32_t)inode->i_blocks;
    raw->i_flags = info->flags;
    raw->i_file_acl = info->xattr_block;
    memcpy(raw->i_block, info->block, sizeof(info->block));
}

int ext2_write_inode(struct inode *inode)
{
    struct ext2_volume *vol = ext2_volume(inode->i_sb);
    struct page *page;
    uint32_t offset;
    uint8_t *base;

    if (inode->i_sb->read_only)
        return -EROFS;
    page = inode_page(vol, inode->i_ino, &offset);
    if (IS_ERR(page))
        return (int)PTR_ERR(page);
    mutex_lock(&vol->lock);
    if (inode->i_size > INT32_MAX)
        vol->large_file = true;
    base = kmap_local(page);
    copy_to_disk((struct ext2_inode *)(base + offset), inode);
    kunmap_local(base);
    mark_page_dirty(page);
    mutex_unlock(&vol->lock);
    put_page(page);
    return 0;
}

static void set_nlink(struct inode *inode, uint32_t nlink)
{
    inode->i_nlink = nlink;
    inode->i_ctime = current_time();
    mark_inode_dirty(inode);
}

int ext2_change_nlink(struct inode *inode, int by)
{
    struct ext2_volume *vol = ext2_volume(inode->i_sb);
    int err = 0;

    mutex_lock(&vol->lock);
    if (!inode->i_nlink)
        err = -ENOENT;
    else if (by > 0 && inode->i_nlink >= EXT2_LINK_MAX)
        err = -EMLINK;
    else if (by < 0 && S_ISDIR(inode->i_mode) && inode->i_nlink <= 2)
        err = ext2_damage(vol, "inode %llu: a directory with too small a link count",
                          (unsigned long long)inode->i_ino);
    else
        set_nlink(inode, inode->i_nlink + (uint32_t)by);
    mutex_unlock(&vol->lock);
    return err;
}

void ext2_clear_nlink(struct inode *inode)
{
    struct ext2_volume *vol = ext2_volume(inode->i_sb);

    mutex_lock(&vol->lock);
    set_nlink(inode, 0);
    mutex_unlock(&vol->lock);
}

/* A block of extended attributes, which we otherwise ignore, may serve several inodes. */
static void release_xattrs(struct ext2_volume *vol, struct ext2_inode_info *info)
{
    enum {
        XATTR_MAGIC = 0xea020000
    };
    uint32_t block = info->xattr_block, *header, users = 0;
    struct page *page;

    info->xattr_block = 0;
    if (!ext2_block_usable(vol, block) || IS_ERR(page = ext2_bread_patiently(vol, block))) {
        ext2_damage(vol, "block %u: unreadable extended attributes, lost", block);
        return;
    }
    mutex_lock(&vol->lock);
    header = kmap_local(page); /* magic, users */
    if (header[0] == (uint32_t)XATTR_MAGIC && header[1] > 0) {
        users = --header[1];
        mark_page_dirty(page);
    } else {
        users = 1;
        ext2_damage(vol, "block %u: no extended attributes, but an inode says so", block);
    }
    kunmap_local(header);
    put_page(page);
    if (!users && ext2_free_block(vol, block) == 0)
        bforget(vol->bdev, block);
    mutex_unlock(&vol->lock);
}

/* Nobody has the inode any more, nor can find it, and it has no pages. What fails here leaves
 * blocks lost until e2fsck.
 */
static void ext2_delete_inode(struct inode *inode)
{
    struct ext2_volume *vol = ext2_volume(inode->i_sb);
    struct ext2_inode_info *info = ext2_info(inode);
    bool is_dir = S_ISDIR(inode->i_mode);

    if (inode->i_sb->read_only)
        return;
    if (S_ISREG(inode->i_mode) || is_dir || ext2_symlink_has_block(inode))
        ext2_free_blocks_from(inode, 0);
    if (info->xattr_block)
        release_xattrs(vol, info);
    inode->i_size = 0;
    inode->i_blocks = 0;
    inode->i_ctime = current_time(); /* of the deletion */
    if (ext2_write_inode(inode)) {
        ext2_damage(vol, "inode %llu: not marked as deleted", (unsigned long long)inode->i_ino);
        return;
    }
    ext2_free_ino(vol, inode->i_ino, is_dir);
}

const struct super_operations ext2_super_operations = {
    .alloc_inode = ext2_alloc_inode,
    .free_inode = ext2_free_inode,
    .delete_inode = ext2_delete_inode,
    .write_inode = ext2_write_inode,
    .sync = ext2_sync,
    .statfs = ext2_statfs,
    .unmount = ext2_unmount,
};
