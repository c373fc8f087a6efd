/* SPDX-License-Identifier: MIT */
/*
 * The kernel half of every address space: built once at boot, on the windows of mm/layout.h.
 */
#ifndef MM_KERNEL_MAP_H
#define MM_KERNEL_MAP_H

#include "kernel/types.h"

struct seq_file;

/*
 * Builds the kernel's table (direct map, image, vmemmap; tables for every slot in use), moves to
 * it, and drops the early one. memblock is filled. Boot CPU.
 */
void kernel_map_init(void);

/* Walks the kernel's table: panics if anything is writable and executable, or page 0 is mapped. */
void kernel_map_check(void);

/* The window table in the log, at boot. */
void log_kernel_windows(void);

/* /proc/kernel_windows: "start-end first-last name page-sizes prot", a line for each window. */
void show_kernel_windows(struct seq_file *m);

/* A name for the window that holds `addr`, for reports. */
const char *kernel_window_name(vaddr_t addr);

#endif
