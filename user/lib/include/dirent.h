/* SPDX-License-Identifier: MIT */
/* dirent.h: reading directories; struct dirent is getdents64's record. */
#ifndef DIRENT_H
#define DIRENT_H

#include <sys/types.h>

#define DT_UNKNOWN 0
#define DT_FIFO    1
#define DT_CHR     2
#define DT_DIR     4
#define DT_BLK     6
#define DT_REG     8
#define DT_LNK     10
#define DT_SOCK    12

struct dirent {
    uint64_t d_ino;
    int64_t d_off;
    unsigned short d_reclen;
    unsigned char d_type;
    char d_name[256];
};

typedef struct __DIR DIR;

DIR *opendir(const char *path);
DIR *fdopendir(int fd);
/* NULL at the end (errno unchanged) and on error (errno set); valid until the next call. */
struct dirent *readdir(DIR *dir);
void rewinddir(DIR *dir);
int closedir(DIR *dir);
int dirfd(DIR *dir);
/* The raw call: bytes read, 0 at the end. */
ssize_t getdents64(int fd, void *buf, size_t size);

#endif
