/* SPDX-License-Identifier: MIT */
/* When a fault needs a page and there is none: somebody has to give up theirs. */
#ifndef MM_OOM_H
#define MM_OOM_H

#include "kernel/types.h"

/*
 * Kills the process with the most memory, with a log line and a memory table, or waits for one that
 * is ending already. True: try again; false: the caller is a victim itself or there is nobody left
 * to kill, and it should hurry to end. May sleep; mmap_lock and tasklist_lock are not held.
 */
bool out_of_memory(void);

#endif
