/* SPDX-License-Identifier: MIT */
/* fcntl.h: opening files and controlling descriptors; asm-generic's numbers. */
#ifndef FCNTL_H
#define FCNTL_H

#include <sys/types.h>

#define O_RDONLY                 0
#define O_WRONLY                 01
#define O_RDWR                   02
#define O_ACCMODE                03
#define O_CREAT                  0100
#define O_EXCL                   0200
#define O_NOCTTY                 0400
#define O_TRUNC                  01000
#define O_APPEND                 02000
#define O_NONBLOCK               04000
#define O_DSYNC                  010000
#define O_DIRECTORY              0200000
#define O_NOFOLLOW               0400000
#define O_CLOEXEC                02000000
#define O_SYNC                   04010000
#define O_PATH                   010000000

#define F_DUPFD                  0
#define F_GETFD                  1
#define F_SETFD                  2
#define F_GETFL                  3
#define F_SETFL                  4
#define F_GETLK                  5
#define F_SETLK                  6
#define F_SETLKW                 7
#define F_DUPFD_CLOEXEC          1030
#define F_SETPIPE_SZ             1031
#define F_GETPIPE_SZ             1032
#define F_ADD_SEALS              1033
#define F_GET_SEALS              1034
#define FD_CLOEXEC               1

#define F_SEAL_SEAL              0x01
#define F_SEAL_SHRINK            0x02
#define F_SEAL_GROW              0x04
#define F_SEAL_WRITE             0x08
#define F_SEAL_FUTURE_WRITE      0x10
#define F_SEAL_EXEC              0x20

#define FALLOC_FL_KEEP_SIZE      0x01
#define FALLOC_FL_PUNCH_HOLE     0x02
#define FALLOC_FL_COLLAPSE_RANGE 0x08
#define FALLOC_FL_ZERO_RANGE     0x10
#define FALLOC_FL_INSERT_RANGE   0x20

#define AT_FDCWD                 (-100)
#define AT_SYMLINK_NOFOLLOW      0x100
#define AT_REMOVEDIR             0x200
#define AT_EACCESS               0x200
#define AT_SYMLINK_FOLLOW        0x400
#define AT_EMPTY_PATH            0x1000

int open(const char *path, int flags, ...);
int openat(int dirfd, const char *path, int flags, ...);
int creat(const char *path, mode_t mode);
int fcntl(int fd, int cmd, ...);
int fallocate(int fd, int mode, off_t off, off_t len);

#endif
