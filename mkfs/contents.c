/* SPDX-License-Identifier: MIT */
/* The contents of files, block by block; see contents.h. */
#define _GNU_SOURCE /* SEEK_DATA */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "contents.h"
#include "directory.h"
#include "util.h"

#define READ_SIZE (256 * EXT2_BLOCK_SIZE)

/* i_blocks counts in units of 512 bytes, in 32 bits. */
#define MAP_BLOCKS_MAX (UINT32_MAX / (EXT2_BLOCK_SIZE / 512))

/* What the direct and the indirect blocks can map. */
#define FILE_SIZE_MAX                                                                              \
    (EXT2_BLOCK_SIZE * (EXT2_NDIR_BLOCKS + contents_span(1) + contents_span(2) + contents_span(3)))

/* Read at most size bytes; fewer only at the end of the file. */
static size_t read_at(const struct node *node, int fd, uint64_t offset, uint8_t *buffer,
                      size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = pread(fd, buffer + done, size - done, (off_t)(offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            fail_errno(node->origin);
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return done;
}

int contents_open(const struct node *node)
{
    if (!node_is(node, EXT2_S_IFREG) || node->size == 0)
        return -1;

    int fd = open(node->origin, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        fail_errno(node->origin);
    return fd;
}

void contents_read(const struct node *node, int fd, uint64_t block, uint8_t *buffer)
{
    uint64_t offset = block * EXT2_BLOCK_SIZE;
    uint64_t left = node->size - offset;
    size_t size = left < EXT2_BLOCK_SIZE ? (size_t)left : EXT2_BLOCK_SIZE;

    memset(buffer + size, 0, EXT2_BLOCK_SIZE - size);
    if (node->bytes)
        memcpy(buffer, node->bytes + offset, size);
    else if (read_at(node, fd, offset, buffer, size) < size)
        fail(node->origin, "became shorter while it was read");
}

/* The offset of the next data at or behind offset, as far as the host tells; size at the end. */
static uint64_t skip_hole(int fd, uint64_t offset, uint64_t size)
{
    off_t data = lseek(fd, (off_t)offset, SEEK_DATA);

    if (data < 0)
        return errno == ENXIO ? size : offset;
    return (uint64_t)data & ~(uint64_t)(EXT2_BLOCK_SIZE - 1);
}

static void find_present(struct node *node)
{
    static uint8_t buffer[READ_SIZE];
    static const uint8_t zeros[EXT2_BLOCK_SIZE];
    int fd = contents_open(node);

    node->present = xcalloc(node->size / EXT2_BLOCK_SIZE / 8 + 1, 1);
    for (uint64_t offset = 0; offset < node->size; offset += READ_SIZE) {
        offset = skip_hole(fd, offset, node->size);
        if (offset >= node->size)
            break;

        uint64_t left = node->size - offset;
        size_t size = left < READ_SIZE ? (size_t)left : READ_SIZE;

        if (read_at(node, fd, offset, buffer, size) < size)
            fail(node->origin, "became shorter while it was read");
        for (size_t at = 0; at < size; at += EXT2_BLOCK_SIZE) {
            size_t part = size - at < EXT2_BLOCK_SIZE ? size - at : EXT2_BLOCK_SIZE;

            if (memcmp(buffer + at, zeros, part) != 0)
                bit_set(node->present, (offset + at) / EXT2_BLOCK_SIZE);
        }
    }
    if (fd >= 0)
        close(fd);
}

uint64_t contents_next_block(const struct node *node, uint64_t first)
{
    uint64_t end = div_round_up(node->size, EXT2_BLOCK_SIZE);

    for (uint64_t block = first; block < end; block++) {
        if (!node->present)
            return block;
        if (node->present[block / 8] == 0)
            block |= 7;
        else if (bit_test(node->present, block))
            return block;
    }
    return UINT64_MAX;
}

/* Blocks taken by what one pointer of that level leads to; 0 for a hole. */
static uint64_t count_below(const struct node *node, int level, uint64_t first)
{
    uint64_t end = first + contents_span(level);
    uint64_t next = contents_next_block(node, first);
    uint64_t count = 1;

    if (next >= end)
        return 0;
    if (level == 0)
        return 1;

    uint64_t step = contents_span(level - 1);

    while (next < end) {
        first += (next - first) / step * step;
        count += count_below(node, level - 1, first);
        first += step;
        next = contents_next_block(node, first);
    }
    return count;
}

static void count_blocks(struct node *node)
{
    uint64_t first = 0, count = 0;

    for (int slot = 0; slot < EXT2_N_BLOCKS; slot++) {
        count += count_below(node, contents_slot_level(slot), first);
        first += contents_span(contents_slot_level(slot));
    }
    if (count > MAP_BLOCKS_MAX)
        fail(node->origin, "larger than an ext2 file can be");
    node->map_blocks = (uint32_t)count;
}

void contents_prepare(struct node *node)
{
    if (node_is(node, EXT2_S_IFREG)) {
        if (node->size > FILE_SIZE_MAX)
            fail(node->origin, "larger than an ext2 file can be");
        find_present(node);
    } else if (node_is(node, EXT2_S_IFDIR)) {
        directory_encode(node);
    } else if (node_is(node, EXT2_S_IFLNK)) {
        node->size = strlen(node->target);
        if (node->size <= EXT2_FAST_SYMLINK_MAX)
            return;
        node->bytes = (uint8_t *)node->target;
    }
    count_blocks(node);
}
