/* SPDX-License-Identifier: MIT */
/*
 * Listing a directory. The position is the byte offset of the next entry; since entries come and go
 * between calls, a walk always starts at the block's first entry and skips what lies before it.
 */
#include "kernel/fs/ext2/ext2.h"

static unsigned dirent_type(const struct ext2_dir_entry *entry)
{
    static const uint8_t types[] = {
        [EXT2_FT_UNKNOWN] = DT_UNKNOWN,     [EXT2_FT_REG] = DT_TYPE(S_IFREG),
        [EXT2_FT_DIR] = DT_TYPE(S_IFDIR),   [EXT2_FT_CHR] = DT_TYPE(S_IFCHR),
        [EXT2_FT_BLK] = DT_TYPE(S_IFBLK),   [EXT2_FT_FIFO] = DT_TYPE(S_IFIFO),
        [EXT2_FT_SOCK] = DT_TYPE(S_IFSOCK), [EXT2_FT_SYMLINK] = DT_TYPE(S_IFLNK),
    };

    return entry->file_type < ARRAY_SIZE(types) ? types[entry->file_type] : DT_UNKNOWN;
}

/* Hands out the block's entries from ctx->pos on. 0, 1 when the caller has enough, or -EUCLEAN. */
static int list_block(struct inode *dir, const uint8_t *base, uint64_t index,
                      struct dir_context *ctx)
{
    loff_t start = (loff_t)(index << EXT2_BLOCK_SHIFT);

    for (uint32_t offset = 0; offset < EXT2_BLOCK_SIZE;) {
        const struct ext2_dir_entry *entry = (const struct ext2_dir_entry *)(base + offset);
        int err = ext2_check_entry(dir, base, index, offset);

        if (err)
            return err;
        if (entry->inode && start + offset >= ctx->pos) {
            if (memchr(entry->name, '/', entry->name_len) ||
                memchr(entry->name, '\0', entry->name_len))
                return ext2_damage(ext2_volume(dir->i_sb), "directory %llu: impossible name",
                                   (unsigned long long)dir->i_ino);
            ctx->pos = start + offset;
            if (!ctx->emit(ctx, entry->name, entry->name_len, entry->inode, dirent_type(entry)))
                return 1;
        }
        offset += entry->rec_len;
        ctx->pos = max(ctx->pos, start + offset);
    }
    return 0;
}

int ext2_readdir(struct file *f, struct dir_context *ctx)
{
    struct inode *dir = f->f_inode;
    int err = 0;

    if (ctx->pos < 0)
        return -EINVAL;
    while (ctx->pos < dir->i_size && !err) {
        uint64_t index = (uint64_t)ctx->pos >> EXT2_BLOCK_SHIFT;
        struct page *page = read_mapping_page(&dir->i_data, index);
        uint8_t *base;

        if (IS_ERR(page))
            return (int)PTR_ERR(page);
        base = kmap_local(page);
        err = list_block(dir, base, index, ctx);
        kunmap_local(base);
        put_page(page);
    }
    return min(err, 0);
}
