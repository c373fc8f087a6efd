/* SPDX-License-Identifier: MIT */
/* Reading directories: getdents64's records are handed out from a buffer as they came. */
#include "internal.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>

struct __DIR {
    int fd;
    size_t pos, end;
    char buf[4096] __attribute__((aligned(8)));
};

ssize_t getdents64(int fd, void *buf, size_t size)
{
    return sys(SYS_getdents64, fd, buf, size);
}

DIR *fdopendir(int fd)
{
    DIR *dir = malloc(sizeof(*dir));

    if (dir) {
        dir->fd = fd;
        dir->pos = dir->end = 0;
    }
    return dir;
}

DIR *opendir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (fd >= 0 && !dir)
        close(fd);
    return dir;
}

struct dirent *readdir(DIR *dir)
{
    struct dirent *d;

    if (dir->pos == dir->end) {
        ssize_t n = getdents64(dir->fd, dir->buf, sizeof(dir->buf));
        if (n <= 0)
            return NULL;
        dir->pos = 0;
        dir->end = n;
    }
    d = (struct dirent *)(dir->buf + dir->pos);
    dir->pos += d->d_reclen;
    return d;
}

void rewinddir(DIR *dir)
{
    lseek(dir->fd, 0, SEEK_SET);
    dir->pos = dir->end = 0;
}

int dirfd(DIR *dir)
{
    return dir->fd;
}

int closedir(DIR *dir)
{
    int r = close(dir->fd);

    free(dir);
    return r;
}
