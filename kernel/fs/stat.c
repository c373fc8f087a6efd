/* SPDX-License-Identifier: MIT */
/* What is known about a file, in the three forms in which Linux tells it; about a file system. */
#include "kernel/fs/internal.h"
#include <arch/uabi.h>
#include "kernel/string.h"
#include "kernel/syscall.h"

#define AT_NO_AUTOMOUNT 0x800

static long stat_to_user(struct inode *inode, uaddr_t ubuf)
{
    struct stat st;

    memset(&st, 0, sizeof(st));
    st.st_dev = inode->i_sb->dev;
    st.st_ino = inode->i_ino;
    st.st_mode = inode->i_mode;
    st.st_nlink = inode->i_nlink;
    st.st_uid = inode->i_uid;
    st.st_gid = inode->i_gid;
    st.st_rdev = inode->i_rdev;
    st.st_size = inode->i_size;
    st.st_blksize = PAGE_SIZE;
    st.st_blocks = (int64_t)inode->i_blocks;
    st.st_atim = inode->i_atime;
    st.st_mtim = inode->i_mtime;
    st.st_ctim = inode->i_ctime;
    return copy_to_user(ubuf, &st, sizeof(st));
}

SYSCALL2(fstat, int, fd, uaddr_t, ubuf)
{
    struct file *f = fget_path(fd);
    long ret;

    if (!f)
        return -EBADF;
    ret = stat_to_user(f->f_inode, ubuf);
    fput(f);
    return ret;
}

SYSCALL4(newfstatat, int, dfd, uaddr_t, upath, uaddr_t, ubuf, unsigned, flags)
{
    struct dentry *d;
    long ret;

    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT))
        return -EINVAL;
    d = lookup_by(dfd, upath, flags);
    if (IS_ERR(d))
        return PTR_ERR(d);
    ret = stat_to_user(d->d_inode, ubuf);
    dput(d);
    return ret;
}

/* statx(2): the same layout on every architecture. */
struct statx_time {
    int64_t sec;
    uint32_t nsec, pad;
};
struct statx {
    uint32_t mask, blksize;
    uint64_t attributes;
    uint32_t nlink, uid, gid;
    uint16_t mode, pad1;
    uint64_t ino, size, blocks, attributes_mask;
    struct statx_time atime, btime, ctime, mtime;
    uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
    uint64_t pad2[14];
};
_Static_assert(sizeof(struct statx) == 256, "Linux's struct statx");

#define STATX_BASIC_STATS 0x7ff
#define STATX_RESERVED    0x80000000u
#define AT_STATX_SYNC     0x6000 /* both bits of how fresh it has to be; here it always is */

static struct statx_time to_statx(struct timespec t)
{
    return (struct statx_time){t.tv_sec, (uint32_t)t.tv_nsec, 0};
}

static long statx_to_user(struct inode *inode, uaddr_t ubuf)
{
    struct statx st = {
        .mask = STATX_BASIC_STATS,
        .blksize = PAGE_SIZE,
        .nlink = inode->i_nlink,
        .uid = inode->i_uid,
        .gid = inode->i_gid,
        .mode = (uint16_t)inode->i_mode,
        .ino = inode->i_ino,
        .size = (uint64_t)inode->i_size,
        .blocks = inode->i_blocks,
        .atime = to_statx(inode->i_atime),
        .ctime = to_statx(inode->i_ctime),
        .mtime = to_statx(inode->i_mtime),
        .rdev_major = MAJOR(inode->i_rdev),
        .rdev_minor = MINOR(inode->i_rdev),
        .dev_major = MAJOR(inode->i_sb->dev),
        .dev_minor = MINOR(inode->i_sb->dev),
    };

    return copy_to_user(ubuf, &st, sizeof(st));
}

SYSCALL5(statx, int, dfd, uaddr_t, upath, unsigned, flags, unsigned, mask, uaddr_t, ubuf)
{
    struct dentry *d;
    long ret;

    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC) ||
        mask & STATX_RESERVED || (flags & AT_STATX_SYNC) == AT_STATX_SYNC)
        return -EINVAL;
    d = lookup_by(dfd, upath, flags);
    if (IS_ERR(d))
        return PTR_ERR(d);
    ret = statx_to_user(d->d_inode, ubuf);
    dput(d);
    return ret;
}

struct statfs {
    uint64_t type, bsize, blocks, bfree, bavail, files, ffree, fsid, namelen, frsize, flags;
    uint64_t spare[4];
};
_Static_assert(sizeof(struct statfs) == 120, "Linux's struct statfs");

#define ST_RDONLY   0x1
#define ST_VALID    0x20 /* `flags` is filled in */
#define ST_RELATIME 0x1000

static long statfs_to_user(struct super_block *sb, uaddr_t ubuf)
{
    struct kstatfs k = {.bsize = PAGE_SIZE, .fsid = sb->dev, .namelen = NAME_MAX};
    struct statfs st;
    int err = sb->ops->statfs ? sb->ops->statfs(sb, &k) : 0;

    if (err)
        return err;
    st = (struct statfs){
        .type = k.type,
        .bsize = k.bsize,
        .blocks = k.blocks,
        .bfree = k.bfree,
        .bavail = k.bavail,
        .files = k.files,
        .ffree = k.ffree,
        .fsid = k.fsid,
        .namelen = k.namelen,
        .frsize = k.bsize,
        .flags = ST_VALID | ST_RELATIME | (sb->read_only ? ST_RDONLY : 0),
    };
    return copy_to_user(ubuf, &st, sizeof(st));
}

SYSCALL2(statfs, uaddr_t, upath, uaddr_t, ubuf)
{
    struct dentry *d = lookup_at(AT_FDCWD, upath, LOOKUP_FOLLOW);
    long ret;

    if (IS_ERR(d))
        return PTR_ERR(d);
    ret = statfs_to_user(d->d_inode->i_sb, ubuf);
    dput(d);
    return ret;
}

SYSCALL2(fstatfs, int, fd, uaddr_t, ubuf)
{
    struct file *f = fget_path(fd);
    long ret;

    if (!f)
        return -EBADF;
    ret = statfs_to_user(f->f_inode->i_sb, ubuf);
    fput(f);
    return ret;
}
