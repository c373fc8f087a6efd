/* SPDX-License-Identifier: MIT */
/*
 * sendfile(): from a file that has a page cache into a pipe, without a way through the caller's
 * memory. For other pairs of files it is -EINVAL, upon which programs turn to read() and write().
 */
#include "kernel/fs/internal.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "mm/slab.h"

/* Moves *pos on by what the pipe took. Bytes moved, or -errno if there were none. */
static ssize_t send_pages(struct file *out, struct file *in, loff_t *pos, size_t n)
{
    char *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
    size_t done = 0;
    ssize_t ret = buf ? 0 : -ENOMEM;

    while (ret >= 0 && done < n) {
        ssize_t got = kernel_read(in, buf, min(n - done, PAGE_SIZE), *pos);

        ret = got > 0 ? pipe_write_kernel(out, buf, (size_t)got) : got;
        if (ret > 0) {
            *pos += ret;
            done += (size_t)ret;
        }
        if (got <= 0 || ret < got)
            break;
        cond_resched();
        if (fatal_signal_pending(current))
            break;
    }
    kfree(buf);
    return done ? (ssize_t)done : ret;
}

static ssize_t send_at(struct file *out, struct file *in, uaddr_t upos, size_t n)
{
    ssize_t ret;
    loff_t pos;

    if (!upos) {
        mutex_lock(&in->f_pos_lock);
        ret = send_pages(out, in, &in->f_pos, n);
        mutex_unlock(&in->f_pos_lock);
        return ret;
    }
    if (get_user(pos, upos))
        return -EFAULT;
    if (pos < 0)
        return -EINVAL;
    ret = send_pages(out, in, &pos, n);
    if (ret > 0 && put_user(upos, pos))
        return -EFAULT;
    return ret;
}

SYSCALL4(sendfile, int, out_fd, int, in_fd, uaddr_t, upos, size_t, n)
{
    struct file *out = fget(out_fd), *in = fget(in_fd);
    long ret;

    if (!out || !in || !file_writable(out) || !file_readable(in))
        ret = -EBADF;
    else if (!S_ISREG(in->f_inode->i_mode) || !S_ISFIFO(out->f_inode->i_mode))
        ret = -EINVAL;
    else
        ret = send_at(out, in, upos, min(n, MAX_RW_COUNT));
    fput(out);
    fput(in);
    return ret;
}
