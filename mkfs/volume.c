/* SPDX-License-Identifier: MIT */
/* The volume's groups, free space and superblocks; see volume.h. */
#include <string.h>

#include "image.h"
#include "util.h"
#include "volume.h"

#define BLOCKS_PER_GROUP EXT2_BITS_PER_BLOCK
#define BLOCKS_PER_MIB   (MIB / EXT2_BLOCK_SIZE)
#define INODES_PER_BLOCK (EXT2_BLOCK_SIZE / EXT2_INODE_SIZE)
#define BLOCKS_PER_INODE (16 * KIB / EXT2_BLOCK_SIZE) /* unless the user asks for a number */

static uint32_t group_blocks(const struct volume *volume, uint32_t group)
{
    uint32_t left = volume->blocks - group * BLOCKS_PER_GROUP;

    return left < BLOCKS_PER_GROUP ? left : BLOCKS_PER_GROUP;
}

/* Blocks of metadata at the start of a group. */
static uint32_t group_overhead(const struct volume *volume, uint32_t group)
{
    uint32_t copy = ext2_group_has_super(group) ? 1 + volume->desc_blocks : 0;

    return copy + 2 + volume->table_blocks;
}

/*
 * Set everything that follows from the number of blocks; false if groups cannot be cut like that.
 */
static bool divide(struct volume *volume, uint32_t blocks, const struct volume_need *need)
{
    uint64_t inodes = need->inodes_asked ? need->inodes_asked : blocks / BLOCKS_PER_INODE;

    if (inodes < need->inodes)
        inodes = need->inodes;
    volume->blocks = blocks;
    volume->groups = (uint32_t)div_round_up(blocks, BLOCKS_PER_GROUP);
    volume->desc_blocks = (uint32_t)div_round_up(volume->groups, EXT2_DESCS_PER_BLOCK);

    uint64_t table = div_round_up(div_round_up(inodes, volume->groups), INODES_PER_BLOCK);

    if (table * INODES_PER_BLOCK > EXT2_BITS_PER_BLOCK ||
        table * INODES_PER_BLOCK * volume->groups > UINT32_MAX)
        return false;
    volume->table_blocks = (uint32_t)table;
    volume->inodes_per_group = (uint32_t)table * INODES_PER_BLOCK;
    volume->used_inodes = need->inodes;
    return true;
}

bool volume_plan(struct volume *volume, uint64_t mib, const struct volume_need *need)
{
    uint64_t available = 0;

    memset(volume, 0, sizeof(*volume));
    if (mib == 0 || mib > UINT32_MAX / BLOCKS_PER_MIB)
        return false;
    if (!divide(volume, (uint32_t)(mib * BLOCKS_PER_MIB), need))
        return false;

    uint32_t last = volume->groups - 1;

    if (group_blocks(volume, last) <= group_overhead(volume, last)) {
        if (last == 0 || !divide(volume, last * BLOCKS_PER_GROUP, need))
            return false;
    }
    for (uint32_t group = 0; group < volume->groups; group++) {
        if (group_blocks(volume, group) <= group_overhead(volume, group))
            return false;
        available += group_blocks(volume, group) - group_overhead(volume, group);
    }
    return available >= need->blocks;
}

uint64_t volume_least_size(uint64_t start, const struct volume_need *need)
{
    struct volume volume;
    uint64_t inodes = need->inodes_asked > need->inodes ? need->inodes_asked : need->inodes;
    uint64_t groups = div_round_up(inodes, EXT2_BITS_PER_BLOCK);
    uint64_t least = need->blocks / BLOCKS_PER_MIB;

    /* What cannot suffice for certain need not be tried. */
    if (groups && least < (groups - 1) * BLOCKS_PER_GROUP / BLOCKS_PER_MIB)
        least = (groups - 1) * BLOCKS_PER_GROUP / BLOCKS_PER_MIB;
    if (least < start)
        least = start;
    if (least == 0)
        least = 1;
    for (uint64_t mib = least; mib <= UINT32_MAX / BLOCKS_PER_MIB; mib++) {
        if (volume_plan(&volume, mib, need))
            return mib;
    }
    return 0;
}

static void take_range(struct volume *volume, uint64_t first, uint64_t count)
{
    for (uint64_t block = first; block < first + count; block++)
        bit_set(volume->bitmap, block);
}

void volume_open(struct volume *volume)
{
    uint64_t bits = (uint64_t)volume->groups * BLOCKS_PER_GROUP;

    volume->bitmap = xcalloc(volume->groups, EXT2_BLOCK_SIZE);
    volume->desc = xcalloc(volume->desc_blocks, EXT2_BLOCK_SIZE);
    for (uint32_t group = 0; group < volume->groups; group++) {
        struct ext2_group_desc *desc = &volume->desc[group];
        uint32_t overhead = group_overhead(volume, group);
        uint32_t first = group * BLOCKS_PER_GROUP;

        take_range(volume, first, overhead);
        desc->bg_inode_table = first + overhead - volume->table_blocks;
        desc->bg_inode_bitmap = desc->bg_inode_table - 1;
        desc->bg_block_bitmap = desc->bg_inode_table - 2;
        desc->bg_free_blocks_count = (uint16_t)(group_blocks(volume, group) - overhead);
    }
    take_range(volume, volume->blocks, bits - volume->blocks);
}

uint32_t volume_take_block(struct volume *volume)
{
    while (bit_test(volume->bitmap, volume->next_block))
        volume->next_block++;
    bit_set(volume->bitmap, volume->next_block);
    volume->desc[volume->next_block / BLOCKS_PER_GROUP].bg_free_blocks_count--;
    return volume->next_block++;
}

void volume_write_inode(struct volume *volume, uint32_t ino, const struct ext2_inode *inode)
{
    struct ext2_group_desc *desc = &volume->desc[(ino - 1) / volume->inodes_per_group];
    uint64_t index = (ino - 1) % volume->inodes_per_group;
    uint64_t table = (uint64_t)desc->bg_inode_table * EXT2_BLOCK_SIZE;

    image_write(table + index * EXT2_INODE_SIZE, inode, sizeof(*inode));
    if ((inode->i_mode & EXT2_S_IFMT) == EXT2_S_IFDIR)
        desc->bg_used_dirs_count++;
}

static void write_bitmaps(struct volume *volume, uint32_t group)
{
    struct ext2_group_desc *desc = &volume->desc[group];
    uint64_t before = (uint64_t)group * volume->inodes_per_group;
    uint8_t inode_map[EXT2_BLOCK_SIZE] = {0};
    uint32_t used = 0;

    if (volume->used_inodes > before)
        used = (uint32_t)(volume->used_inodes - before);
    if (used > volume->inodes_per_group)
        used = volume->inodes_per_group;
    for (uint32_t bit = 0; bit < used; bit++)
        bit_set(inode_map, bit);
    for (uint32_t bit = volume->inodes_per_group; bit < EXT2_BITS_PER_BLOCK; bit++)
        bit_set(inode_map, bit);
    desc->bg_free_inodes_count = (uint16_t)(volume->inodes_per_group - used);
    image_write_block(desc->bg_inode_bitmap, inode_map);
    image_write_block(desc->bg_block_bitmap, volume->bitmap + (uint64_t)group * EXT2_BLOCK_SIZE);
}

/* A UUID that follows from the label: its FNV-1a hash, marked as a UUID of no registered scheme. */
static void make_uuid(uint8_t uuid[16], const char *label)
{
    uint64_t hash = 0xcbf29ce484222325;
    const uint64_t prime = 0x100000001b3;

    for (const char *c = label; *c; c++)
        hash = (hash ^ (uint8_t)*c) * prime;
    for (int i = 0; i < 16; i++) {
        hash = (hash ^ (uint64_t)i) * prime;
        uuid[i] = (uint8_t)(hash >> 32);
    }
    uuid[6] = (uuid[6] & 0x0f) | 0x80; /* version 8: the maker's own scheme (RFC 9562) */
    uuid[8] = (uuid[8] & 0x3f) | 0x80; /* the RFC's variant */
}

static void fill_superblock(const struct volume *volume, struct ext2_superblock *super)
{
    super->s_inodes_count = volume->groups * volume->inodes_per_group;
    super->s_blocks_count = volume->blocks;
    for (uint32_t group = 0; group < volume->groups; group++) {
        super->s_free_blocks_count += volume->desc[group].bg_free_blocks_count;
        super->s_free_inodes_count += volume->desc[group].bg_free_inodes_count;
    }
    super->s_log_block_size = EXT2_BLOCK_SHIFT - 10;
    super->s_log_cluster_size = EXT2_BLOCK_SHIFT - 10;
    super->s_blocks_per_group = BLOCKS_PER_GROUP;
    super->s_clusters_per_group = BLOCKS_PER_GROUP;
    super->s_inodes_per_group = volume->inodes_per_group;
    super->s_max_mnt_count = 0xffff;
    super->s_magic = EXT2_SUPER_MAGIC;
    super->s_state = EXT2_STATE_VALID;
    super->s_errors = EXT2_ERRORS_CONTINUE;
    super->s_creator_os = EXT2_OS_LINUX;
    super->s_rev_level = EXT2_DYNAMIC_REV;
    super->s_first_ino = EXT2_FIRST_INO;
    super->s_inode_size = EXT2_INODE_SIZE;
    super->s_feature_incompat = EXT2_INCOMPAT_FILETYPE;
    super->s_feature_ro_compat = EXT2_RO_COMPAT_SPARSE_SUPER;
}

static void write_super_copy(const struct volume *volume, uint32_t group,
                             struct ext2_superblock *super)
{
    uint64_t first = (uint64_t)group * BLOCKS_PER_GROUP * EXT2_BLOCK_SIZE;

    super->s_block_group_nr = (uint16_t)group;
    image_write(first + (group ? 0 : EXT2_SUPER_OFFSET), super, sizeof(*super));
    image_write(first + EXT2_BLOCK_SIZE, volume->desc,
                (size_t)volume->desc_blocks * EXT2_BLOCK_SIZE);
}

void volume_close(struct volume *volume, const char *label, uint32_t time, uint32_t ro_compat)
{
    struct ext2_superblock super = {0};

    for (uint32_t group = 0; group < volume->groups; group++)
        write_bitmaps(volume, group);
    fill_superblock(volume, &super);
    super.s_feature_ro_compat |= ro_compat;
    /* s_wtime stays 0: a checker objects to one in the future, and files' times may be. */
    super.s_lastcheck = time;
    super.s_mkfs_time = time;
    memcpy(super.s_volume_name, label, strlen(label));
    make_uuid(super.s_uuid, label);
    for (uint32_t group = 0; group < volume->groups; group++) {
        if (ext2_group_has_super(group))
            write_super_copy(volume, group, &super);
    }
}
