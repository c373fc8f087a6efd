/* SPDX-License-Identifier: MIT */
/* System calls on names of files, and what is built on them. */
#include "internal.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>

int fstatat(int dirfd, const char *restrict path, struct stat *restrict st, int flags)
{
    return sys(SYS_newfstatat, dirfd, path, st, flags);
}

int stat(const char *restrict path, struct stat *restrict st)
{
    return fstatat(AT_FDCWD, path, st, 0);
}

int lstat(const char *restrict path, struct stat *restrict st)
{
    return fstatat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

int faccessat(int dirfd, const char *path, int mode, int flags)
{
    if (flags)
        return sys(SYS_faccessat2, dirfd, path, mode, flags);
    return sys(SYS_faccessat, dirfd, path, mode);
}

int access(const char *path, int mode)
{
    return faccessat(AT_FDCWD, path, mode, 0);
}

int linkat(int olddirfd, const char *old, int newdirfd, const char *new, int flags)
{
    return sys(SYS_linkat, olddirfd, old, newdirfd, new, flags);
}

int link(const char *old, const char *new)
{
    return linkat(AT_FDCWD, old, AT_FDCWD, new, 0);
}

int symlinkat(const char *target, int dirfd, const char *path)
{
    return sys(SYS_symlinkat, target, dirfd, path);
}

int symlink(const char *target, const char *path)
{
    return symlinkat(target, AT_FDCWD, path);
}

ssize_t readlinkat(int dirfd, const char *restrict path, char *restrict buf, size_t size)
{
    return sys(SYS_readlinkat, dirfd, path, buf, size);
}

ssize_t readlink(const char *restrict path, char *restrict buf, size_t size)
{
    return readlinkat(AT_FDCWD, path, buf, size);
}

int unlinkat(int dirfd, const char *path, int flags)
{
    return sys(SYS_unlinkat, dirfd, path, flags);
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int remove(const char *path)
{
    int r = unlink(path);

    return r < 0 && errno == EISDIR ? rmdir(path) : r;
}

int rename(const char *from, const char *to)
{
    return sys(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int mkdirat(int dirfd, const char *path, mode_t mode)
{
    return sys(SYS_mkdirat, dirfd, path, mode);
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

int mknodat(int dirfd, const char *path, mode_t mode, dev_t dev)
{
    return sys(SYS_mknodat, dirfd, path, mode, dev);
}

int mknod(const char *path, mode_t mode, dev_t dev)
{
    return mknodat(AT_FDCWD, path, mode, dev);
}

int mkfifo(const char *path, mode_t mode)
{
    return mknod(path, S_IFIFO | (mode & 07777), 0);
}

/* The call has no flags; a symbolic link's own mode cannot be changed. */
int fchmodat(int dirfd, const char *path, mode_t mode, int flags)
{
    if (flags & AT_SYMLINK_NOFOLLOW) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return sys(SYS_fchmodat, dirfd, path, mode);
}

int chmod(const char *path, mode_t mode)
{
    return fchmodat(AT_FDCWD, path, mode, 0);
}

int chown(const char *path, uid_t uid, gid_t gid)
{
    return sys(SYS_fchownat, AT_FDCWD, path, uid, gid, 0);
}

mode_t umask(mode_t mask)
{
    return sys(SYS_umask, mask);
}

int utimensat(int dirfd, const char *path, const struct timespec times[2], int flags)
{
    return sys(SYS_utimensat, dirfd, path, times, flags);
}

int truncate(const char *path, off_t size)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int r, saved;

    if (fd < 0)
        return -1;
    r = ftruncate(fd, size);
    saved = errno;
    close(fd);
    errno = saved;
    return r;
}

int chdir(const char *path)
{
    return sys(SYS_chdir, path);
}

int fchdir(int fd)
{
    return sys(SYS_fchdir, fd);
}

int chroot(const char *path)
{
    return sys(SYS_chroot, path);
}

char *getcwd(char *buf, size_t size)
{
    char own[PATH_MAX];

    if (!buf)
        return sys(SYS_getcwd, own, sizeof(own)) < 0 ? NULL : strdup(own);
    return sys(SYS_getcwd, buf, size) < 0 ? NULL : buf;
}

/* By way of the working directory or a descriptor's name: the kernel knows the answer. */
char *realpath(const char *restrict path, char *restrict resolved)
{
    char name[32], own[PATH_MAX];
    int fd = open(path, O_PATH | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return NULL;
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    n = readlink(name, own, sizeof(own) - 1);
    close(fd);
    if (n < 0)
        return NULL;
    own[n] = '\0';
    return resolved ? strcpy(resolved, own) : strdup(own);
}

int statfs(const char *path, struct statfs *st)
{
    return sys(SYS_statfs, path, st);
}

int fstatfs(int fd, struct statfs *st)
{
    return sys(SYS_fstatfs, fd, st);
}

int mount(const char *source, const char *target, const char *type, unsigned long flags,
          const void *data)
{
    return sys(SYS_mount, source, target, type, flags, data);
}

int umount2(const char *target, int flags)
{
    return sys(SYS_umount2, target, flags);
}

int umount(const char *target)
{
    return umount2(target, 0);
}

/* Tries names until `make` says something other than EEXIST. */
static int with_fresh_name(char *template, int (*make)(const char *))
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
    size_t len = strlen(template);
    unsigned char random[6];

    if (len < 6 || strcmp(template + len - 6, "XXXXXX") != 0) {
        errno = EINVAL;
        return -1;
    }
    for (int tries = 0; tries < 100; tries++) {
        if (getentropy(random, sizeof(random)) < 0)
            return -1;
        for (int i = 0; i < 6; i++)
            template[len - 6 + i] = letters[random[i] % 32];
        int r = make(template);
        if (r >= 0 || errno != EEXIST)
            return r;
    }
    return -1;
}

static int make_file(const char *path)
{
    return open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
}

static int make_directory(const char *path)
{
    return mkdir(path, 0700);
}

int mkstemp(char *template)
{
    return with_fresh_name(template, make_file);
}

char *mkdtemp(char *template)
{
    return with_fresh_name(template, make_directory) < 0 ? NULL : template;
}
