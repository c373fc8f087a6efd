/* SPDX-License-Identifier: MIT */
/*
 * What memory is used for, in pages: the numbers that /proc/meminfo, /proc/vmstat and
 * /proc/zoneinfo share. They are taken one after the other, not at one moment.
 *
 * Linux's words for a page's chance to be reclaimed are active and inactive. Here pages of files
 * lie on one list, where each has a second chance: all of them are inactive. Memory that has no
 * place on a disk, anonymous and tmpfs's, is not reclaimed: all of it is active. What areas with
 * VM_LOCKED cover is counted once more, as unevictable.
 */
#ifndef MM_MEMORY_USE_H
#define MM_MEMORY_USE_H

#include "kernel/types.h"

struct memory_use {
    size_t free;
    size_t active_anon, inactive_anon, active_file, inactive_file, unevictable;
    size_t slab_reclaimable, slab_unreclaimable;
    size_t anon;   /* shown by processes */
    size_t mapped; /* pages of files that are */
    size_t file;   /* the page cache, with tmpfs's pages and those of block devices */
    size_t shmem;  /* of these, tmpfs's */
    size_t dirty;  /* of these, newer than the disk, or being written */
    size_t writeback;
    size_t kernel_stack; /* in KiB, as everywhere */
    size_t page_tables;
    size_t mlock;
};
void get_memory_use(struct memory_use *out);

struct seq_file;
/* "nr_NAME pages": a line for each number but `free`; indented as in zoneinfo, or as in vmstat. */
void show_node_stats(struct seq_file *m, bool zoneinfo);
/* /proc/zoneinfo in Linux's format. */
void show_zoneinfo(struct seq_file *m);

#endif
