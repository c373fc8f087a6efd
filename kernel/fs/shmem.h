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

/* Registers the type "tmpfs" and mounts one on /dev/shm, if there is such a directory. May sleep.
 */
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

#endif
