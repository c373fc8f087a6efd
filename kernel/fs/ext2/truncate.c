/* SPDX-License-Identifier: MIT */
/*
 * Changing a file's size, and freeing blocks.
 *
 * Blocks are freed from the root of the tree down, and an indirect block is looked into only when
 * its own bit said until now that it was in use: in a damaged file whose indirect blocks lead back
 * to each other every one is visited once, so this ends. A pointer is cleared before what it led to
 * is freed; an error on the way loses blocks, is logged, and keeps the volume from being called
 * clean.
 *
 * The freed part of an indirect block's life ends with bforget(), for the block's next owner may be
 * a file, whose data do not go through the device's cache.
 */
#include "kernel/fs/ext2/ext2.h"
#include "kernel/sched.h"

static void count_freed(struct inode *inode)
{
    if (inode->i_blocks >= EXT2_SECTORS_PER_BLOCK)
        inode->i_blocks -= EXT2_SECTORS_PER_BLOCK;
}

/* Frees `block` and, `level` > 0, the `level` levels of blocks below it. Volume's lock held. */
static void free_tree(struct inode *inode, uint32_t block, unsigned level)
{
    struct ext2_volume *vol = ext2_volume(inode->i_sb);
    struct page *page;
    uint32_t *pointers;

    if (ext2_free_block(vol, block))
        return;
    count_freed(inode);
    if (!level)
        return;
    page =
        ext2_bread_patiently(vol, block); /* nobody takes the block meanwhile: we hold the lock */
    if (IS_ERR(page)) {
        ext2_damage(vol, "inode %llu: blocks below block %u lost (error %ld)",
                    (unsigned long long)inode->i_ino, block, -PTR_ERR(page));
        return;
    }
    pointers = kmap_local(page);
    for (unsigned i = 0; i < EXT2_PTRS_PER_BLOCK; i++)
        if (pointers[i])
            free_tree(inode, pointers[i], level - 1);
    kunmap_local(pointers);
    put_page(page);
    bforget(vol->bdev, block);
    cond_resched();
}

static void free_pointer(struct inode *inode, uint32_t *pointer, unsigned level)
{
    uint32_t block = *pointer;

    if (block) {
        ext2_store_pointer(pointer, 0);
        free_tree(inode, block, level);
    }
}

/*
 * Frees what lies from the `first`th data block (> 0) on below the indirect block `block`, which
 * stands `level` levels above the data and stays. Volume's lock held.
 */
static void cut_tree(struct inode *inode, uint32_t block, unsigned level, uint64_t first)
{
    struct ext2_volume *vol = ext2_volume(inode->i_sb);
    uint64_t span = 1ull << EXT2_PTRS_SHIFT * (level - 1); /* data blocks below one pointer */
    unsigned i = (unsigned)(first / span);
    struct page *page =
        ext2_block_usable(vol, block) ? ext2_bread_patiently(vol, block) : ERR_PTR(-EUCLEAN);
    uint32_t *pointers;

    if (IS_ERR(page)) {
        ext2_damage(vol, "inode %llu: blocks below block %u not freed (error %ld)",
                    (unsigned long long)inode->i_ino, block, -PTR_ERR(page));
        return;
    }
    pointers = kmap_local(page);
    if (first % span) {
        if (pointers[i])
            cut_tree(inode, pointers[i], level - 1, first % span);
        i++;
    }
    for (; i < EXT2_PTRS_PER_BLOCK; i++)
        free_pointer(inode, &pointers[i], level - 1);
    kunmap_local(pointers);
    mark_page_dirty(page);
    put_page(page);
}

void ext2_free_blocks_from(struct inode *inode, uint64_t first)
{
    struct ext2_volume *vol = ext2_volume(inode->i_sb);
    struct ext2_inode_info *info = ext2_info(inode);
    uint64_t base = EXT2_NDIR_BLOCKS;

    mutex_lock(&vol->lock);
    info->goal_block = 0;
    for (uint64_t i = first; i < EXT2_NDIR_BLOCKS; i++)
        free_pointer(inode, &info->block[i], 0);
    for (unsigned level = 1; level <= 3; level++) {
        uint32_t *pointer = &info->block[EXT2_IND_BLOCK + level - 1];
        uint64_t span = 1ull << EXT2_PTRS_SHIFT * level;

        if (first <= base)
            free_pointer(inode, pointer, level);
        else if (first < base + span && *pointer)
            cut_tree(inode, *pointer, level, first - base);
        base += span;
    }
    mark_inode_dirty(inode);
    mutex_unlock(&vol->lock);
}

/* Zeroes what follows `size` in the page it lies in: a file that grows again shows zeroes there. */
static int zero_tail(struct inode *inode, loff_t size)
{
    uint64_t index = (uint64_t)size >> EXT2_BLOCK_SHIFT;
    size_t offset = (size_t)size % EXT2_BLOCK_SIZE;
    struct page *page;
    uint32_t block;
    uint8_t *base;
    int err;

    if (!offset)
        return 0;
    err = ext2_bmap(inode, index, &block);
    if (err || !block)
        return err;
    page = read_mapping_page(&inode->i_data, index);
    if (IS_ERR(page))
        return (int)PTR_ERR(page);
    lock_page(page);
    base = kmap_local(page);
    memset(base + offset, 0, EXT2_BLOCK_SIZE - offset);
    kunmap_local(base);
    mark_page_dirty(page);
    unlock_put_page(page);
    return 0;
}

/* Frees what lies beyond i_size, cached pages first. */
static void cut_to_size(struct inode *inode)
{
    uint64_t first = ((uint64_t)inode->i_size + EXT2_BLOCK_SIZE - 1) >> EXT2_BLOCK_SHIFT;

    truncate_pages(&inode->i_data, first);
    ext2_free_blocks_from(inode, first);
    truncate_pages(&inode->i_data, first); /* added meanwhile by who saw the old size */
}

void ext2_trim(struct inode *inode)
{
    if (!inode->i_sb->read_only)
        cut_to_size(inode);
}

int ext2_truncate(struct inode *inode, loff_t size)
{
    loff_t old = inode->i_size;
    int err;

    if (inode->i_sb->read_only)
        return -EROFS;
    if (size < 0)
        return -EINVAL;
    if (size > EXT2_MAX_SIZE)
        return -EFBIG;
    err = zero_tail(inode, min(old, size));
    if (err)
        return err;
    inode->i_size = size;
    ext2_touch(inode);
    if (size < old)
        cut_to_size(inode);
    return 0;
}
