/* SPDX-License-Identifier: MIT */
/*
 * Mounting: reads the superblock and decides whether, and how, the volume can be used.
 *
 * Refused are revision 0, blocks of another size, and INCOMPAT features that the driver lacks, each
 * with a line that names what is in the way. Unknown RO_COMPAT features leave reading. A superblock
 * that contradicts itself or its device is damage.
 */
#include "kernel/fs/ext2/ext2.h"

#define SUPPORTED_INCOMPAT  EXT2_INCOMPAT_FILETYPE
#define SUPPORTED_RO_COMPAT (EXT2_RO_COMPAT_SPARSE_SUPER | EXT2_RO_COMPAT_LARGE_FILE)

/* The largest volume has so many, of the usual size. */
#define MAX_GROUPS ((1ull << 32) / EXT2_BITS_PER_BLOCK)

/* Names by bit, as e2fsprogs has them. */
static const char *const incompat_names[] = {
    "compression", "filetype", "needs_recovery", "journal_dev", "meta_bg",
    NULL,          "extent",   "64bit",          "mmp",         "flex_bg",
    "ea_inode",    NULL,       "dirdata",        "csum_seed",   "large_dir",
    "inline_data", "encrypt",  "casefold",
};
static const char *const ro_compat_names[] = {
    "sparse_super", "large_file", "btree_dir",     "huge_file", "uninit_bg",      "dir_nlink",
    "extra_isize",  "snapshot",   "quota",         "bigalloc",  "metadata_csum",  "replica",
    "read-only",    "project",    "shared_blocks", "verity",    "orphan_present",
};

/* The names of the bits, separated by blanks, for one log line. */
static void name_features(uint32_t bits, const char *const *names, unsigned count, char *text,
                          size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned bit = 0; bit < 32; bit++) {
        int n;

        if (!(bits >> bit & 1) || used >= size)
            continue;
        if (bit < count && names[bit])
            n = snprintf(text + used, size - used, " %s", names[bit]);
        else
            n = snprintf(text + used, size - used, " (bit %u)", bit);
        used += (size_t)n;
    }
}

/* Whether this is a volume, and one of the kind that this driver is for. */
static int check_kind(struct block_device *bdev, const struct ext2_superblock *super)
{
    uint32_t unknown = super->s_feature_incompat & ~SUPPORTED_INCOMPAT;
    char names[160];

    if (super->s_magic != EXT2_SUPER_MAGIC) {
        pr_err("ext2 on %s: no ext2 volume (magic %#x)\n", bdev->name, super->s_magic);
        return -EINVAL;
    }
    if (super->s_rev_level != EXT2_DYNAMIC_REV) {
        pr_err("ext2 on %s: revision %u, only 1 is supported\n", bdev->name, super->s_rev_level);
        return -EINVAL;
    }
    if (super->s_log_block_size != EXT2_BLOCK_SHIFT - 10) {
        pr_err("ext2 on %s: blocks of 1024 << %u bytes, only 4096 is supported\n", bdev->name,
               super->s_log_block_size);
        return -EINVAL;
    }
    if (unknown) {
        name_features(unknown, incompat_names, ARRAY_SIZE(incompat_names), names, sizeof(names));
        pr_err("ext2 on %s: features not supported:%s\n", bdev->name, names);
        return -EINVAL;
    }
    return 0;
}

/* The volume's proportions: everything that later arithmetic relies on. */
static int check_geometry(struct ext2_volume *vol, const struct ext2_superblock *super)
{
    uint64_t device_blocks = (uint64_t)vol->bdev->size / EXT2_BLOCK_SIZE;
    uint32_t size = super->s_inode_size, per_group = super->s_inodes_per_group;

    if (super->s_first_data_block != 0 || super->s_blocks_count < 2 ||
        super->s_blocks_count > device_blocks)
        return ext2_damage(vol, "%u blocks on a device of %llu", super->s_blocks_count,
                           (unsigned long long)device_blocks);
    if (super->s_blocks_per_group < 8 || super->s_blocks_per_group > EXT2_BITS_PER_BLOCK ||
        super->s_blocks_per_group % 8)
        return ext2_damage(vol, "%u blocks a group", super->s_blocks_per_group);
    if (size < sizeof(struct ext2_inode) || size > EXT2_BLOCK_SIZE || (size & (size - 1)))
        return ext2_damage(vol, "inodes of %u bytes", size);
    if (!per_group || per_group > EXT2_BITS_PER_BLOCK || per_group % (EXT2_BLOCK_SIZE / size))
        return ext2_damage(vol, "%u inodes a group", per_group);
    vol->groups_count = (super->s_blocks_count - 1) / super->s_blocks_per_group + 1;
    if (vol->groups_count > MAX_GROUPS)
        return ext2_damage(vol, "%u groups", vol->groups_count);
    if (super->s_inodes_count != (uint64_t)vol->groups_count * per_group)
        return ext2_damage(vol, "%u inodes in %u groups", super->s_inodes_count, vol->groups_count);
    if (super->s_first_ino <= EXT2_ROOT_INO || super->s_first_ino > super->s_inodes_count)
        return ext2_damage(vol, "first inode %u", super->s_first_ino);
    vol->super_blocks = 1 + (vol->groups_count - 1) / EXT2_DESCS_PER_BLOCK + 1;
    vol->super_blocks += super->s_reserved_gdt_blocks; /* kept free for a longer table */
    return 0;
}

static void copy_super(struct ext2_volume *vol, const struct ext2_superblock *super)
{
    vol->blocks_count = super->s_blocks_count;
    vol->reserved_blocks = super->s_r_blocks_count;
    vol->blocks_per_group = super->s_blocks_per_group;
    vol->inodes_count = super->s_inodes_count;
    vol->inodes_per_group = super->s_inodes_per_group;
    vol->first_ino = super->s_first_ino;
    vol->inode_size = super->s_inode_size;
    vol->sparse_super = super->s_feature_ro_compat & EXT2_RO_COMPAT_SPARSE_SUPER;
    vol->large_file = super->s_feature_ro_compat & EXT2_RO_COMPAT_LARGE_FILE;
    vol->filetype = super->s_feature_incompat & EXT2_INCOMPAT_FILETYPE;
    vol->was_clean = (super->s_state & (EXT2_STATE_VALID | EXT2_STATE_ERROR)) == EXT2_STATE_VALID;
}

/* Says why a volume is mounted for reading only, or that its last user did not unmount it. */
static void choose_mode(struct ext2_volume *vol, const struct ext2_superblock *super)
{
    uint32_t unknown = super->s_feature_ro_compat & ~SUPPORTED_RO_COMPAT;
    char names[160];

    if (unknown) {
        name_features(unknown, ro_compat_names, ARRAY_SIZE(ro_compat_names), names, sizeof(names));
        pr_warn("ext2 on %s: read-only, for features not supported:%s\n", vol->bdev->name, names);
    }
    vol->sb->read_only = unknown || vol->bdev->read_only;
    if (!vol->was_clean)
        pr_warn("ext2 on %s: not unmounted cleanly; check it with e2fsck\n", vol->bdev->name);
}

static int read_super(struct ext2_volume *vol)
{
    struct page *page = bread(vol->bdev, 0);
    const struct ext2_superblock *super;
    uint8_t *base;
    int err;

    if (IS_ERR(page))
        return (int)PTR_ERR(page);
    base = kmap_local(page);
    super = (const struct ext2_superblock *)(base + EXT2_SUPER_OFFSET);
    err = check_kind(vol->bdev, super);
    if (!err)
        err = check_geometry(vol, super);
    if (!err) {
        copy_super(vol, super);
        err = ext2_load_groups(vol);
    }
    if (!err)
        choose_mode(vol, super);
    kunmap_local(base);
    put_page(page);
    return err;
}

/*
 * The root of a volume that is not mounted after all must not stay among the cached inodes: having
 * no links it goes with its last reference, and of a read-only volume nothing is deleted with it.
 */
static void forget_root(struct super_block *sb, struct inode *root)
{
    sb->read_only = true;
    root->i_nlink = 0;
}

static int read_root(struct super_block *sb)
{
    struct inode *inode = ext2_iget(sb, EXT2_ROOT_INO);
    int err = 0;

    if (IS_ERR(inode))
        return (int)PTR_ERR(inode);
    if (!S_ISDIR(inode->i_mode))
        err = ext2_damage(ext2_volume(sb), "the root is no directory");
    if (!err) {
        sb->root = d_make_root(inode);
        err = sb->root ? 0 : -ENOMEM;
    }
    if (err)
        forget_root(sb, inode);
    iput(inode);
    return err;
}

/* Everything but the memory and the claim on the device. */
static int fill_super(struct super_block *sb, struct ext2_volume *vol)
{
    int err;

    sb->fs_name = "ext2";
    sb->dev = vol->bdev->dev;
    sb->bdev = vol->bdev;
    sb->ops = &ext2_super_operations;
    sb->private = vol;
    list_init(&sb->node);
    vol->sb = sb;
    mutex_init(&vol->lock, "ext2 volume", RANK_FS);
    err = read_super(vol);
    if (!err)
        err = read_root(sb);
    if (err || sb->read_only)
        return err;
    err = ext2_store_super(vol, true);
    if (!err)
        err = bdev_sync(vol->bdev);
    if (err) {
        forget_root(sb, sb->root->d_inode);
        dput(sb->root);
    }
    return err;
}

static struct super_block *ext2_mount(dev_t dev, char *options)
{
    struct block_device *bdev = find_block_device(dev);
    struct ext2_volume *vol;
    struct super_block *sb;
    int err;
    (void)options;

    if (!bdev)
        return ERR_PTR(-ENODEV);
    err = bdev_claim(bdev);
    if (err)
        return ERR_PTR(err);
    vol = kzalloc(sizeof(*vol), GFP_KERNEL);
    sb = kzalloc(sizeof(*sb), GFP_KERNEL);
    if (vol && sb) {
        vol->bdev = bdev;
        err = fill_super(sb, vol);
        if (!err)
            return sb;
        kfree(vol->groups);
    } else {
        err = -ENOMEM;
    }
    kfree(vol);
    kfree(sb);
    bdev_release(bdev);
    return ERR_PTR(err);
}

static struct file_system_type ext2_type = {.name = "ext2", .mount = ext2_mount};

void ext2_init(void)
{
    if (ext2_init_inodes()) {
        pr_err("ext2: no memory for its inode cache\n");
        return;
    }
    register_filesystem(&ext2_type);
}
