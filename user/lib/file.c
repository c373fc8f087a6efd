/* SPDX-License-Identifier: MIT */
/* System calls on open files. */
#include "internal.h"
#include <fcntl.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <termios.h>

int openat(int dirfd, const char *path, int flags, ...)
{
    va_list ap;
    mode_t mode = 0;

    if (flags & O_CREAT) {
        va_start(ap, flags);
        mode = va_arg(ap, mode_t);
        va_end(ap);
    }
    return sys(SYS_openat, dirfd, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list ap;
    mode_t mode = 0;

    if (flags & O_CREAT) {
        va_start(ap, flags);
        mode = va_arg(ap, mode_t);
        va_end(ap);
    }
    return openat(AT_FDCWD, path, flags, mode);
}

int creat(const char *path, mode_t mode)
{
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int close(int fd)
{
    return sys(SYS_close, fd);
}

ssize_t read(int fd, void *buf, size_t n)
{
    return sys(SYS_read, fd, buf, n);
}

ssize_t write(int fd, const void *buf, size_t n)
{
    return sys(SYS_write, fd, buf, n);
}

ssize_t pread(int fd, void *buf, size_t n, off_t off)
{
    return sys(SYS_pread64, fd, buf, n, off);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t off)
{
    return sys(SYS_pwrite64, fd, buf, n, off);
}

ssize_t readv(int fd, const struct iovec *iov, int n)
{
    return sys(SYS_readv, fd, iov, n);
}

ssize_t writev(int fd, const struct iovec *iov, int n)
{
    return sys(SYS_writev, fd, iov, n);
}

off_t lseek(int fd, off_t off, int whence)
{
    return sys(SYS_lseek, fd, off, whence);
}

int dup(int fd)
{
    return sys(SYS_dup, fd);
}

int dup3(int fd, int newfd, int flags)
{
    return sys(SYS_dup3, fd, newfd, flags);
}

/* dup3 refuses equal descriptors; dup2 asks only that fd be open then. */
int dup2(int fd, int newfd)
{
    if (fd == newfd)
        return fcntl(fd, F_GETFD) < 0 ? -1 : fd;
    return dup3(fd, newfd, 0);
}

int pipe2(int fds[2], int flags)
{
    return sys(SYS_pipe2, fds, flags);
}

int pipe(int fds[2])
{
    return pipe2(fds, 0);
}

int fcntl(int fd, int cmd, ...)
{
    va_list ap;
    long arg;

    va_start(ap, cmd);
    arg = va_arg(ap, long);
    va_end(ap);
    return sys(SYS_fcntl, fd, cmd, arg);
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list ap;
    void *arg;

    va_start(ap, request);
    arg = va_arg(ap, void *);
    va_end(ap);
    return sys(SYS_ioctl, fd, request, arg);
}

int fsync(int fd)
{
    return sys(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return sys(SYS_fdatasync, fd);
}

int ftruncate(int fd, off_t size)
{
    return sys(SYS_ftruncate, fd, size);
}

int fallocate(int fd, int mode, off_t off, off_t len)
{
    return sys(SYS_fallocate, fd, mode, off, len);
}

int fstat(int fd, struct stat *st)
{
    return sys(SYS_fstat, fd, st);
}

int fchmod(int fd, mode_t mode)
{
    return sys(SYS_fchmod, fd, mode);
}

int futimens(int fd, const struct timespec times[2])
{
    return sys(SYS_utimensat, fd, NULL, times, 0);
}

int isatty(int fd)
{
    struct termios t;

    return tcgetattr(fd, &t) == 0;
}

int tcgetattr(int fd, struct termios *t)
{
    return ioctl(fd, TCGETS, t);
}

int tcsetattr(int fd, int when, const struct termios *t)
{
    return ioctl(fd, TCSETS + when, t);
}

/* The kernel's pgid is an int behind a pointer. */
pid_t tcgetpgrp(int fd)
{
    int pgid;

    return ioctl(fd, TIOCGPGRP, &pgid) < 0 ? -1 : pgid;
}

int tcsetpgrp(int fd, pid_t pgid)
{
    return ioctl(fd, TIOCSPGRP, &pgid);
}
