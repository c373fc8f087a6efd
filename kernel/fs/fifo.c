/* SPDX-License-Identifier: MIT */
/* The ends of a pipe: opened by a fifo's name or made by pipe2(), counted, closed. See pipe.h. */
#include "kernel/fs/pipe.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "kernel/syscall.h"

static const struct super_operations pipe_super_ops;
/* What stat() shows of pipes that are in no directory. */
static struct super_block pipe_sb = {
    .fs_name = "pipefs", .dev = MKDEV(0, 1), .ops = &pipe_super_ops};

/* Both ends may be waiting for this: for bytes, for room, in open() or in ppoll(). */
static void ends_changed(struct pipe *p)
{
    wake_up_all(&p->read_wait);
    wake_up_all(&p->write_wait);
    poll_notify();
}

/* The inode's pipe, made if need be, with one more file that keeps it. NULL: no memory. */
static struct pipe *pipe_get(struct inode *inode)
{
    struct pipe *p;

    mutex_lock(&inode->i_lock);
    if (!inode->i_pipe)
        inode->i_pipe = pipe_alloc();
    p = inode->i_pipe;
    if (p)
        p->files++;
    mutex_unlock(&inode->i_lock);
    return p;
}

static void pipe_put(struct inode *inode, struct pipe *p)
{
    mutex_lock(&inode->i_lock);
    if (--p->files > 0)
        p = NULL;
    else
        inode->i_pipe = NULL;
    mutex_unlock(&inode->i_lock);
    if (p)
        pipe_free(p);
}

static void fifo_release(struct file *f)
{
    struct pipe *p = f->private;

    mutex_lock(&p->lock);
    p->readers -= file_readable(f);
    p->writers -= file_writable(f);
    mutex_unlock(&p->lock);
    ends_changed(p);
    pipe_put(f->f_inode, p);
}

/*
 * Counts the new end in. Returns whether the other end must still come before open() is done, which
 * *seen then helps to notice, or -ENXIO: a writer that does not wait needs a reader.
 */
static int count_end(struct file *f, struct pipe *p, unsigned *seen)
{
    bool nonblock = f->f_flags & O_NONBLOCK, nameless = f->f_inode->i_sb == &pipe_sb;
    bool reads = file_readable(f), writes = file_writable(f);
    int ret = 0;

    mutex_lock(&p->lock);
    if (writes && !reads && !p->readers && !nameless) {
        ret = nonblock ? -ENXIO : 1;
        *seen = p->readers_opened;
    } else if (reads && !writes && !p->writers && !nameless && !nonblock) {
        ret = 1;
        *seen = p->writers_opened;
    }
    if (ret >= 0) {
        p->readers += reads;
        p->readers_opened += reads;
        p->writers += writes;
        p->writers_opened += writes;
    }
    mutex_unlock(&p->lock);
    return ret;
}

static int fifo_open(struct inode *inode, struct file *f)
{
    unsigned seen = 0;
    struct pipe *p;
    int ret;

    if (!file_readable(f) && !file_writable(f))
        return -EINVAL;
    p = pipe_get(inode);
    if (!p)
        return -ENOMEM;
    f->private = p;
    ret = count_end(f, p, &seen);
    if (ret < 0) {
        pipe_put(inode, p);
        return ret;
    }
    ends_changed(p);
    if (ret == 0)
        return 0;
    /* The other end may be closed again by the time we run: that it was there is enough. */
    if (file_readable(f))
        ret = wait_event_interruptible(&p->read_wait, READ_ONCE(p->writers_opened) != seen);
    else
        ret = wait_event_interruptible(&p->write_wait, READ_ONCE(p->readers_opened) != seen);
    if (ret)
        fifo_release(f);
    return ret;
}

const struct file_operations fifo_fops = {
    .read = pipe_read,
    .write = pipe_write,
    .poll = pipe_poll,
    .ioctl = pipe_ioctl,
    .open = fifo_open,
    .release = fifo_release,
};

/* A name that shows in /proc/N/fd, on an inode that is in no table. */
static struct dentry *pipe_dentry(void)
{
    static _Atomic uint64_t last_ino;
    struct inode *inode = new_inode(&pipe_sb);
    struct dentry *d;
    char name[32];

    if (!inode)
        return NULL;
    inode->i_ino = ++last_ino;
    inode->i_mode = S_IFIFO | 0600;
    snprintf(name, sizeof(name), "pipe:[%llu]", (unsigned long long)inode->i_ino);
    d = d_make_nameless(inode, name);
    iput(inode);
    return d;
}

static struct file *pipe_end(struct dentry *d, unsigned flags)
{
    struct file *f = alloc_file(dget(d), d->d_inode, flags, &fifo_fops);
    int err;

    if (!f) {
        dput(d);
        return ERR_PTR(-ENOMEM);
    }
    err = fifo_open(d->d_inode, f);
    if (err) {
        f->f_op = &empty_fops;
        fput(f);
        return ERR_PTR(err);
    }
    return f;
}

static int make_pipe(struct file *ends[2], unsigned flags)
{
    struct dentry *d = pipe_dentry();
    int err = 0;

    if (!d)
        return -ENOMEM;
    ends[1] = NULL;
    ends[0] = pipe_end(d, O_RDONLY | flags);
    if (IS_ERR(ends[0])) {
        err = (int)PTR_ERR(ends[0]);
    } else {
        ends[1] = pipe_end(d, O_WRONLY | flags);
        if (IS_ERR(ends[1])) {
            err = (int)PTR_ERR(ends[1]);
            fput(ends[0]);
        }
    }
    dput(d);
    return err;
}

/* Two descriptors, told to the user while they still can be given back. */
static int pipe_fds(uaddr_t ufds, int fds[2], bool cloexec)
{
    int err;

    fds[0] = fd_reserve(0, cloexec);
    if (fds[0] < 0)
        return fds[0];
    fds[1] = fd_reserve(0, cloexec);
    err = fds[1] < 0 ? fds[1] : copy_to_user(ufds, fds, 2 * sizeof(int));
    if (!err)
        return 0;
    if (fds[1] >= 0)
        fd_cancel(fds[1]);
    fd_cancel(fds[0]);
    return err;
}

SYSCALL2(pipe2, uaddr_t, ufds, unsigned, flags)
{
    struct file *ends[2];
    int fds[2], err;

    if (flags & ~(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    err = make_pipe(ends, flags & O_NONBLOCK);
    if (err)
        return err;
    err = pipe_fds(ufds, fds, flags & O_CLOEXEC);
    if (err) {
        fput(ends[0]);
        fput(ends[1]);
        return err;
    }
    fd_fill(fds[0], ends[0]);
    fd_fill(fds[1], ends[1]);
    return 0;
}
