/* SPDX-License-Identifier: MIT */
/*
 * The contents of files, block by block: what the host's file holds, a directory's entries, or a
 * long symbolic link. Blocks of zeros in regular files become holes, whether or not the source has
 * one there, so that the image depends on the bytes alone.
 */
#ifndef MKFS_CONTENTS_H
#define MKFS_CONTENTS_H

#include "tree.h"

/*
 * Find out what a numbered node's contents are: sets size, present, bytes, map_blocks. Reads
 * regular files through. Fails if the file cannot be read or is larger than ext2 allows.
 */
void contents_prepare(struct node *node);

/*
 * The number of the first block from first on that is no hole, or UINT64_MAX when there is none.
 * Blocks are counted from 0 at the start of the file.
 */
uint64_t contents_next_block(const struct node *node, uint64_t first);

/*
 * Copy one block into buffer (EXT2_BLOCK_SIZE bytes), zeros behind the end. fd is the source opened
 * by contents_open(). Fails if the file became shorter since contents_prepare().
 */
void contents_read(const struct node *node, int fd, uint64_t block, uint8_t *buffer);

/* Open the source for contents_read(): a file descriptor to close, or -1 if none is needed. */
int contents_open(const struct node *node);

/*
 * Blocks that one slot of i_block[] leads to: 1 for a direct one, else the blocks below an indirect
 * block of that level (1 to 3).
 */
static inline uint64_t contents_span(int level)
{
    return 1ull << EXT2_PTRS_SHIFT * level;
}

/* The level of i_block[slot]: 0 for a direct block, 1 to 3 for indirect ones. */
static inline int contents_slot_level(int slot)
{
    return slot < EXT2_NDIR_BLOCKS ? 0 : slot - EXT2_NDIR_BLOCKS + 1;
}

#endif
