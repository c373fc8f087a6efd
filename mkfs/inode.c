/* SPDX-License-Identifier: MIT */
/* Nodes of the tree written to the image; see inode.h. */
#include <string.h>
#include <unistd.h>

#include "contents.h"
#include "image.h"
#include "inode.h"
#include "util.h"

struct writer {
    struct volume *volume;
    const struct node *node;
    int fd;          /* its source, see contents_open() */
    uint32_t blocks; /* taken so far */
};

static uint32_t take_block(struct writer *writer)
{
    writer->blocks++;
    return volume_take_block(writer->volume);
}

/*
 * Write the contents that one pointer of that level leads to, from block first of the file on, and
 * return what the pointer must be; 0 for a hole. An indirect block lies right before what it maps,
 * where a reader who runs through the file needs it.
 */
static uint32_t write_below(struct writer *writer, int level, uint64_t first)
{
    uint64_t end = first + contents_span(level);
    uint64_t next = contents_next_block(writer->node, first);

    if (next >= end)
        return 0;

    uint32_t block = take_block(writer);

    if (level == 0) {
        uint8_t data[EXT2_BLOCK_SIZE];

        contents_read(writer->node, writer->fd, first, data);
        image_write_block(block, data);
        return block;
    }

    uint32_t pointers[EXT2_PTRS_PER_BLOCK] = {0};
    uint64_t step = contents_span(level - 1);

    while (next < end) {
        uint64_t i = (next - first) / step;

        pointers[i] = write_below(writer, level - 1, first + i * step);
        next = contents_next_block(writer->node, first + (i + 1) * step);
    }
    image_write_block(block, pointers);
    return block;
}

static void write_contents(struct volume *volume, const struct node *node, struct ext2_inode *inode)
{
    struct writer writer = {.volume = volume, .node = node, .fd = contents_open(node)};
    uint64_t first = 0;

    for (int slot = 0; slot < EXT2_N_BLOCKS; slot++) {
        int level = contents_slot_level(slot);

        inode->i_block[slot] = write_below(&writer, level, first);
        first += contents_span(level);
    }
    inode->i_blocks = writer.blocks * (EXT2_BLOCK_SIZE / 512);
    if (writer.fd >= 0)
        close(writer.fd);
}

void inode_write(struct volume *volume, const struct node *node)
{
    struct ext2_inode inode = {
        .i_mode = node->mode,
        .i_size = (uint32_t)node->size,
        .i_size_high = (uint32_t)(node->size >> 32),
        .i_atime = node->mtime,
        .i_ctime = node->mtime,
        .i_mtime = node->mtime,
        .i_links_count = (uint16_t)node->links,
    };

    if (node_is(node, EXT2_S_IFCHR) || node_is(node, EXT2_S_IFBLK))
        ext2_encode_dev(inode.i_block, node->major, node->minor);
    else if (node_is(node, EXT2_S_IFLNK) && node->size <= EXT2_FAST_SYMLINK_MAX)
        memcpy(inode.i_block, node->target, node->size);
    else if (!node_is(node, EXT2_S_IFIFO))
        write_contents(volume, node, &inode);
    volume_write_inode(volume, node->ino, &inode);
}
