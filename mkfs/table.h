/* SPDX-License-Identifier: MIT */
/*
 * The table of nodes that a source directory cannot hold: devices, and directories that must exist
 * though they are empty, or have permissions that version control does not keep.
 */
#ifndef MKFS_TABLE_H
#define MKFS_TABLE_H

#include "tree.h"

/*
 * Add the nodes that the file path lists, one a line: `path type mode [major minor]`. type is d
 * (directory), c or b (character or block device, with their numbers), or p (fifo); mode is octal;
 * '#' starts a comment. Missing parents are made with mode 0755. A directory that exists takes the
 * mode; another node takes the place of an earlier one. Fails, naming the line, when it makes no
 * sense. The nodes' times are the table's own.
 */
void table_apply(struct tree *tree, const char *path);

#endif
