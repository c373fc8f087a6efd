/* SPDX-License-Identifier: MIT */
/* sys/statfs.h: a file system's size and use. */
#ifndef SYS_STATFS_H
#define SYS_STATFS_H

#include <sys/types.h>

struct statfs {
    uint64_t f_type, f_bsize, f_blocks, f_bfree, f_bavail, f_files, f_ffree;
    int f_fsid[2];
    uint64_t f_namelen, f_frsize, f_flags, f_spare[4];
};

int statfs(const char *path, struct statfs *st);
int fstatfs(int fd, struct statfs *st);

#endif
