/* SPDX-License-Identifier: MIT */
/*
 * From the block of a file to the block of the disk, through the pointers in the inode and up to
 * three levels of indirect blocks.
 *
 * Changes happen under the volume's lock, from the leaf up: new blocks are filled and linked to
 * each other first, and then one store hangs them into the file. A lookup runs without a lock and
 * sees either the old pointer (a hole) or all of the new branch.
 */
#include "kernel/fs/ext2/ext2.h"

/* Where a walk ended: at the data block, or at the pointer that is 0. */
struct walk {
    unsigned level;    /* of that pointer */
    struct page *page; /* the indirect block that holds it, referenced; NULL: the inode */
    uint32_t block;    /* its value: the data block, or 0 */
};

static bool make_path(uint64_t index, struct ext2_path *path)
{
    if (index < EXT2_NDIR_BLOCKS) {
        path->depth = 1;
        path->slot[0] = (uint32_t)index;
        return true;
    }
    index -= EXT2_NDIR_BLOCKS;
    for (unsigned levels = 1; levels <= 3; levels++) {
        uint64_t span = 1ull << EXT2_PTRS_SHIFT * levels;

        if (index < span) {
            path->depth = levels + 1;
            path->slot[0] = EXT2_IND_BLOCK + levels - 1;
            for (unsigned i = 1; i <= levels; i++)
                path->slot[i] =
                    (uint32_t)(index >> EXT2_PTRS_SHIFT * (levels - i)) & (EXT2_PTRS_PER_BLOCK - 1);
            return true;
        }
        index -= span;
    }
    return false;
}

static uint32_t pointer_in(struct page *page, uint32_t slot)
{
    uint32_t *pointers = kmap_local(page);
    uint32_t block = ext2_load_pointer(&pointers[slot]);

    kunmap_local(pointers);
    return block;
}

/* 0 or -errno; then walk->page is NULL. */
static int walk_path(struct inode *inode, const struct ext2_path *path, struct walk *walk)
{
    struct ext2_volume *vol = ext2_volume(inode->i_sb);

    walk->level = 0;
    walk->page = NULL;
    walk->block = ext2_load_pointer(&ext2_info(inode)->block[path->slot[0]]);
    while (walk->block) {
        struct page *page;

        if (!ext2_block_usable(vol, walk->block)) {
            if (walk->page)
                put_page(walk->page);
            walk->page = NULL;
            return ext2_damage(vol, "inode %llu: points to block %u, which can be no file's",
                               (unsigned long long)inode->i_ino, walk->block);
        }
        if (walk->level == path->depth - 1)
            return 0;
        page = bread(vol->bdev, walk->block);
        if (walk->page)
            put_page(walk->page);
        walk->page = NULL;
        if (IS_ERR(page))
            return (int)PTR_ERR(page);
        walk->page = page;
        walk->level++;
        walk->block = pointer_in(page, path->slot[walk->level]);
    }
    return 0;
}

static void end_walk(struct walk *walk)
{
    if (walk->page)
        put_page(walk->page);
}

int ext2_bmap(struct inode *inode, uint64_t index, uint32_t *block)
{
    struct ext2_path path;
    struct walk walk;
    int err;

    if (!make_path(index, &path))
        return -EFBIG;
    err = walk_path(inode, &path, &walk);
    if (err)
        return err;
    *block = walk.block;
    end_walk(&walk);
    return 0;
}

/* After the block before, if the file was just extended or the pointer's neighbour is known. */
static uint32_t find_goal(struct inode *inode, uint64_t index, const struct ext2_path *path,
                          const struct walk *walk)
{
    struct ext2_volume *vol = ext2_volume(inode->i_sb);
    struct ext2_inode_info *info = ext2_info(inode);
    uint32_t slot = path->slot[walk->level], before = 0;

    if (info->goal_block && info->goal_index == index)
        return info->goal_block;
    if (slot > 0)
        before = walk->page ? pointer_in(walk->page, slot - 1) : info->block[slot - 1];
    if (before)
        return before + 1;
    return ext2_group_start(vol, ext2_inode_group(vol, inode->i_ino));
}

static void free_branch(struct ext2_volume *vol, const uint32_t *blocks, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bforget(vol->bdev, blocks[i]);
        ext2_free_block(vol, blocks[i]);
    }
}

/* Makes blocks[i] an indirect block whose only pointer leads to blocks[i + 1], for all but the
 * last. */
static int link_branch(struct ext2_volume *vol, const uint32_t *blocks, unsigned count,
                       const uint32_t *slots)
{
    for (unsigned i = 0; i + 1 < count; i++) {
        struct page *page = bread_new(vol->bdev, blocks[i]);
        uint32_t *pointers;

        if (IS_ERR(page))
            return (int)PTR_ERR(page);
        pointers = kmap_local(page);
        pointers[slots[i]] = blocks[i + 1];
        kunmap_local(pointers);
        mark_page_dirty(page);
        put_page(page);
    }
    return 0;
}

/* Gives the pointer at which the walk has ended another value. Volume's lock held. */
static void set_pointer(struct inode *inode, const struct ext2_path *path, const struct walk *walk,
                        uint32_t block)
{
    if (walk->page) {
        uint32_t *pointers = kmap_local(walk->page);
        ext2_store_pointer(&pointers[path->slot[walk->level]], block);
        kunmap_local(pointers);
        mark_page_dirty(walk->page);
    } else {
        ext2_store_pointer(&ext2_info(inode)->block[path->slot[0]], block);
    }
}

/* Allocates what is missing from walk->level on and publishes it. Volume's lock held. */
static int add_branch(struct inode *inode, uint64_t index, const struct ext2_path *path,
                      struct walk *walk)
{
    struct ext2_volume *vol = ext2_volume(inode->i_sb);
    struct ext2_inode_info *info = ext2_info(inode);
    uint32_t goal = find_goal(inode, index, path, walk);
    uint32_t blocks[4];
    unsigned count = path->depth - walk->level;
    int err;

    for (unsigned i = 0; i < count; i++) {
        err = ext2_alloc_block(vol, goal, &blocks[i]);
        if (err) {
            free_branch(vol, blocks, i);
            return err;
        }
        goal = blocks[i] + 1;
    }
    err = link_branch(vol, blocks, count, &path->slot[walk->level + 1]);
    if (err) {
        free_branch(vol, blocks, count);
        return err;
    }
    set_pointer(inode, path, walk, blocks[0]);
    inode->i_blocks += count * EXT2_SECTORS_PER_BLOCK;
    walk->block = blocks[count - 1];
    info->goal_index = index + 1;
    info->goal_block = walk->block + 1;
    return 0;
}

int ext2_map_block(struct inode *inode, uint64_t index, uint32_t *block)
{
    struct ext2_volume *vol = ext2_volume(inode->i_sb);
    struct ext2_path path;
    struct walk walk;
    int err = ext2_bmap(inode, index, block);

    if (err || *block)
        return err;
    make_path(index, &path); /* ext2_bmap() has seen that there is one */
    mutex_lock(&vol->lock);
    err = walk_path(inode, &path, &walk);
    if (err == 0) {
        bool missing = !walk.block;

        if (missing)
            err = add_branch(inode, index, &path, &walk);
        *block = walk.block;
        end_walk(&walk);
        if (missing && err == 0)
            mark_inode_dirty(inode);
    }
    mutex_unlock(&vol->lock);
    return err;
}

int ext2_unmap_block(struct inode *inode, uint64_t index)
{
    struct ext2_volume *vol = ext2_volume(inode->i_sb);
    struct ext2_path path;
    struct walk walk;
    int err;

    if (!make_path(index, &path))
        return 0;
    mutex_lock(&vol->lock);
    err = walk_path(inode, &path, &walk);
    if (!err && walk.block) {
        set_pointer(inode, &path, &walk, 0);
        ext2_info(inode)->goal_block = 0;
        err = ext2_free_block(vol, walk.block);
        if (!err && inode->i_blocks >= EXT2_SECTORS_PER_BLOCK)
            inode->i_blocks -= EXT2_SECTORS_PER_BLOCK;
        mark_inode_dirty(inode);
    }
    end_walk(&walk); /* after an error it holds nothing */
    mutex_unlock(&vol->lock);
    return err;
}
