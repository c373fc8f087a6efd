/* SPDX-License-Identifier: MIT */
/* procfs, as the rest of the kernel sees it. */
#ifndef KERNEL_FS_PROC_PROCFS_H
#define KERNEL_FS_PROC_PROCFS_H

/*
 * Registers the file system type "proc" and mounts it on /proc, if the root file system, which is
 * mounted, has such a directory. May sleep.
 */
void procfs_init(void);

#endif
