/* SPDX-License-Identifier: MIT */
/*
 * The volume: how its blocks divide into groups, which of them are in use, and the superblocks,
 * descriptors and bitmaps that say so.
 *
 * Inodes are in use from 1 up to some number without a gap, and blocks are taken in rising order,
 * so files are contiguous and the free space is at the end.
 */
#ifndef MKFS_VOLUME_H
#define MKFS_VOLUME_H

#include <stdbool.h>
#include <stdint.h>

#include "ext2_format.h"

/* What the tree takes, and what the user asked for. */
struct volume_need {
    uint64_t blocks;       /* for contents, indirect blocks included */
    uint32_t inodes;       /* in use, reserved ones included */
    uint32_t inodes_asked; /* inodes the volume shall have at least; 0: one for each 16 KiB */
};

struct volume {
    uint32_t blocks, groups;
    uint32_t inodes_per_group;
    uint32_t table_blocks;        /* blocks of inode table in each group */
    uint32_t desc_blocks;         /* blocks of one copy of the descriptor table */
    uint32_t used_inodes;         /* inodes 1 to this one are in use */
    uint32_t next_block;          /* every block before it is in use */
    uint8_t *bitmap;              /* of all groups, one block each */
    struct ext2_group_desc *desc; /* of all groups, padded to whole blocks */
};

/*
 * Divide a volume of that many MiB. False if it cannot hold what is needed, or cannot be. A last
 * group too short to hold its own metadata is cut off.
 */
bool volume_plan(struct volume *volume, uint64_t mib, const struct volume_need *need);

/* The least size in MiB, at least start, for which volume_plan() succeeds; 0 if there is none. */
uint64_t volume_least_size(uint64_t start, const struct volume_need *need);

/* After volume_plan(): mark the metadata and the inodes as used. */
void volume_open(struct volume *volume);

/* Take the next free block. The plan has made sure that there is one. */
uint32_t volume_take_block(struct volume *volume);

/* Write an inode into its table, and count it if it is a directory. */
void volume_write_inode(struct volume *volume, uint32_t ino, const struct ext2_inode *inode);

/*
 * Write bitmaps, descriptors and superblocks. label has at most 16 bytes, and the UUID is a
 * function of it; time is in seconds since 1970; ro_compat: further EXT2_RO_COMPAT_* features.
 */
void volume_close(struct volume *volume, const char *label, uint32_t time, uint32_t ro_compat);

#endif
