/* SPDX-License-Identifier: MIT */
/*
 * ppoll(): waiting for any of several files.
 *
 * All who wait sleep on one queue, and whoever changes what some f_op->poll() answers wakes them
 * all with poll_notify(): then each looks at its files again. That is one line for a driver and no
 * bookkeeping per file; its price is a look in vain when it was another's file.
 */
#include "kernel/fs/internal.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/slab.h"

#define POLLNVAL   0x20
#define POLLRDNORM 0x40
#define POLLWRNORM 0x100

struct pollfd {
    int fd;
    uint16_t events, revents;
};
_Static_assert(sizeof(struct pollfd) == 8, "Linux's struct pollfd");

static struct wait_queue poll_queue = WAIT_QUEUE_INIT(poll_queue);

void poll_notify(void)
{
    wake_up_all(&poll_queue);
}

/* Files that cannot say are always ready, as regular files are. */
static unsigned poll_file(struct file *f)
{
    unsigned ready = f->f_op->poll ? f->f_op->poll(f) : POLLIN | POLLOUT;

    if (ready & POLLIN)
        ready |= POLLRDNORM;
    if (ready & POLLOUT)
        ready |= POLLWRNORM;
    return ready;
}

/* Fills in revents; how many are not 0. A negative descriptor is left out, as POSIX says. */
static long poll_scan(struct pollfd *fds, size_t n)
{
    long count = 0;

    for (size_t i = 0; i < n; i++) {
        struct file *f = fds[i].fd < 0 ? NULL : fget(fds[i].fd);

        fds[i].revents = 0;
        if (f)
            fds[i].revents = (uint16_t)(poll_file(f) & (fds[i].events | POLLERR | POLLHUP));
        else if (fds[i].fd >= 0)
            fds[i].revents = POLLNVAL;
        fput(f);
        count += fds[i].revents != 0;
    }
    return count;
}

/* Until some file is ready, a signal comes (-EINTR) or the clock shows `end`. */
static long poll_wait(struct pollfd *fds, size_t n, ktime_t end)
{
    struct wake_timer timer;
    struct wait_entry entry = {0};
    bool timed = end != KTIME_NEVER;
    long ready;

    if (timed)
        wake_timer_start(&timer, end);
    for (;;) {
        prepare_to_wait(&poll_queue, &entry, TASK_INTERRUPTIBLE);
        ready = poll_scan(fds, n);
        if (ready || (timed && arch_clock() >= end))
            break;
        if (signal_pending(current)) {
            ready = -EINTR;
            break;
        }
        schedule();
    }
    finish_wait(&poll_queue, &entry);
    if (timed)
        timer_cancel(&timer.timer);
    return ready;
}

/* When a relative time, from user memory, will have passed. */
static int poll_end(uaddr_t utime, ktime_t *end)
{
    struct timespec t;
    ktime_t ns;

    *end = KTIME_NEVER;
    if (!utime)
        return 0;
    if (get_user(t, utime))
        return -EFAULT;
    if (t.tv_sec < 0 || t.tv_nsec < 0 || t.tv_nsec >= NSEC_PER_SEC)
        return -EINVAL;
    if (!__builtin_mul_overflow(t.tv_sec, NSEC_PER_SEC, &ns) &&
        !__builtin_add_overflow(ns, t.tv_nsec, &ns) &&
        !__builtin_add_overflow(ns, arch_clock(), &ns))
        *end = ns;
    return 0;
}

/* Other signals are blocked until the call has ended: what that lets through runs its handler. */
static int poll_mask(uaddr_t umask, size_t size)
{
    uint64_t mask;

    if (!umask)
        return 0;
    if (size != sizeof(mask))
        return -EINVAL;
    if (get_user(mask, umask))
        return -EFAULT;
    block_for_now(mask);
    return 0;
}

static int put_revents(uaddr_t ufds, const struct pollfd *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uaddr_t to = ufds + i * sizeof(*fds) + offsetof(struct pollfd, revents);

        if (put_user(to, fds[i].revents))
            return -EFAULT;
    }
    return 0;
}

/* As do_poll(), under another mask where umask is not 0. */
static long poll_masked(uaddr_t ufds, unsigned n, ktime_t end, uaddr_t umask, size_t mask_size)
{
    struct pollfd *fds;
    long ret;

    if (n > current->rlim[RLIMIT_NOFILE].cur)
        return -EINVAL;
    fds = kmalloc(n * sizeof(*fds), GFP_KERNEL);
    if (!fds)
        return -ENOMEM;
    ret = copy_from_user(fds, ufds, n * sizeof(*fds));
    if (!ret)
        ret = poll_mask(umask, mask_size);
    if (!ret) {
        ret = poll_wait(fds, n, end);
        if (ret >= 0 && put_revents(ufds, fds, n))
            ret = -EFAULT;
    }
    kfree(fds);
    return ret;
}

long do_poll(uaddr_t ufds, unsigned n, ktime_t end)
{
    return poll_masked(ufds, n, end, 0, 0);
}

SYSCALL5(ppoll, uaddr_t, ufds, unsigned, n, uaddr_t, utime, uaddr_t, umask, size_t, mask_size)
{
    ktime_t end;
    int err = poll_end(utime, &end);

    return err ? err : poll_masked(ufds, n, end, umask, mask_size);
}
