/* SPDX-License-Identifier: MIT */
/*
 * The structures of Linux's system call boundary that this architecture lays out its own way, as
 * the C library needs them; every other one is the same everywhere. struct timespec comes from the
 * includer.
 */
#ifndef ARCH_UABI_H
#define ARCH_UABI_H

#include <stdint.h>

/* clone()'s last two arguments are tls, ctid here; elsewhere the other way round. */
#define ARCH_CLONE_TLS_FIRST 1

/* What fstat and newfstatat fill: 128 bytes. */
struct stat {
    uint64_t st_dev;
    uint64_t st_ino;
    uint32_t st_mode;
    uint32_t st_nlink;
    uint32_t st_uid;
    uint32_t st_gid;
    uint64_t st_rdev;
    uint64_t st_pad1;
    int64_t st_size;
    int32_t st_blksize;
    int32_t st_pad2;
    int64_t st_blocks; /* of 512 bytes */
    struct timespec st_atim;
    struct timespec st_mtim;
    struct timespec st_ctim;
    uint32_t st_pad3[2];
};

/*
 * What rt_sigaction takes: 24 bytes. It does not name the code that a handler returns to, which the
 * kernel itself supplies: there is no flag for that either.
 */
#define ARCH_SA_RESTORER 0
struct ksigaction {
    void *handler;
    uint64_t flags;
    uint64_t mask;
};
_Static_assert(sizeof(struct ksigaction) == 24, "rt_sigaction's structure on RISC-V");

#define ksigaction_restorer(act)           ((void *)0)
#define ksigaction_set_restorer(act, code) ((void)0)

#endif
