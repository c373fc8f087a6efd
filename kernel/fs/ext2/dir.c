/* SPDX-License-Identifier: MIT */
/*
 * Entries in a directory's pages (their format: mkfs/ext2_format.h).
 *
 * An entry's rec_len may be longer than its name needs: the rest is free, and a new name splits it.
 * A removed entry is added to the one before it, or, as a block's first, gets inode 0. A directory
 * grows by whole blocks and never shrinks.
 *
 * The directory's i_lock is held everywhere; changes are made with the page locked as well, so that
 * what reaches the disk is never half of one. Entries never move, so an offset found stays true.
 */
#include "kernel/fs/ext2/ext2.h"

#define MAX_DIR_SIZE INT32_MAX

int ext2_check_entry(struct inode *dir, const uint8_t *base, uint64_t index, uint32_t offset)
{
    const struct ext2_dir_entry *entry = (const struct ext2_dir_entry *)(base + offset);
    const char *wrong;

    if (entry->rec_len < EXT2_DIR_REC_LEN(1))
        wrong = "too short";
    else if (entry->rec_len % 4)
        wrong = "unaligned";
    else if (entry->rec_len > EXT2_BLOCK_SIZE - offset)
        wrong = "longer than its block";
    else if (entry->inode &&
             (!entry->name_len || EXT2_DIR_REC_LEN(entry->name_len) > entry->rec_len))
        wrong = "name and length do not fit";
    else
        return 0;
    return ext2_damage(ext2_volume(dir->i_sb), "directory %llu, block %llu, entry at %u: %s",
                       (unsigned long long)dir->i_ino, (unsigned long long)index, offset, wrong);
}

static bool entry_is(const struct ext2_dir_entry *entry, const char *name, size_t len)
{
    return entry->inode && entry->name_len == len && !memcmp(entry->name, name, len);
}

/* Looks in one block. 0, -ENOENT or -EUCLEAN. */
static int find_in_block(struct inode *dir, struct page *page, uint64_t index, const char *name,
                         size_t len, struct ext2_entry *out)
{
    uint8_t *base = kmap_local(page);
    int err = -ENOENT;

    for (uint32_t offset = 0; offset < EXT2_BLOCK_SIZE;) {
        struct ext2_dir_entry *entry = (struct ext2_dir_entry *)(base + offset);
        int bad = ext2_check_entry(dir, base, index, offset);

        if (bad) {
            err = bad;
            break;
        }
        if (entry_is(entry, name, len)) {
            *out = (struct ext2_entry){.page = page, .offset = offset, .ino = entry->inode};
            err = 0;
            break;
        }
        offset += entry->rec_len;
    }
    kunmap_local(base);
    return err;
}

int ext2_find_entry(struct inode *dir, const char *name, size_t len, struct ext2_entry *out)
{
    uint64_t blocks = ext2_dir_blocks(dir);

    if (len > EXT2_NAME_MAX)
        return -ENAMETOOLONG;
    for (uint64_t index = 0; index < blocks; index++) {
        struct page *page = read_mapping_page(&dir->i_data, index);
        int err;

        if (IS_ERR(page))
            return (int)PTR_ERR(page);
        err = find_in_block(dir, page, index, name, len, out);
        if (err == 0)
            return 0;
        put_page(page);
        if (err != -ENOENT)
            return err;
    }
    return -ENOENT;
}

int ext2_find_dotdot(struct inode *dir, struct ext2_entry *out)
{
    struct page *page = read_mapping_page(&dir->i_data, 0);
    struct ext2_dir_entry *dot, *dotdot;
    uint8_t *base;
    int err;

    if (IS_ERR(page))
        return (int)PTR_ERR(page);
    base = kmap_local(page);
    dot = (struct ext2_dir_entry *)base;
    err = ext2_check_entry(dir, base, 0, 0);
    if (!err && dot->rec_len < EXT2_BLOCK_SIZE)
        err = ext2_check_entry(dir, base, 0, dot->rec_len);
    if (!err) {
        dotdot = (struct ext2_dir_entry *)(base + dot->rec_len);
        if (entry_is(dot, ".", 1) && dot->inode == dir->i_ino && dot->rec_len < EXT2_BLOCK_SIZE &&
            entry_is(dotdot, "..", 2))
            *out = (struct ext2_entry){page, dot->rec_len, dotdot->inode};
        else
            err = ext2_damage(ext2_volume(dir->i_sb),
                              "directory %llu: does not begin with \".\" and \"..\"",
                              (unsigned long long)dir->i_ino);
    }
    kunmap_local(base);
    if (err)
        put_page(page);
    return err;
}

static uint8_t entry_type(const struct inode *inode)
{
    static const uint8_t types[16] = {
        [S_IFREG >> 12] = EXT2_FT_REG,     [S_IFDIR >> 12] = EXT2_FT_DIR,
        [S_IFCHR >> 12] = EXT2_FT_CHR,     [S_IFBLK >> 12] = EXT2_FT_BLK,
        [S_IFIFO >> 12] = EXT2_FT_FIFO,    [S_IFSOCK >> 12] = EXT2_FT_SOCK,
        [S_IFLNK >> 12] = EXT2_FT_SYMLINK,
    };

    return ext2_volume(inode->i_sb)->filetype ? types[(inode->i_mode & S_IFMT) >> 12] : 0;
}

static void write_entry(struct ext2_dir_entry *entry, size_t rec_len, const char *name, size_t len,
                        const struct inode *inode)
{
    entry->rec_len = (uint16_t)rec_len;
    entry->name_len = (uint8_t)len;
    entry->file_type = entry_type(inode);
    memcpy(entry->name, name, len);
    entry->inode = (uint32_t)inode->i_ino;
}

/* The directory has changed; an index over its entries is out of date from now on. */
static void dir_changed(struct inode *dir)
{
    ext2_info(dir)->flags &= ~(uint32_t)EXT2_INDEX_FLAG;
    ext2_touch(dir);
}

/* Bytes of the entry that it needs itself. */
static uint32_t entry_used(const struct ext2_dir_entry *entry)
{
    return entry->inode ? EXT2_DIR_REC_LEN(entry->name_len) : 0;
}

/* Puts the name into a block that has room: 0, -ENOSPC or -EUCLEAN. The page is locked. */
static int add_in_block(struct inode *dir, struct page *page, uint64_t index, const char *name,
                        size_t len, struct inode *inode)
{
    uint8_t *base = kmap_local(page);
    int err = -ENOSPC;

    for (uint32_t offset = 0; offset < EXT2_BLOCK_SIZE;) {
        struct ext2_dir_entry *entry = (struct ext2_dir_entry *)(base + offset);
        int bad = ext2_check_entry(dir, base, index, offset);
        uint32_t rec_len = entry->rec_len, used;

        if (bad) {
            err = bad;
            break;
        }
        used = entry_used(entry);
        if (rec_len - used >= EXT2_DIR_REC_LEN(len)) {
            write_entry((struct ext2_dir_entry *)(base + offset + used), rec_len - used, name, len,
                        inode);
            if (used)
                entry->rec_len = (uint16_t)used;
            mark_page_dirty(page);
            err = 0;
            break;
        }
        offset += rec_len;
    }
    kunmap_local(base);
    return err;
}

static int add_block(struct inode *dir, const char *name, size_t len, struct inode *inode)
{
    struct page *page;
    uint8_t *base;

    if (dir->i_size + EXT2_BLOCK_SIZE > MAX_DIR_SIZE)
        return -ENOSPC;
    page = ext2_grow(dir, ext2_dir_blocks(dir));
    if (IS_ERR(page))
        return (int)PTR_ERR(page);
    base = kmap_local(page);
    write_entry((struct ext2_dir_entry *)base, EXT2_BLOCK_SIZE, name, len, inode);
    kunmap_local(base);
    mark_page_dirty(page);
    dir->i_size += EXT2_BLOCK_SIZE;
    unlock_put_page(page);
    return 0;
}

int ext2_add_entry(struct inode *dir, const char *name, size_t len, struct inode *inode)
{
    uint64_t blocks = ext2_dir_blocks(dir);
    int err = -ENOSPC;

    if (len > EXT2_NAME_MAX)
        return -ENAMETOOLONG;
    if (!dir->i_nlink) /* removed, while it is somebody's working directory */
        return -ENOENT;
    for (uint64_t index = 0; index < blocks && err == -ENOSPC; index++) {
        struct page *page = read_mapping_page(&dir->i_data, index);

        if (IS_ERR(page))
            return (int)PTR_ERR(page);
        lock_page(page);
        err = add_in_block(dir, page, index, name, len, inode);
        unlock_put_page(page);
    }
    if (err == -ENOSPC)
        err = add_block(dir, name, len, inode);
    if (err == 0)
        dir_changed(dir);
    return err;
}

void ext2_remove_entry(struct inode *dir, const struct ext2_entry *entry)
{
    struct ext2_dir_entry *before = NULL, *gone;
    uint8_t *base;

    lock_page(entry->page);
    base = kmap_local(entry->page);
    for (uint32_t offset = 0; offset < entry->offset; offset += before->rec_len)
        before = (struct ext2_dir_entry *)(base + offset);
    gone = (struct ext2_dir_entry *)(base + entry->offset);
    gone->inode = 0;
    if (before)
        before->rec_len += gone->rec_len;
    kunmap_local(base);
    mark_page_dirty(entry->page);
    unlock_page(entry->page);
    dir_changed(dir);
}

void ext2_set_entry(struct inode *dir, const struct ext2_entry *entry, struct inode *inode)
{
    struct ext2_dir_entry *changed;
    uint8_t *base;

    lock_page(entry->page);
    base = kmap_local(entry->page);
    changed = (struct ext2_dir_entry *)(base + entry->offset);
    changed->inode = (uint32_t)inode->i_ino;
    changed->file_type = entry_type(inode);
    kunmap_local(base);
    mark_page_dirty(entry->page);
    unlock_page(entry->page);
    dir_changed(dir);
}

int ext2_make_empty(struct inode *dir, struct inode *parent)
{
    struct page *page = ext2_grow(dir, 0);
    const uint32_t dot_len = EXT2_DIR_REC_LEN(1);
    uint8_t *base;

    if (IS_ERR(page))
        return (int)PTR_ERR(page);
    base = kmap_local(page);
    write_entry((struct ext2_dir_entry *)base, dot_len, ".", 1, dir);
    write_entry((struct ext2_dir_entry *)(base + dot_len), EXT2_BLOCK_SIZE - dot_len, "..", 2,
                parent);
    kunmap_local(base);
    mark_page_dirty(page);
    dir->i_size = EXT2_BLOCK_SIZE;
    unlock_put_page(page);
    mark_inode_dirty(dir);
    return 0;
}

/* Whether a block holds entries other than "." and "..". 0, -ENOTEMPTY or -EUCLEAN. */
static int check_block_empty(struct inode *dir, struct page *page, uint64_t index)
{
    uint8_t *base = kmap_local(page);
    int err = 0;

    for (uint32_t offset = 0; offset < EXT2_BLOCK_SIZE && !err;) {
        struct ext2_dir_entry *entry = (struct ext2_dir_entry *)(base + offset);

        err = ext2_check_entry(dir, base, index, offset);
        if (!err && entry->inode && !entry_is(entry, ".", 1) && !entry_is(entry, "..", 2))
            err = -ENOTEMPTY;
        offset += entry->rec_len;
    }
    kunmap_local(base);
    return err;
}

int ext2_check_empty(struct inode *dir)
{
    uint64_t blocks = ext2_dir_blocks(dir);
    int err = 0;

    for (uint64_t index = 0; index < blocks && !err; index++) {
        struct page *page = read_mapping_page(&dir->i_data, index);

        if (IS_ERR(page))
            return (int)PTR_ERR(page);
        err = check_block_empty(dir, page, index);
        put_page(page);
    }
    return err;
}
