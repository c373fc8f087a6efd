/* SPDX-License-Identifier: MIT */
/*
 * A file's attributes: mode, owner, times, and whether one may access it.
 *
 * i_lock guards them against each other. Those of a file system that does not store any (it has no
 * write_inode, and is not all in memory) are as the kernel makes them: changing them is -EPERM.
 * Every process is root: the one thing that root may not do is run a file that nobody may run.
 */
#include "kernel/fs/internal.h"
#include "kernel/syscall.h"

#define X_OK       1
#define W_OK       2
#define R_OK       4
#define AT_EACCESS 0x200

/* Takes i_lock. attr_end() marks the inode changed and gives it back. */
static int attr_begin(struct inode *inode)
{
    if (inode->i_sb->read_only)
        return -EROFS;
    if (!inode->i_sb->ops->write_inode && !inode->i_sb->in_memory)
        return -EPERM;
    mutex_lock(&inode->i_lock);
    return 0;
}

static void attr_end(struct inode *inode)
{
    inode->i_ctime = current_time();
    mark_inode_dirty(inode);
    mutex_unlock(&inode->i_lock);
}

static int do_chmod(struct inode *inode, unsigned mode)
{
    int err;

    if (S_ISLNK(inode->i_mode))
        return -EOPNOTSUPP;
    err = attr_begin(inode);
    if (err)
        return err;
    mode = (inode->i_mode & S_IFMT) | (mode & S_IALLUGO);
    err = inode->i_op->may_chmod ? inode->i_op->may_chmod(inode, mode) : 0;
    if (err) {
        mutex_unlock(&inode->i_lock);
        return err;
    }
    inode->i_mode = mode;
    attr_end(inode);
    return 0;
}

SYSCALL2(fchmod, int, fd, unsigned, mode)
{
    struct file *f = fget(fd);
    int err;

    if (!f)
        return -EBADF;
    err = do_chmod(f->f_inode, mode);
    fput(f);
    return err;
}

SYSCALL3(fchmodat, int, dfd, uaddr_t, upath, unsigned, mode)
{
    struct dentry *d = lookup_at(dfd, upath, LOOKUP_FOLLOW);
    int err;

    if (IS_ERR(d))
        return PTR_ERR(d);
    err = do_chmod(d->d_inode, mode);
    dput(d);
    return err;
}

/* An id of -1 stays as it is. A program that changes hands is set-user-id no longer. */
static int do_chown(struct inode *inode, uint32_t uid, uint32_t gid)
{
    int err = attr_begin(inode);

    if (err)
        return err;
    if (uid != UINT32_MAX)
        inode->i_uid = uid;
    if (gid != UINT32_MAX)
        inode->i_gid = gid;
    if (!S_ISDIR(inode->i_mode)) {
        inode->i_mode &= ~S_ISUID;
        if (inode->i_mode & 0010)
            inode->i_mode &= ~S_ISGID;
    }
    attr_end(inode);
    return 0;
}

SYSCALL3(fchown, int, fd, uint32_t, uid, uint32_t, gid)
{
    struct file *f = fget(fd);
    int err;

    if (!f)
        return -EBADF;
    err = do_chown(f->f_inode, uid, gid);
    fput(f);
    return err;
}

SYSCALL5(fchownat, int, dfd, uaddr_t, upath, uint32_t, uid, uint32_t, gid, int, flags)
{
    struct dentry *d;
    int err;

    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    d = lookup_by(dfd, upath, (unsigned)flags);
    if (IS_ERR(d))
        return PTR_ERR(d);
    err = do_chown(d->d_inode, uid, gid);
    dput(d);
    return err;
}

static bool valid_time(const struct timespec *t)
{
    return t->tv_nsec == UTIME_NOW || t->tv_nsec == UTIME_OMIT ||
           (t->tv_nsec >= 0 && t->tv_nsec < NSEC_PER_SEC);
}

static void set_time(struct timespec *to, const struct timespec *t)
{
    if (t->tv_nsec == UTIME_NOW)
        *to = current_time();
    else if (t->tv_nsec != UTIME_OMIT)
        *to = *t;
}

static int set_times(struct inode *inode, const struct timespec times[2])
{
    int err;

    if (times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT)
        return 0;
    err = attr_begin(inode);
    if (err)
        return err;
    set_time(&inode->i_atime, &times[0]);
    set_time(&inode->i_mtime, &times[1]);
    attr_end(inode);
    return 0;
}

/* No path at all: the file that is open as dfd (futimens). */
static struct dentry *utimes_lookup(int dfd, uaddr_t upath, int flags)
{
    struct dentry *d;
    struct file *f;

    if (upath || dfd == AT_FDCWD)
        return lookup_by(dfd, upath, (unsigned)flags);
    if (flags)
        return ERR_PTR(-EINVAL);
    f = fget(dfd);
    if (!f)
        return ERR_PTR(-EBADF);
    d = dget(f->f_dentry);
    fput(f);
    return d;
}

int do_utimes(int dfd, uaddr_t upath, const struct timespec times[2], int flags)
{
    struct dentry *d;
    int err;

    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) || !valid_time(&times[0]) ||
        !valid_time(&times[1]))
        return -EINVAL;
    d = utimes_lookup(dfd, upath, flags);
    if (IS_ERR(d))
        return (int)PTR_ERR(d);
    err = set_times(d->d_inode, times);
    dput(d);
    return err;
}

SYSCALL4(utimensat, int, dfd, uaddr_t, upath, uaddr_t, utimes, int, flags)
{
    struct timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};

    if (utimes && copy_from_user(times, utimes, sizeof(times)))
        return -EFAULT;
    return do_utimes(dfd, upath, times, flags);
}

static int may_access(struct inode *inode, unsigned wanted)
{
    unsigned mode = inode->i_mode;

    if (wanted & W_OK && inode->i_sb->read_only && (S_ISREG(mode) || S_ISDIR(mode)))
        return -EROFS;
    if (wanted & X_OK && !S_ISDIR(mode) && !(mode & S_IXUGO))
        return -EACCES;
    return 0;
}

static long do_access(int dfd, uaddr_t upath, unsigned wanted, unsigned flags)
{
    struct dentry *d;
    int err;

    if (wanted & ~(R_OK | W_OK | X_OK) ||
        flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    d = lookup_by(dfd, upath, (unsigned)flags);
    if (IS_ERR(d))
        return PTR_ERR(d);
    err = may_access(d->d_inode, wanted);
    dput(d);
    return err;
}

SYSCALL3(faccessat, int, dfd, uaddr_t, upath, unsigned, mode)
{
    return do_access(dfd, upath, mode, 0);
}

SYSCALL4(faccessat2, int, dfd, uaddr_t, upath, unsigned, mode, unsigned, flags)
{
    return do_access(dfd, upath, mode, flags);
}
