/* SPDX-License-Identifier: MIT */
/* When a fault needs a page and there is none: somebody has to give up theirs. */
#ifndef MM_OOM_H
#define MM_OOM_H

#include "kernel/types.h"

/*
 * Kills the process with the most memory, with a log line and a memory table, or waits for one that
 * was killed before. True: try again; false: the victim is the caller, who should hurry to end. May
 * sleep; mmap_lock is not held.
 */
bool out_of_memory(void);

#endif
