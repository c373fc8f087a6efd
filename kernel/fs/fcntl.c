/* SPDX-License-Identifier: MIT */
/* fcntl() and the ioctl() commands that mean the same for every file. */
#include "kernel/fs/internal.h"
#include "kernel/fs/shmem.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"

enum {
    F_DUPFD = 0,
    F_GETFD = 1,
    F_SETFD = 2,
    F_GETFL = 3,
    F_SETFL = 4,
    F_DUPFD_CLOEXEC = 1030,
    F_SETPIPE_SZ = 1031,
    F_GETPIPE_SZ = 1032,
    F_ADD_SEALS = 1033,
    F_GET_SEALS = 1034,
};
#define FD_CLOEXEC 1

enum {
    FIONREAD = 0x541b,
    FIONBIO = 0x5421,
    FIONCLEX = 0x5450,
    FIOCLEX = 0x5451
};

#define O_SETTABLE (O_APPEND | O_NONBLOCK)

static long dup_from(struct file *f, uint64_t from, bool cloexec)
{
    if (from >= current->rlim[RLIMIT_NOFILE].cur || from > INT32_MAX)
        return -EINVAL;
    return fd_install(get_file(f), (int)from, cloexec);
}

static void set_flags(struct file *f, unsigned mask, unsigned flags)
{
    WRITE_ONCE(f->f_flags, (f->f_flags & ~mask) | (flags & mask));
}

/* Those that a file opened with O_PATH does not have. */
static long fcntl_file(struct file *f, unsigned cmd, uint64_t arg)
{
    if (f->f_flags & O_PATH)
        return -EBADF;
    switch (cmd) {
    case F_SETFL:
        set_flags(f, O_SETTABLE, (unsigned)arg);
        return 0;
    case F_GETPIPE_SZ:
        return S_ISFIFO(f->f_inode->i_mode) ? (long)PIPE_SIZE : -EBADF;
    case F_SETPIPE_SZ:
        if (!S_ISFIFO(f->f_inode->i_mode))
            return -EBADF;
        return arg <= PIPE_SIZE ? (long)PIPE_SIZE : -EPERM;
    case F_ADD_SEALS:
        return shmem_add_seals(f, (unsigned)arg);
    case F_GET_SEALS:
        return shmem_get_seals(f);
    default:
        return -EINVAL;
    }
}

SYSCALL3(fcntl, int, fd, unsigned, cmd, uint64_t, arg)
{
    struct file *f = fget_path(fd);
    long ret;

    if (!f)
        return -EBADF;
    switch (cmd) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        ret = dup_from(f, (uint32_t)arg, cmd == F_DUPFD_CLOEXEC);
        break;
    case F_GETFD:
        ret = fd_get_cloexec(fd);
        break;
    case F_SETFD:
        ret = fd_set_cloexec(fd, arg & FD_CLOEXEC);
        break;
    case F_GETFL:
        ret = f->f_flags;
        break;
    default:
        ret = fcntl_file(f, cmd, arg);
        break;
    }
    fput(f);
    return ret;
}

static long set_nonblock(struct file *f, uaddr_t arg)
{
    int on;

    if (get_user(on, arg))
        return -EFAULT;
    set_flags(f, O_NONBLOCK, on ? O_NONBLOCK : 0);
    return 0;
}

/* Bytes that a read would give. */
static long bytes_left(struct file *f, uaddr_t arg)
{
    loff_t left = max(f->f_inode->i_size - f->f_pos, (loff_t)0);
    int n = (int)min(left, (loff_t)INT32_MAX);

    return put_user(arg, n);
}

SYSCALL3(ioctl, int, fd, unsigned, cmd, uaddr_t, arg)
{
    struct file *f = fget(fd);
    long ret;

    if (!f)
        return -EBADF;
    if (cmd == FIOCLEX || cmd == FIONCLEX)
        ret = fd_set_cloexec(fd, cmd == FIOCLEX);
    else if (cmd == FIONBIO)
        ret = set_nonblock(f, arg);
    else if (cmd == FIONREAD && S_ISREG(f->f_inode->i_mode))
        ret = bytes_left(f, arg);
    else
        ret = f->f_op->ioctl ? f->f_op->ioctl(f, cmd, arg) : -ENOTTY;
    fput(f);
    return ret;
}
