/* SPDX-License-Identifier: MIT */
/*
 * Allocation of blocks: next fit from a goal, first in the goal's group, then in the groups after
 * it, around the volume. All under the volume's lock.
 *
 * A group's free count says where to look; when it promises more than the bitmap has, or the bitmap
 * offers a block that holds the volume's own data, that is damage: the group is taken for full, and
 * the others still serve.
 */
#include "kernel/fs/ext2/ext2.h"

/* 0, 1 when the group has none, or -errno. */
static int alloc_in_group(struct ext2_volume *vol, uint32_t number, uint32_t goal, uint32_t *block)
{
    struct ext2_group *group = &vol->groups[number];

    while (group->free_blocks > 0) {
        uint32_t bit;
        int err = ext2_take_bit(vol, group->block_bitmap, goal, group->blocks, &bit);

        if (err < 0)
            return err;
        if (err > 0) {
            ext2_damage(vol, "group %u: no free block of %u promised", number, group->free_blocks);
            vol->free_blocks -= group->free_blocks;
            group->free_blocks = 0;
            break;
        }
        *block = ext2_group_start(vol, number) + bit;
        if (ext2_block_usable(vol, *block)) {
            group->free_blocks--;
            group->dirty = true;
            vol->free_blocks--;
            return 0;
        }
        /* It stays marked as used, which it is. */
        ext2_damage(vol, "block %u: marked as free, but in use by the volume itself", *block);
    }
    return 1;
}

int ext2_alloc_block(struct ext2_volume *vol, uint32_t goal, uint32_t *block)
{
    uint32_t first = goal < vol->blocks_count ? goal / vol->blocks_per_group : 0;
    uint32_t offset = goal < vol->blocks_count ? goal % vol->blocks_per_group : 0;

    if (vol->sb->read_only)
        return -EROFS;
    for (uint32_t i = 0; i < vol->groups_count; i++) {
        uint32_t number = (uint32_t)(((uint64_t)first + i) % vol->groups_count);
        int err = alloc_in_group(vol, number, i ? 0 : offset, block);

        if (err <= 0)
            return err;
    }
    return -ENOSPC;
}

int ext2_free_block(struct ext2_volume *vol, uint32_t block)
{
    uint32_t number = block / vol->blocks_per_group;
    struct ext2_group *group;
    int err;

    if (!ext2_block_usable(vol, block))
        return ext2_damage(vol, "block %u: a file has it, but it can be no file's", block);
    group = &vol->groups[number];
    err = ext2_change_bit(vol, group->block_bitmap, block % vol->blocks_per_group, false);
    if (err < 0) {
        ext2_damage(vol, "block %u: cannot be marked as free (error %d), lost", block, -err);
        return err;
    }
    if (err > 0)
        return ext2_damage(vol, "block %u: freed, but marked as free already", block);
    group->free_blocks++;
    group->dirty = true;
    vol->free_blocks++;
    return 0;
}
