/* SPDX-License-Identifier: MIT */
/*
 * Pipes and fifos: a ring of PIPE_SIZE bytes between writers and readers.
 *
 * `head` counts the bytes ever written, `tail` those ever read; byte n is in page n / PAGE_SIZE of
 * the ring, modulo PIPE_PAGES. Pages are allocated when a write reaches them and freed when read to
 * their end, so an idle pipe holds at most one.
 *
 * pipe->lock (RANK_PIPE) guards the ring and the counts of ends; it is held while bytes are copied
 * from and to user memory, and never while waiting. Sleepers look at the counts without it: every
 * change is followed by a wake-up. The inode's i_lock guards i_pipe and pipe->files, the number of
 * open files that keep the pipe alive.
 */
#include "kernel/fs/internal.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "kernel/syscall.h"
#include "mm/slab.h"

#define PIPE_BUF 4096 /* a write of so many bytes is never mixed with another (POSIX) */
#define FIONREAD 0x541b

struct pipe {
    struct mutex lock;
    size_t head, tail;
    unsigned readers, writers;               /* open ends */
    unsigned readers_opened, writers_opened; /* ever: who waits in open() watches these */
    unsigned files;
    struct wait_queue read_wait, write_wait;
    struct page *pages[PIPE_PAGES];
};

static struct kmem_cache *pipe_cache;
static const struct super_operations pipe_super_ops;
/* What stat() shows of pipes that are in no directory. */
static struct super_block pipe_sb = {
    .fs_name = "pipefs", .dev = MKDEV(0, 1), .ops = &pipe_super_ops};

void pipe_init(void)
{
    pipe_cache = kmem_cache_create("pipe", sizeof(struct pipe), 0);
    if (!pipe_cache)
        panic("no memory for the cache of pipes");
}

static struct pipe *pipe_alloc(void)
{
    struct pipe *p = kmem_cache_alloc(pipe_cache, GFP_KERNEL | GFP_ZERO);

    if (!p)
        return NULL;
    mutex_init(&p->lock, "pipe", RANK_PIPE);
    wait_queue_init(&p->read_wait);
    wait_queue_init(&p->write_wait);
    return p;
}

static void pipe_free(struct pipe *p)
{
    for (unsigned i = 0; i < PIPE_PAGES; i++) {
        if (p->pages[i])
            put_page(p->pages[i]);
    }
    kmem_cache_free(pipe_cache, p);
}

static size_t pipe_used(const struct pipe *p)
{
    return READ_ONCE(p->head) - READ_ONCE(p->tail);
}

static size_t pipe_space(const struct pipe *p)
{
    return PIPE_SIZE - pipe_used(p);
}

static struct page **pipe_slot(struct pipe *p, size_t at)
{
    return &p->pages[at / PAGE_SIZE % PIPE_PAGES];
}

/* Takes up to n bytes out of the ring. pipe->lock held. */
static ssize_t copy_out(struct pipe *p, uaddr_t buf, size_t n)
{
    size_t done = 0;

    while (done < n && pipe_used(p) > 0) {
        struct page **slot = pipe_slot(p, p->tail);
        size_t offset = p->tail % PAGE_SIZE;
        size_t len = min(min(n - done, PAGE_SIZE - offset), pipe_used(p));
        char *base = kmap_local(*slot);
        int err = copy_to_user(buf + done, base + offset, len);

        kunmap_local(base);
        if (err)
            return done ? (ssize_t)done : err;
        done += len;
        WRITE_ONCE(p->tail, p->tail + len);
        /* Read to its end; but writers may have come round to its start again. */
        if (p->tail % PAGE_SIZE == 0 && pipe_used(p) <= PIPE_SIZE - PAGE_SIZE) {
            put_page(*slot);
            *slot = NULL;
        }
    }
    return (ssize_t)done;
}

static ssize_t pipe_read(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    struct pipe *p = f->private;
    (void)pos;

    for (;;) {
        ssize_t got = 0;
        bool ready;
        int err;

        mutex_lock(&p->lock);
        ready = pipe_used(p) || !p->writers;
        if (ready)
            got = copy_out(p, buf, n);
        mutex_unlock(&p->lock);
        if (got > 0) {
            wake_up_all(&p->write_wait);
            poll_notify();
        }
        if (ready)
            return got;
        if (f->f_flags & O_NONBLOCK)
            return -EAGAIN;
        err = wait_event_interruptible(&p->read_wait, pipe_used(p) || !READ_ONCE(p->writers));
        if (err)
            return err;
    }
}

/* What is still to be written: `offset` bytes of the first piece are done. */
struct pieces {
    const struct iovec *iov;
    size_t offset;
    bool kernel; /* the addresses are the kernel's own */
};

static int fetch(void *to, const struct pieces *from, size_t n)
{
    uint64_t at = from->iov->base + from->offset;

    if (!from->kernel)
        return copy_from_user(to, at, n);
    memcpy(to, (const void *)at, n);
    return 0;
}

/* One stretch within a page and a piece. Returns its length or -errno. */
static ssize_t copy_in_some(struct pipe *p, size_t at, struct pieces *from, size_t n)
{
    struct page **slot = pipe_slot(p, at);
    size_t offset = at % PAGE_SIZE, len;
    char *base;
    int err;

    while (from->offset == from->iov->len) {
        from->iov++;
        from->offset = 0;
    }
    len = min(min(n, PAGE_SIZE - offset), (size_t)(from->iov->len - from->offset));
    if (!*slot) {
        *slot = alloc_page(GFP_USER);
        if (!*slot)
            return -ENOMEM;
    }
    base = kmap_local(*slot);
    err = fetch(base + offset, from, len);
    kunmap_local(base);
    if (err)
        return err;
    from->offset += len;
    return (ssize_t)len;
}

/*
 * Puts n bytes, for which there is room, into the ring; readers see them only at the end, so that
 * an atomic write that fails on its way leaves nothing. pipe->lock held.
 */
static ssize_t copy_in(struct pipe *p, struct pieces *from, size_t n, bool atomic)
{
    size_t done = 0;

    while (done < n) {
        ssize_t len = copy_in_some(p, p->head + done, from, n - done);

        if (len < 0) {
            if (done == 0 || atomic)
                return len;
            break;
        }
        done += (size_t)len;
    }
    WRITE_ONCE(p->head, p->head + done);
    return (ssize_t)done;
}

static ssize_t broken_pipe(size_t done)
{
    send_signal(current, SIGPIPE, from_process());
    return done ? (ssize_t)done : -EPIPE;
}

static ssize_t write_pieces(struct file *f, struct pieces from, size_t total)
{
    struct pipe *p = f->private;
    bool atomic = total <= PIPE_BUF;
    size_t done = 0;

    for (;;) {
        size_t least = atomic ? total : min(total - done, (size_t)PIPE_BUF);
        ssize_t n = 0;
        size_t space;
        bool broken;
        int err;

        mutex_lock(&p->lock);
        broken = p->readers == 0;
        space = pipe_space(p);
        if (!broken && space >= (atomic ? total : 1))
            n = copy_in(p, &from, min(space, total - done), atomic);
        mutex_unlock(&p->lock);
        if (broken)
            return broken_pipe(done);
        if (n < 0)
            return done ? (ssize_t)done : n;
        if (n > 0) {
            wake_up_all(&p->read_wait);
            poll_notify();
            done += (size_t)n;
            if (done == total)
                return (ssize_t)done;
        }
        if (f->f_flags & O_NONBLOCK)
            return done ? (ssize_t)done : -EAGAIN;
        err = wait_event_interruptible(&p->write_wait,
                                       pipe_space(p) >= least || !READ_ONCE(p->readers));
        if (err)
            return done ? (ssize_t)done : err;
    }
}

ssize_t pipe_writev(struct file *f, const struct iovec *iov, unsigned count)
{
    size_t total = 0;

    for (unsigned i = 0; i < count; i++) {
        if (!access_ok(iov[i].base, iov[i].len))
            return -EFAULT;
        total += min((size_t)iov[i].len, MAX_RW_COUNT - total);
    }
    return total ? write_pieces(f, (struct pieces){.iov = iov}, total) : 0;
}

ssize_t pipe_write_kernel(struct file *f, const void *buf, size_t n)
{
    struct iovec iov = {(uintptr_t)buf, n};

    return n ? write_pieces(f, (struct pieces){.iov = &iov, .kernel = true}, n) : 0;
}

static ssize_t pipe_write(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    struct iovec iov = {buf, n};
    (void)pos;

    return pipe_writev(f, &iov, 1);
}

static unsigned pipe_poll(struct file *f)
{
    struct pipe *p = f->private;
    unsigned ready = 0;

    if (file_readable(f)) {
        if (pipe_used(p))
            ready |= POLLIN;
        if (!READ_ONCE(p->writers))
            ready |= POLLHUP;
    }
    if (file_writable(f)) {
        if (pipe_space(p) >= PIPE_BUF)
            ready |= POLLOUT;
        if (!READ_ONCE(p->readers))
            ready |= POLLERR;
    }
    return ready;
}

static long pipe_ioctl(struct file *f, unsigned cmd, uaddr_t arg)
{
    int n = (int)pipe_used(f->private);

    return cmd == FIONREAD ? put_user(arg, n) : -ENOTTY;
}

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
