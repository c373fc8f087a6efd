/* SPDX-License-Identifier: MIT */
/*
 * Files that are only memory: what the rest of the kernel asks of tmpfs (kernel/fs/tmpfs).
 *
 * An unnamed file of tmpfs is what several processes share: memory mapped with MAP_SHARED and
 * MAP_ANONYMOUS, /dev/zero mapped shared, memfd_create(). It has a page cache like any other file,
 * and the cache is all there is of it; it goes with the last descriptor and mapping.
 */
#ifndef KERNEL_FS_SHMEM_H
#define KERNEL_FS_SHMEM_H

#include "kernel/types.h"

struct file;

/* fcntl(2)'s F_SEAL_*: what may not be done to a file any more. */
enum {
    F_SEAL_SEAL = 1, /* be sealed further */
    F_SEAL_SHRINK = 2,
    F_SEAL_GROW = 4,
    F_SEAL_WRITE = 8,
    F_SEAL_FUTURE_WRITE = 16, /* written to, but through mappings that there are */
    F_SEAL_EXEC = 32,         /* get or lose the right to be executed */
};

/* Registers the type "tmpfs"; mounts one on /dev/shm, if there is such a directory. May sleep. */
void tmpfs_init(void);

/*
 * A file of `size` bytes of zeroes that is in no directory, open for reading and writing. d_path()
 * calls it "/NAME (deleted)", and Linux's names are "dev/zero" and "memfd:NAME"; `flags` (O_*) are
 * added to the file's. ERR_PTR: -EINVAL for a negative size, -ENOMEM. No page is allocated before
 * it is written to or touched. May sleep; mmap_lock may be held.
 */
struct file *shmem_file_setup(const char *name, loff_t size, unsigned flags);

/* Whether it is a regular file of tmpfs, named or not. */
bool is_shmem_file(const struct file *f);

/* fcntl()'s F_GET_SEALS and F_ADD_SEALS: the seals, or 0, or -errno. Take i_lock. */
int shmem_get_seals(struct file *f);
int shmem_add_seals(struct file *f, unsigned seals);
/* The seals of a file that nobody has seen yet, instead of F_SEAL_SEAL. */
void shmem_init_seals(struct file *f, unsigned seals);

#endif
