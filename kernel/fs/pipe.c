/* SPDX-License-Identifier: MIT */
/* The bytes in a pipe: the ring, what writes to it and reads from it. See pipe.h. */
#include "kernel/fs/pipe.h"

#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/slab.h"

#define PIPE_BUF 4096 /* a write of so many bytes is never mixed with another (POSIX) */
#define FIONREAD 0x541b

static struct kmem_cache *pipe_cache;

void pipe_init(void)
{
    pipe_cache = kmem_cache_create("pipe", sizeof(struct pipe), 0);
    if (!pipe_cache)
        panic("no memory for the cache of pipes");
}

struct pipe *pipe_alloc(void)
{
    struct pipe *p = kmem_cache_alloc(pipe_cache, GFP_KERNEL | GFP_ZERO);

    if (!p)
        return NULL;
    mutex_init(&p->lock, "pipe", RANK_PIPE);
    wait_queue_init(&p->read_wait);
    wait_queue_init(&p->write_wait);
    return p;
}

void pipe_free(struct pipe *p)
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

ssize_t pipe_read(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
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

ssize_t pipe_write(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    struct iovec iov = {buf, n};
    (void)pos;

    return pipe_writev(f, &iov, 1);
}

unsigned pipe_poll(struct file *f)
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

long pipe_ioctl(struct file *f, unsigned cmd, uaddr_t arg)
{
    int n = (int)pipe_used(f->private);

    return cmd == FIONREAD ? put_user(arg, n) : -ENOTTY;
}
