/* SPDX-License-Identifier: MIT */
/*
 * The structures of Linux's system call boundary that this architecture lays out its own way, as
 * the C library needs them; every other one is the same everywhere. struct timespec comes from the
 * includer.
 */
#ifndef ARCH_UABI_H
#define ARCH_UABI_H

#include <stdint.h>

/* clone()'s last two arguments are ctid, tls here. */
#define ARCH_CLONE_TLS_FIRST 0

/* What stat, fstat and newfstatat fill: 144 bytes. */
struct stat {
    uint64_t st_dev;
    uint64_t st_ino;
    uint64_t st_nlink;
    uint32_t st_mode;
    uint32_t st_uid;
    uint32_t st_gid;
    uint32_t st_pad1;
    uint64_t st_rdev;
    int64_t st_size;
    int64_t st_blksize;
    int64_t st_blocks; /* of 512 bytes */
    struct timespec st_atim;
    struct timespec st_mtim;
    struct timespec st_ctim;
    int64_t st_pad2[3];
};
_Static_assert(sizeof(struct stat) == 144, "Linux's struct stat on x86-64");

/*
 * What rt_sigaction takes: 32 bytes. The program names the code that a handler returns to, and says
 * with this flag that it did.
 */
#define ARCH_SA_RESTORER 0x04000000
struct ksigaction {
    void *handler;
    uint64_t flags;
    void *restorer;
    uint64_t mask;
};
_Static_assert(sizeof(struct ksigaction) == 32, "rt_sigaction's structure on x86-64");

#define ksigaction_restorer(act)           ((act)->restorer)
#define ksigaction_set_restorer(act, code) ((void)((act)->restorer = (code)))

#endif
