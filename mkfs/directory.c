/* SPDX-License-Identifier: MIT */
/* A directory's names as the entries that lie on disk; see directory.h. */
#include <string.h>

#include "directory.h"
#include "util.h"

struct encoder {
    uint8_t *bytes;
    size_t size; /* of bytes: whole blocks */
    size_t last; /* where the last entry starts */
    size_t end;  /* where the next one would start */
};

static uint8_t file_type(const struct node *node)
{
    switch (node->mode & EXT2_S_IFMT) {
    case EXT2_S_IFREG:
        return EXT2_FT_REG;
    case EXT2_S_IFDIR:
        return EXT2_FT_DIR;
    case EXT2_S_IFCHR:
        return EXT2_FT_CHR;
    case EXT2_S_IFBLK:
        return EXT2_FT_BLK;
    case EXT2_S_IFIFO:
        return EXT2_FT_FIFO;
    case EXT2_S_IFLNK:
        return EXT2_FT_SYMLINK;
    default:
        return EXT2_FT_UNKNOWN;
    }
}

/* Give the space behind the last entry, up to the end of its block, to that entry. */
static void close_block(struct encoder *encoder)
{
    struct ext2_dir_entry *last = (struct ext2_dir_entry *)(encoder->bytes + encoder->last);

    last->rec_len = (uint16_t)(encoder->size - encoder->last);
}

static void add_entry(struct encoder *encoder, const char *name, const struct node *node)
{
    size_t length = strlen(name);
    size_t need = EXT2_DIR_REC_LEN(length);

    if (encoder->end + need > encoder->size) {
        if (encoder->size)
            close_block(encoder);
        encoder->end = encoder->size;
        encoder->bytes = xrealloc(encoder->bytes, encoder->size + EXT2_BLOCK_SIZE, 1);
        memset(encoder->bytes + encoder->size, 0, EXT2_BLOCK_SIZE);
        encoder->size += EXT2_BLOCK_SIZE;
    }

    struct ext2_dir_entry *entry = (struct ext2_dir_entry *)(encoder->bytes + encoder->end);

    entry->inode = node->ino;
    entry->rec_len = (uint16_t)need;
    entry->name_len = (uint8_t)length;
    entry->file_type = file_type(node);
    memcpy(entry->name, name, length);
    encoder->last = encoder->end;
    encoder->end += need;
}

void directory_encode(struct node *dir)
{
    struct encoder encoder = {0};

    add_entry(&encoder, ".", dir);
    add_entry(&encoder, "..", dir->parent);
    for (size_t i = 0; i < dir->name_count; i++)
        add_entry(&encoder, dir->names[i].text, dir->names[i].node);
    close_block(&encoder);
    dir->bytes = encoder.bytes;
    dir->size = encoder.size;
}
