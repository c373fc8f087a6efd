/* SPDX-License-Identifier: MIT */
/* Mounting tmpfs: its options (tmpfs(5)), its limits, and how much of them is used. */
#include "kernel/fs/tmpfs/tmpfs.h"
#include "kernel/fs/internal.h"
#include "kernel/fs/seq_file.h"
#include "kernel/fs/shmem.h"
#include "kernel/printk.h"

/* Pages of memory, and how many of them all files that are only memory may have. */
static size_t memory_pages, all_max_pages;

/* --- counting --- */

static int charge(atomic_size_t *count, size_t limit)
{
    size_t old = atomic_load(count);

    do {
        if (limit && old >= limit)
            return -ENOSPC;
    } while (!atomic_compare_exchange_weak(count, &old, old + 1));
    return 0;
}

int tmpfs_charge_inode(struct super_block *sb)
{
    return charge(&tmpfs_volume(sb)->inodes, tmpfs_volume(sb)->max_inodes);
}

void tmpfs_uncharge_inode(struct super_block *sb)
{
    atomic_fetch_sub(&tmpfs_volume(sb)->inodes, 1);
}

int tmpfs_charge_page(struct super_block *sb)
{
    if (filemap_shmem_pages() >= all_max_pages)
        return -ENOSPC;
    return charge(&tmpfs_volume(sb)->pages, tmpfs_volume(sb)->max_pages);
}

void tmpfs_uncharge_page(struct super_block *sb)
{
    atomic_fetch_sub(&tmpfs_volume(sb)->pages, 1);
}

size_t tmpfs_all_max_pages(void)
{
    return all_max_pages;
}

/* --- options --- */

struct options {
    size_t max_pages, max_inodes;
    unsigned mode, uid, gid;
};

/* Digits in `base`, and what follows them in *end. False: no digit, or too large. */
static bool parse_number(const char *s, unsigned base, uint64_t *value, const char **end)
{
    *value = 0;
    for (*end = s; **end >= '0' && **end < (char)('0' + base); ++*end)
        if (__builtin_mul_overflow(*value, base, value) ||
            __builtin_add_overflow(*value, (uint64_t)(**end - '0'), value))
            return false;
    return *end != s;
}

/* A count with k, m or g behind it; with % it is that much of `whole`. */
static bool parse_size(const char *s, uint64_t whole, uint64_t *value)
{
    const char *end;
    uint64_t unit = 1;

    if (!parse_number(s, 10, value, &end))
        return false;
    switch (*end) {
    case '%':
        unit = whole / 100;
        break;
    case 'k':
    case 'K':
        unit = KiB;
        break;
    case 'm':
    case 'M':
        unit = MiB;
        break;
    case 'g':
    case 'G':
        unit = GiB;
        break;
    }
    return !end[*end != '\0'] && !__builtin_mul_overflow(*value, unit, value) &&
           *value <= INT64_MAX - PAGE_SIZE;
}

static bool parse_unsigned(const char *s, unsigned base, unsigned *value)
{
    const char *end;
    uint64_t n;

    if (!parse_number(s, base, &n, &end) || *end || n > UINT32_MAX)
        return false;
    *value = (unsigned)n;
    return true;
}

static int parse_option(struct options *o, const char *name, const char *value)
{
    uint64_t n;

    if (strcmp(name, "size") == 0 && parse_size(value, memory_pages * PAGE_SIZE, &n))
        o->max_pages = ALIGN_UP(n, PAGE_SIZE) / PAGE_SIZE;
    else if (strcmp(name, "nr_blocks") == 0 && parse_size(value, memory_pages, &n))
        o->max_pages = n;
    else if (strcmp(name, "nr_inodes") == 0 && parse_size(value, memory_pages, &n))
        o->max_inodes = n;
    else if (strcmp(name, "mode") == 0 && parse_unsigned(value, 8, &o->mode))
        o->mode &= S_IALLUGO;
    else if (strcmp(name, "uid") == 0 && parse_unsigned(value, 10, &o->uid))
        return 0;
    else if (strcmp(name, "gid") == 0 && parse_unsigned(value, 10, &o->gid))
        return 0;
    else
        return -EINVAL;
    return 0;
}

/* "name=value,name=value"; cuts the text up. */
static int parse_options(struct options *o, char *text)
{
    int err = 0;

    while (!err && text) {
        char *option = text, *value;

        text = strchr(text, ',');
        if (text)
            *text++ = '\0';
        if (!*option)
            continue;
        value = strchr(option, '=');
        if (!value)
            return -EINVAL;
        *value++ = '\0';
        err = parse_option(o, option, value);
    }
    return err;
}

/* --- the volume --- */

static int tmpfs_statfs(struct super_block *sb, struct kstatfs *out)
{
    struct tmpfs_volume *vol = tmpfs_volume(sb);
    size_t pages = atomic_load(&vol->pages), inodes = atomic_load(&vol->inodes);

    out->type = TMPFS_MAGIC;
    out->bsize = PAGE_SIZE;
    out->namelen = NAME_MAX;
    if (vol->max_pages) {
        out->blocks = vol->max_pages;
        out->bfree = out->bavail = vol->max_pages - min(pages, vol->max_pages);
    }
    if (vol->max_inodes) {
        out->files = vol->max_inodes;
        out->ffree = vol->max_inodes - min(inodes, vol->max_inodes);
    }
    return 0;
}

static void tmpfs_show_options(struct seq_file *m, struct super_block *sb)
{
    struct tmpfs_volume *vol = tmpfs_volume(sb);

    if (vol->max_pages != memory_pages / 2)
        seq_printf(m, ",size=%luk", vol->max_pages * (PAGE_SIZE / KiB));
    if (vol->max_inodes != memory_pages / 2)
        seq_printf(m, ",nr_inodes=%lu", vol->max_inodes);
}

static void tmpfs_kill(struct super_block *sb)
{
    tmpfs_empty(sb->root->d_inode);
    dput(sb->root);
    kfree(tmpfs_volume(sb));
}

static const struct super_operations tmpfs_super_operations = {
    .alloc_inode = tmpfs_alloc_inode,
    .free_inode = tmpfs_free_inode,
    .statfs = tmpfs_statfs,
    .show_options = tmpfs_show_options,
    .kill = tmpfs_kill,
};

struct tmpfs_volume *tmpfs_make_volume(dev_t dev)
{
    struct tmpfs_volume *vol = kzalloc(sizeof(*vol), GFP_KERNEL);

    if (!vol)
        return ERR_PTR(-ENOMEM);
    vol->sb.fs_name = "tmpfs";
    vol->sb.dev = dev;
    vol->sb.ops = &tmpfs_super_operations;
    vol->sb.in_memory = true;
    vol->sb.private = vol;
    return vol;
}

static struct dentry *make_root(struct super_block *sb, const struct options *o)
{
    struct inode *inode = tmpfs_new_inode(sb, S_IFDIR | o->mode, 0);
    struct dentry *root;

    if (IS_ERR(inode))
        return NULL;
    inode->i_uid = o->uid;
    inode->i_gid = o->gid;
    root = d_make_root(inode);
    iput(inode); /* the dentry has a reference of its own */
    return root;
}

static struct super_block *tmpfs_mount(dev_t dev, char *options)
{
    struct options o = {
        .max_pages = memory_pages / 2, .max_inodes = memory_pages / 2, .mode = S_ISVTX | S_IRWXUGO};
    int err = parse_options(&o, options);
    struct tmpfs_volume *vol;

    if (err)
        return ERR_PTR(err);
    vol = tmpfs_make_volume(dev);
    if (IS_ERR(vol))
        return ERR_PTR(PTR_ERR(vol));
    vol->max_pages = o.max_pages;
    vol->max_inodes = o.max_inodes;
    vol->sb.root = make_root(&vol->sb, &o);
    if (vol->sb.root)
        return &vol->sb;
    kfree(vol);
    return ERR_PTR(-ENOMEM);
}

void tmpfs_init(void)
{
    static struct file_system_type type = {.name = "tmpfs", .nodev = true, .mount = tmpfs_mount};
    struct page_counts counts;
    struct dentry *where;
    int err;

    page_alloc_counts(&counts);
    memory_pages = counts.total;
    all_max_pages = memory_pages / 4 * 3;
    tmpfs_inode_init();
    tmpfs_shmem_init();
    register_filesystem(&type);

    where = path_lookup(root_dentry(), "/dev/shm", LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
    err = IS_ERR(where) ? (int)PTR_ERR(where) : vfs_mount("tmpfs", 0, NULL, where);
    if (err)
        pr_warn("tmpfs: cannot be mounted on /dev/shm: error %d\n", -err);
    if (!IS_ERR(where))
        dput(where);
}
