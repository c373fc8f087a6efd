/* SPDX-License-Identifier: MIT */
/*
 * Block groups. The descriptors are read and checked once, when mounting; from then on their counts
 * live in vol->groups and are stored by ext2_store_groups() with every sync. The volume's lock
 * guards the counts; where a group's bitmaps and table lie never changes.
 */
#include "kernel/fs/ext2/ext2.h"

#define FIRST_DESC_BLOCK 1 /* the superblock is in block 0 */

uint32_t ext2_group_start(const struct ext2_volume *vol, uint32_t group)
{
    return group * vol->blocks_per_group;
}

static uint32_t table_blocks(const struct ext2_volume *vol)
{
    return vol->inodes_per_group * vol->inode_size / EXT2_BLOCK_SIZE;
}

static bool has_super(const struct ext2_volume *vol, uint32_t group)
{
    return !vol->sparse_super || ext2_group_has_super(group);
}

bool ext2_block_usable(const struct ext2_volume *vol, uint32_t block)
{
    uint32_t number = block / vol->blocks_per_group;
    uint32_t offset = block % vol->blocks_per_group;
    const struct ext2_group *group;

    if (!block || block >= vol->blocks_count)
        return false;
    group = &vol->groups[number];
    if (block == group->block_bitmap || block == group->inode_bitmap)
        return false;
    if (block - group->inode_table < table_blocks(vol)) /* below the table it wraps around */
        return false;
    return offset >= vol->super_blocks || !has_super(vol, number);
}

/* Without the feature that lets groups share theirs, these blocks lie in their own group. */
static bool range_in_group(const struct ext2_volume *vol, uint32_t number, uint32_t first,
                           uint32_t count)
{
    uint32_t start = ext2_group_start(vol, number);
    uint32_t reserved = has_super(vol, number) ? vol->super_blocks : 0;
    uint32_t blocks = vol->groups[number].blocks;

    return first >= start && first - start >= reserved && first - start < blocks &&
           count <= blocks - (first - start);
}

static int load_group(struct ext2_volume *vol, uint32_t number, const struct ext2_group_desc *desc)
{
    struct ext2_group *group = &vol->groups[number];
    uint32_t tables = table_blocks(vol);

    group->block_bitmap = desc->bg_block_bitmap;
    group->inode_bitmap = desc->bg_inode_bitmap;
    group->inode_table = desc->bg_inode_table;
    group->free_blocks = desc->bg_free_blocks_count;
    group->free_inodes = desc->bg_free_inodes_count;
    group->used_dirs = desc->bg_used_dirs_count;
    group->blocks = min(vol->blocks_per_group, vol->blocks_count - ext2_group_start(vol, number));
    if (!range_in_group(vol, number, group->block_bitmap, 1) ||
        !range_in_group(vol, number, group->inode_bitmap, 1) ||
        !range_in_group(vol, number, group->inode_table, tables) ||
        group->block_bitmap == group->inode_bitmap ||
        group->block_bitmap - group->inode_table < tables ||
        group->inode_bitmap - group->inode_table < tables)
        return ext2_damage(vol, "group %u: bitmaps or inode table where they cannot be", number);
    if (group->free_blocks > group->blocks || group->free_inodes > vol->inodes_per_group ||
        group->used_dirs > vol->inodes_per_group)
        return ext2_damage(vol, "group %u: impossible counts", number);
    vol->free_blocks += group->free_blocks;
    vol->free_inodes += group->free_inodes;
    return 0;
}

static struct page *desc_page(struct ext2_volume *vol, uint32_t number)
{
    return bread(vol->bdev, FIRST_DESC_BLOCK + number / EXT2_DESCS_PER_BLOCK);
}

int ext2_load_groups(struct ext2_volume *vol)
{
    int err = 0;

    vol->groups = kzalloc(vol->groups_count * sizeof(*vol->groups), GFP_KERNEL);
    if (!vol->groups)
        return -ENOMEM;
    for (uint32_t number = 0; number < vol->groups_count && !err; number++) {
        struct page *page = desc_page(vol, number);
        struct ext2_group_desc *descs;

        if (IS_ERR(page))
            return (int)PTR_ERR(page);
        descs = kmap_local(page);
        err = load_group(vol, number, &descs[number % EXT2_DESCS_PER_BLOCK]);
        kunmap_local(descs);
        put_page(page);
    }
    return err;
}

static int store_group(struct ext2_volume *vol, uint32_t number)
{
    struct ext2_group *group = &vol->groups[number];
    struct page *page = desc_page(vol, number);
    struct ext2_group_desc *descs, *desc;

    if (IS_ERR(page))
        return (int)PTR_ERR(page);
    descs = kmap_local(page);
    desc = &descs[number % EXT2_DESCS_PER_BLOCK];
    desc->bg_free_blocks_count = (uint16_t)group->free_blocks;
    desc->bg_free_inodes_count = (uint16_t)group->free_inodes;
    desc->bg_used_dirs_count = (uint16_t)group->used_dirs;
    mark_page_dirty(page);
    kunmap_local(descs);
    put_page(page);
    group->dirty = false;
    return 0;
}

int ext2_store_groups(struct ext2_volume *vol)
{
    for (uint32_t number = 0; number < vol->groups_count; number++) {
        int err = vol->groups[number].dirty ? store_group(vol, number) : 0;

        if (err)
            return err;
    }
    return 0;
}
