/* SPDX-License-Identifier: MIT */
/*
 * File systems: which kinds there are, what is mounted where, and writing all of it to disk.
 *
 * mount_lock (RANK_MOUNT) guards the lists. What is on a disk stays mounted: umount2() answers
 * -EBUSY, and powering off writes everything first.
 */
#include "kernel/drivers/block.h"
#include "kernel/fs/internal.h"
#include "kernel/fs/seq_file.h"
#include "kernel/string.h"
#include "kernel/syscall.h"
#include "mm/slab.h"

#define MNT_FLAGS 0xf /* FORCE, DETACH, EXPIRE, UMOUNT_NOFOLLOW */
/* Flags of mount() that ask for other things than a new mount: remount, bind, move, propagation. */
#define MS_OTHER 0x1f3020ul

static struct mutex mount_lock = MUTEX_INIT(mount_lock, "mount_lock", RANK_MOUNT);
static struct list_head fs_types = LIST_HEAD_INIT(fs_types);
static struct list_head super_blocks = LIST_HEAD_INIT(super_blocks);
static struct dentry *the_root;
static atomic_uint last_anon_dev = 1; /* 1 is the pipes' */

void register_filesystem(struct file_system_type *type)
{
    mutex_lock(&mount_lock);
    list_add_tail(&type->node, &fs_types);
    mutex_unlock(&mount_lock);
}

struct dentry *root_dentry(void)
{
    return the_root;
}

dev_t get_anon_dev(void)
{
    return MKDEV(0, atomic_fetch_add(&last_anon_dev, 1) + 1);
}

static struct file_system_type *find_type(const char *name)
{
    struct file_system_type *type;

    list_for_each_entry (type, &fs_types, node) {
        if (strcmp(type->name, name) == 0)
            return type;
    }
    return NULL;
}

/* Two super blocks on one disk would each overwrite what the other wrote. */
static bool device_in_use(dev_t dev)
{
    struct super_block *sb;

    list_for_each_entry (sb, &super_blocks, node) {
        if (sb->dev == dev)
            return true;
    }
    return false;
}

static int may_mount(struct dentry *where, dev_t dev)
{
    if (dev && device_in_use(dev))
        return -EBUSY;
    if (!where)
        return the_root ? -EBUSY : 0;
    if (!S_ISDIR(where->d_inode->i_mode))
        return -ENOTDIR;
    if (where->d_unlinked)
        return -ENOENT;
    return d_is_mountpoint(where) ? -EBUSY : 0;
}

/* mount_lock held. */
static int mount_locked(const char *name, dev_t dev, char *options, struct dentry *where)
{
    struct file_system_type *type = find_type(name);
    struct super_block *sb;
    int err;

    if (!type)
        return -ENODEV;
    err = may_mount(where, dev);
    if (err)
        return err;
    sb = type->mount(dev ? dev : get_anon_dev(), options);
    if (IS_ERR(sb))
        return (int)PTR_ERR(sb);
    list_add_tail(&sb->node, &super_blocks);
    if (where)
        d_mount(dget(where), sb->root);
    else
        the_root = sb->root;
    return 0;
}

int vfs_mount(const char *type, dev_t dev, char *options, struct dentry *where)
{
    char none[1] = "";
    int err;

    mutex_lock(&mount_lock);
    err = mount_locked(type, dev, options ? options : none, where);
    mutex_unlock(&mount_lock);
    return err;
}

/* Data first: writing it may still change inodes, and these and the rest the devices' own pages. */
int vfs_sync(void)
{
    struct super_block *sb;
    int err, ret;

    ret = filemap_sync_all();
    err = sync_inodes(NULL);
    ret = ret ? ret : err;
    mutex_lock(&mount_lock);
    list_for_each_entry (sb, &super_blocks, node) {
        err = sb->ops->sync ? sb->ops->sync(sb) : 0;
        ret = ret ? ret : err;
    }
    mutex_unlock(&mount_lock);
    err = bdev_sync_all();
    return ret ? ret : err;
}

void vfs_shutdown(void)
{
    struct super_block *sb;

    vfs_sync();
    mutex_lock(&mount_lock);
    list_for_each_entry (sb, &super_blocks, node)
        if (sb->ops->unmount)
            sb->ops->unmount(sb);
    mutex_unlock(&mount_lock);
    bdev_sync_all();
}

/* A line as in Linux's /proc/mounts; `buf` holds PATH_MAX bytes. */
static void show_mount(struct seq_file *m, struct super_block *sb, char *buf)
{
    if (sb->bdev)
        seq_printf(m, "/dev/%s ", sb->bdev->name);
    else
        seq_printf(m, "%s ", sb->fs_name);
    seq_printf(m, "%s %s %s,relatime", d_path(sb->root, buf, PATH_MAX), sb->fs_name,
               sb->read_only ? "ro" : "rw");
    if (sb->ops->show_options)
        sb->ops->show_options(m, sb);
    seq_printf(m, " 0 0\n");
}

void show_mounts(struct seq_file *m)
{
    char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
    struct super_block *sb;

    if (!buf) {
        m->failed = true;
        return;
    }
    mutex_lock(&mount_lock);
    list_for_each_entry (sb, &super_blocks, node)
        show_mount(m, sb, buf);
    mutex_unlock(&mount_lock);
    kfree(buf);
}

void show_filesystems(struct seq_file *m)
{
    struct file_system_type *type;

    mutex_lock(&mount_lock);
    list_for_each_entry (type, &fs_types, node)
        seq_printf(m, "%s\t%s\n", type->nodev ? "nodev" : "", type->name);
    mutex_unlock(&mount_lock);
}

/* The device that a path names, or 0: file systems without a disk do not care what it says. */
static dev_t source_device(uaddr_t usource)
{
    struct dentry *d = usource ? lookup_at(AT_FDCWD, usource, LOOKUP_FOLLOW) : NULL;
    dev_t dev = 0;

    if (!d || IS_ERR(d))
        return 0;
    if (S_ISBLK(d->d_inode->i_mode))
        dev = d->d_inode->i_rdev;
    dput(d);
    return dev;
}

/* mount()'s last argument: "" where there is none. kfree() it. ERR_PTR. */
static char *get_options(uaddr_t data)
{
    char *options = kzalloc(PAGE_SIZE, GFP_USER);
    ssize_t n;

    if (!options)
        return ERR_PTR(-ENOMEM);
    n = data ? strncpy_from_user(options, data, PAGE_SIZE) : 0;
    if (n >= 0)
        return options;
    kfree(options);
    return ERR_PTR(n == -ENAMETOOLONG ? -EINVAL : (int)n);
}

SYSCALL5(mount, uaddr_t, usource, uaddr_t, utarget, uaddr_t, utype, uint64_t, flags, uaddr_t, data)
{
    struct dentry *where;
    char type[32], *options;
    ssize_t n;
    int err;

    if (flags & MS_OTHER)
        return -EPERM;
    n = strncpy_from_user(type, utype, sizeof(type));
    if (n < 0)
        return n == -ENAMETOOLONG ? -ENODEV : n;
    options = get_options(data);
    if (IS_ERR(options))
        return PTR_ERR(options);
    where = lookup_at(AT_FDCWD, utarget, LOOKUP_FOLLOW);
    err = IS_ERR(where) ? (int)PTR_ERR(where)
                        : vfs_mount(type, source_device(usource), options, where);
    if (!IS_ERR(where))
        dput(where);
    kfree(options);
    return err;
}

static int unmount(struct super_block *sb)
{
    struct dentry *where = NULL;

    mutex_lock(&mount_lock);
    if (sb->ops->kill)
        where = d_unmount(sb->root);
    if (where)
        list_del(&sb->node);
    mutex_unlock(&mount_lock);
    if (!where)
        return -EBUSY;
    dput(where);
    dput(sb->root); /* the caller's */
    sb->ops->kill(sb);
    return 0;
}

SYSCALL2(umount2, uaddr_t, utarget, int, flags)
{
    struct super_block *sb;
    struct dentry *d;
    int err = -EINVAL;

    if (flags & ~MNT_FLAGS)
        return -EINVAL;
    d = lookup_at(AT_FDCWD, utarget, LOOKUP_FOLLOW);
    if (IS_ERR(d))
        return PTR_ERR(d);
    sb = d->d_inode->i_sb;
    if (d == sb->root) {
        err = unmount(sb);
        if (!err)
            return 0;
    }
    dput(d);
    return err;
}
