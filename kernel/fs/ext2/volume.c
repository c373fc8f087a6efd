/* SPDX-License-Identifier: MIT */
/*
 * A mounted volume as a whole: its counts, its clean flag, and reports of damage.
 *
 * s_state says VALID only while nobody has the volume mounted for writing: it is cleared before the
 * first change and set by unmounting, provided that it was set before and that no damage was seen;
 * otherwise it stays for e2fsck to set.
 */
#include "kernel/fs/ext2/ext2.h"
#include "kernel/sched.h"

#define MAX_TRIES   1000 /* to get a page of memory */
#define MAX_REPORTS 40   /* a program that reads a damaged file in a loop does not fill the log */

int ext2_damage(struct ext2_volume *vol, const char *fmt, ...)
{
    unsigned reports = atomic_fetch_add(&vol->reports, 1);
    char text[128];
    va_list args;

    atomic_store(&vol->damaged, true);
    if (reports > MAX_REPORTS) {
        atomic_fetch_sub(&vol->reports, 1);
        return -EUCLEAN;
    }
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    pr_err("ext2 on %s: damaged: %s\n", vol->bdev->name,
           reports < MAX_REPORTS ? text : "further reports are left out; check it with e2fsck");
    return -EUCLEAN;
}

struct page *ext2_bread_patiently(struct ext2_volume *vol, uint32_t block)
{
    struct page *page = bread(vol->bdev, block);

    for (unsigned i = 0; i < MAX_TRIES && IS_ERR(page) && PTR_ERR(page) == -ENOMEM; i++) {
        yield();
        page = bread(vol->bdev, block);
    }
    return page;
}

int ext2_store_super(struct ext2_volume *vol, bool in_use)
{
    struct page *page = bread(vol->bdev, 0);
    struct ext2_superblock *super;
    uint8_t *base;
    uint16_t state = 0;
    int err;

    if (IS_ERR(page))
        return (int)PTR_ERR(page);
    mutex_lock(&vol->lock);
    err = ext2_store_groups(vol);
    base = kmap_local(page);
    super = (struct ext2_superblock *)(base + EXT2_SUPER_OFFSET);
    super->s_free_blocks_count = (uint32_t)vol->free_blocks;
    super->s_free_inodes_count = (uint32_t)vol->free_inodes;
    if (vol->large_file)
        super->s_feature_ro_compat |= EXT2_RO_COMPAT_LARGE_FILE;
    if (atomic_load(&vol->damaged))
        state |= EXT2_STATE_ERROR;
    else if (!in_use && vol->was_clean && !err)
        state |= EXT2_STATE_VALID;
    state |= super->s_state & ~EXT2_STATE_VALID;
    super->s_state = state;
    super->s_wtime = (uint32_t)current_time().tv_sec;
    kunmap_local(base);
    mark_page_dirty(page);
    mutex_unlock(&vol->lock);
    put_page(page);
    return err;
}

int ext2_sync(struct super_block *sb)
{
    return sb->read_only ? 0 : ext2_store_super(ext2_volume(sb), true);
}

void ext2_unmount(struct super_block *sb)
{
    struct ext2_volume *vol = ext2_volume(sb);
    int err;

    if (sb->read_only)
        return;
    /* What was dirtied before goes first: a clean flag on the disk means that all the rest is
     * there. */
    err = ext2_store_super(vol, true);
    if (!err)
        err = bdev_sync(vol->bdev);
    sb->read_only = true;
    if (!err)
        err = ext2_store_super(vol, false);
    if (!err)
        err = bdev_sync(vol->bdev);
    if (err)
        pr_err("ext2 on %s: not unmounted cleanly (error %d)\n", vol->bdev->name, -err);
}

/* Blocks that hold the volume's own data. */
static uint64_t overhead(const struct ext2_volume *vol)
{
    uint64_t tables = (uint64_t)vol->inodes_count * vol->inode_size / EXT2_BLOCK_SIZE;
    uint64_t blocks = tables + 2ull * vol->groups_count;

    for (uint32_t group = 0; group < vol->groups_count; group++)
        if (!vol->sparse_super || ext2_group_has_super(group))
            blocks += vol->super_blocks;
    return blocks;
}

int ext2_statfs(struct super_block *sb, struct kstatfs *out)
{
    struct ext2_volume *vol = ext2_volume(sb);

    mutex_lock(&vol->lock);
    *out = (struct kstatfs){
        .type = EXT2_SUPER_MAGIC,
        .bsize = EXT2_BLOCK_SIZE,
        .blocks = vol->blocks_count - overhead(vol),
        .bfree = vol->free_blocks,
        .bavail =
            vol->free_blocks > vol->reserved_blocks ? vol->free_blocks - vol->reserved_blocks : 0,
        .files = vol->inodes_count,
        .ffree = vol->free_inodes,
        .fsid = vol->bdev->dev,
        .namelen = EXT2_NAME_MAX,
    };
    mutex_unlock(&vol->lock);
    return 0;
}
