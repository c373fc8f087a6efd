/* SPDX-License-Identifier: MIT */
/*
 * System calls that a later one does as well: open() is openat() from the working directory. Some
 * architectures have numbers for them and programs that use these; those that came after the later
 * calls have none, and nothing of this file.
 *
 * They are made by way of the table, with the other arguments filled in. Those that are not quite
 * the same are functions of their own. Left out are those whose later form is not offered either,
 * and what no C library of the last decade calls.
 */
#include "kernel/syscall_table.h"

#include <arch/syscall.h>
#ifdef SYS_open

#include "kernel/fs/vfs.h"
#include "kernel/process.h"
#include "kernel/rusage.h"
#include "kernel/sched.h"
#include "mm/uaccess.h"

#define CALL(name, ...) syscall_table[SYS_##name]((const uint64_t[6]){__VA_ARGS__})
#define HERE            AT_FDCWD

/* `name` is `later` with these arguments, of which `a` are its own. */
#define ALIAS(name, later, ...)                                                                    \
    long sys_##name(const uint64_t *a);                                                            \
    long sys_##name(const uint64_t *a)                                                             \
    {                                                                                              \
        (void)a;                                                                                   \
        return CALL(later, __VA_ARGS__);                                                           \
    }

/* clang-format off */
ALIAS(open,     openat,     HERE, a[0], a[1], a[2])
ALIAS(creat,    openat,     HERE, a[0], O_CREAT | O_WRONLY | O_TRUNC, a[1])
ALIAS(stat,     newfstatat, HERE, a[0], a[1], 0)
ALIAS(lstat,    newfstatat, HERE, a[0], a[1], AT_SYMLINK_NOFOLLOW)
ALIAS(access,   faccessat,  HERE, a[0], a[1])
ALIAS(readlink, readlinkat, HERE, a[0], a[1], a[2])
ALIAS(link,     linkat,     HERE, a[0], HERE, a[1], 0)
ALIAS(symlink,  symlinkat,  a[0], HERE, a[1])
ALIAS(unlink,   unlinkat,   HERE, a[0], 0)
ALIAS(rmdir,    unlinkat,   HERE, a[0], AT_REMOVEDIR)
ALIAS(rename,   renameat2,  HERE, a[0], HERE, a[1], 0)
ALIAS(renameat, renameat2,  a[0], a[1], a[2], a[3], 0)
ALIAS(mkdir,    mkdirat,    HERE, a[0], a[1])
ALIAS(mknod,    mknodat,    HERE, a[0], a[1], a[2])
ALIAS(chmod,    fchmodat,   HERE, a[0], a[1])
ALIAS(chown,    fchownat,   HERE, a[0], a[1], a[2], 0)
ALIAS(lchown,   fchownat,   HERE, a[0], a[1], a[2], AT_SYMLINK_NOFOLLOW)
ALIAS(pipe,     pipe2,      a[0], 0)
ALIAS(fork,     clone,      SIGCHLD)
ALIAS(vfork,    clone,      CLONE_VFORK | CLONE_VM | SIGCHLD)
ALIAS(getpgrp,  getpgid,    0)
/* clang-format on */

/* dup3() refuses equal descriptors; here it is enough that the descriptor is open. */
SYSCALL2(dup2, int, oldfd, int, newfd)
{
    if (oldfd != newfd)
        return CALL(dup3, oldfd, newfd, 0);
    struct file *f = fget_path(oldfd);
    if (!f)
        return -EBADF;
    fput(f);
    return oldfd;
}

/* Where the later call takes no address for an answer that is not wanted, these have one answer. */
SYSCALL2(getrlimit, unsigned, resource, uaddr_t, limit)
{
    long err = CALL(prlimit64, 0, resource, 0, limit);

    return err || limit ? err : -EFAULT;
}

SYSCALL2(setrlimit, unsigned, resource, uaddr_t, limit)
{
    return limit ? CALL(prlimit64, 0, resource, limit, 0) : -EFAULT;
}

/* The time limit is in milliseconds; negative: none. */
SYSCALL3(poll, uaddr_t, fds, unsigned, n, int, timeout)
{
    return do_poll(fds, n, timeout < 0 ? KTIME_NEVER : arch_clock() + timeout * NSEC_PER_MSEC);
}

SYSCALL0(pause)
{
    return wait_for_signal();
}

SYSCALL1(time, uaddr_t, out)
{
    int64_t now = wall_clock() / NSEC_PER_SEC;

    return out && put_user(out, now) ? -EFAULT : now;
}

/* Access and modification time in microseconds. No address: now. */
SYSCALL3(futimesat, int, dfd, uaddr_t, path, uaddr_t, utimes)
{
    struct timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    struct timeval tv[2];

    if (utimes && copy_from_user(tv, utimes, sizeof(tv)))
        return -EFAULT;
    for (int i = 0; utimes && i < 2; i++) {
        if (tv[i].tv_usec < 0 || tv[i].tv_usec >= 1000000)
            return -EINVAL;
        times[i] = (struct timespec){tv[i].tv_sec, tv[i].tv_usec * 1000};
    }
    return do_utimes(dfd, path, times, 0);
}

SYSCALL2(utimes, uaddr_t, path, uaddr_t, times)
{
    return CALL(futimesat, HERE, path, times);
}

/* The same in seconds. */
SYSCALL2(utime, uaddr_t, path, uaddr_t, utimes)
{
    struct timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    int64_t seconds[2];

    if (utimes) {
        if (copy_from_user(seconds, utimes, sizeof(seconds)))
            return -EFAULT;
        times[0] = (struct timespec){seconds[0], 0};
        times[1] = (struct timespec){seconds[1], 0};
    }
    return do_utimes(HERE, path, times, 0);
}

#endif
