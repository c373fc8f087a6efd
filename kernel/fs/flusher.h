/* SPDX-License-Identifier: MIT */
/*
 * The flusher: a kernel thread that writes what is dirty some seconds after the first of it became
 * so. While nothing is dirty it sleeps without a timer. None of these takes a sleeping lock.
 */
#ifndef KERNEL_FS_FLUSHER_H
#define KERNEL_FS_FLUSHER_H

#include "kernel/types.h"

/* Starts the thread. Once the first file system is mounted. */
void flusher_init(void);

/* Something that vfs_sync() would write has become dirty. Cheap, does not sleep. */
void flusher_wake(void);
/* Too much is dirty: write at once. Does not sleep. */
void flusher_hurry(void);
/*
 * For reclaim: flusher_hurry(), then gives it some milliseconds. False when that is pointless, as
 * the caller is the flusher or there is none.
 */
bool flusher_help(void);

#endif
