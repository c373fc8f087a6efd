/* SPDX-License-Identifier: MIT */
/*
 * read(), write() and their kin, and lseek().
 *
 * A file that has a position (a regular file, directory or disk) keeps f_pos_lock through the whole
 * call, so that readers sharing it each get their own part. The others have none: a reader that
 * sleeps on a terminal must not hold off who writes to it.
 */
#include "kernel/fs/internal.h"
#include "kernel/syscall.h"
#include "mm/slab.h"

#define IOV_ON_STACK 8

#define SEEK_DATA    3
#define SEEK_HOLE    4

static ssize_t vfs_read(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    if (!file_readable(f))
        return -EBADF;
    if (!access_ok(buf, n))
        return -EFAULT;
    if (!f->f_op->read)
        return S_ISDIR(f->f_inode->i_mode) ? -EISDIR : -EINVAL;
    n = min(min(n, MAX_RW_COUNT), (size_t)(INT64_MAX - *pos));
    return n ? f->f_op->read(f, buf, n, pos) : 0;
}

static ssize_t vfs_write(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    if (!file_writable(f))
        return -EBADF;
    if (!access_ok(buf, n))
        return -EFAULT;
    if (!f->f_op->write)
        return -EINVAL;
    n = min(n, MAX_RW_COUNT);
    if (n == 0)
        return 0;
    if (n > (size_t)(INT64_MAX - *pos))
        return -EFBIG;
    return f->f_op->write(f, buf, n, pos);
}

/* O_DSYNC and O_SYNC: a write is done when it is on disk. */
static ssize_t write_done(struct file *f, ssize_t n)
{
    int err = 0;

    if (n > 0 && f->f_flags & O_DSYNC && f->f_op->fsync)
        err = f->f_op->fsync(f, 0, UINT64_MAX);
    return err ? err : n;
}

typedef ssize_t (*io_fn)(struct file *f, uaddr_t buf, size_t n, loff_t *pos);

/*
 * The pieces one after the other, until one is short. The second piece of a read must not wait for
 * data when the first has got some.
 */
static ssize_t do_iov(struct file *f, const struct iovec *iov, unsigned count, loff_t *pos,
                      io_fn io)
{
    ssize_t done = 0;

    if (io == vfs_write && S_ISFIFO(f->f_inode->i_mode) && file_writable(f))
        return pipe_writev(f, iov, count);
    for (unsigned i = 0; i < count; i++) {
        size_t len = iov[i].len;
        ssize_t n;

        /* All of the first is looked at, be it too much to be moved: `io` sees to that. */
        if (done > 0)
            len = min(len, MAX_RW_COUNT - (size_t)done);
        if (done > 0 && io == vfs_read && f->f_op->poll && !(f->f_op->poll(f) & POLLIN))
            break;
        n = io(f, iov[i].base, len, pos);
        if (n < 0)
            return done ? done : n;
        done += n;
        if ((size_t)n < iov[i].len)
            break;
    }
    return done;
}

/* At the file's own position, which moves. */
static ssize_t do_iov_here(struct file *f, const struct iovec *iov, unsigned count, io_fn io)
{
    loff_t pos = 0;
    ssize_t n;

    if (!file_has_pos(f))
        return do_iov(f, iov, count, &pos, io);
    mutex_lock(&f->f_pos_lock);
    n = do_iov(f, iov, count, &f->f_pos, io);
    mutex_unlock(&f->f_pos_lock);
    return io == vfs_write ? write_done(f, n) : n;
}

static ssize_t do_iov_at(struct file *f, const struct iovec *iov, unsigned count, loff_t pos,
                         io_fn io)
{
    ssize_t n;

    if (pos < 0)
        return -EINVAL;
    if (!file_has_pos(f) && !f->f_op->llseek)
        return -ESPIPE;
    n = do_iov(f, iov, count, &pos, io);
    return io == vfs_write ? write_done(f, n) : n;
}

static long rw_here(int fd, uaddr_t buf, size_t n, io_fn io)
{
    struct iovec iov = {buf, n};
    struct file *f = fget(fd);
    long ret;

    if (!f)
        return -EBADF;
    ret = do_iov_here(f, &iov, 1, io);
    fput(f);
    return ret;
}

static long rw_at(int fd, uaddr_t buf, size_t n, loff_t pos, io_fn io)
{
    struct iovec iov = {buf, n};
    struct file *f = fget(fd);
    long ret;

    if (!f)
        return -EBADF;
    ret = do_iov_at(f, &iov, 1, pos, io);
    fput(f);
    return ret;
}

SYSCALL3(read, int, fd, uaddr_t, buf, size_t, n)
{
    return rw_here(fd, buf, n, vfs_read);
}

SYSCALL3(write, int, fd, uaddr_t, buf, size_t, n)
{
    return rw_here(fd, buf, n, vfs_write);
}

SYSCALL4(pread64, int, fd, uaddr_t, buf, size_t, n, loff_t, pos)
{
    return rw_at(fd, buf, n, pos, vfs_read);
}

SYSCALL4(pwrite64, int, fd, uaddr_t, buf, size_t, n, loff_t, pos)
{
    return rw_at(fd, buf, n, pos, vfs_write);
}

/* The array from user memory: `onstack`, or kmalloc'ed where that is too small. ERR_PTR. */
static struct iovec *get_iovec(uaddr_t uvec, unsigned long count, struct iovec *onstack)
{
    struct iovec *iov = onstack;
    uint64_t total = 0;

    if (count > UIO_MAXIOV)
        return ERR_PTR(-EINVAL);
    if (count > IOV_ON_STACK) {
        iov = kmalloc(count * sizeof(*iov), GFP_KERNEL);
        if (!iov)
            return ERR_PTR(-ENOMEM);
    }
    int err = copy_from_user(iov, uvec, count * sizeof(*iov));

    for (unsigned long i = 0; !err && i < count; i++) {
        if (iov[i].len > INT64_MAX - total)
            err = -EINVAL;
        else if (!access_ok(iov[i].base, iov[i].len))
            err = -EFAULT;
        total += iov[i].len;
    }
    if (!err)
        return iov;
    if (iov != onstack)
        kfree(iov);
    return ERR_PTR(err);
}

/* pos NULL: at the file's own position. */
static long rw_vector(int fd, uaddr_t uvec, unsigned long count, const loff_t *pos, io_fn io)
{
    struct iovec onstack[IOV_ON_STACK], *iov;
    struct file *f = fget(fd);
    long ret;

    if (!f)
        return -EBADF;
    iov = get_iovec(uvec, count, onstack);
    if (IS_ERR(iov)) {
        ret = PTR_ERR(iov);
    } else if (io == vfs_read ? !file_readable(f) : !file_writable(f)) {
        ret = -EBADF;
    } else if (pos) {
        ret = do_iov_at(f, iov, (unsigned)count, *pos, io);
    } else {
        ret = do_iov_here(f, iov, (unsigned)count, io);
    }
    if (!IS_ERR(iov) && iov != onstack)
        kfree(iov);
    fput(f);
    return ret;
}

SYSCALL3(readv, int, fd, uaddr_t, uvec, unsigned long, count)
{
    return rw_vector(fd, uvec, count, NULL, vfs_read);
}

SYSCALL3(writev, int, fd, uaddr_t, uvec, unsigned long, count)
{
    return rw_vector(fd, uvec, count, NULL, vfs_write);
}

SYSCALL4(preadv, int, fd, uaddr_t, uvec, unsigned long, count, loff_t, pos)
{
    return rw_vector(fd, uvec, count, &pos, vfs_read);
}

SYSCALL4(pwritev, int, fd, uaddr_t, uvec, unsigned long, count, loff_t, pos)
{
    return rw_vector(fd, uvec, count, &pos, vfs_write);
}

/* f_pos_lock held. A file is taken for data from its start to its end: no holes but the last. */
static loff_t seek_within(struct file *f, loff_t offset, int whence)
{
    loff_t size = f->f_inode->i_size, base = 0;

    switch (whence) {
    case SEEK_CUR:
        base = f->f_pos;
        break;
    case SEEK_END:
        base = size;
        break;
    case SEEK_DATA:
    case SEEK_HOLE:
        if (offset < 0 || offset >= size)
            return -ENXIO;
        offset = whence == SEEK_DATA ? offset : size;
        break;
    }
    if (offset > 0 && base > INT64_MAX - offset)
        return -EOVERFLOW;
    if (base + offset < 0)
        return -EINVAL;
    f->f_pos = base + offset;
    return f->f_pos;
}

SYSCALL3(lseek, int, fd, loff_t, offset, int, whence)
{
    struct file *f = fget(fd);
    loff_t ret;

    if (!f)
        return -EBADF;
    if (whence < SEEK_SET || whence > SEEK_HOLE) {
        ret = -EINVAL;
    } else if (f->f_op->llseek || file_has_pos(f)) {
        mutex_lock(&f->f_pos_lock);
        if (f->f_op->llseek)
            ret = f->f_op->llseek(f, offset, whence);
        else
            ret = seek_within(f, offset, whence);
        mutex_unlock(&f->f_pos_lock);
    } else {
        ret = -ESPIPE;
    }
    fput(f);
    return ret;
}
