/* SPDX-License-Identifier: MIT */
/* Source directories of the host, merged into the tree. */
#ifndef MKFS_SCAN_H
#define MKFS_SCAN_H

#include <sys/stat.h>

#include "tree.h"

/*
 * Merge everything below the host's directory path into the root. Directories merge and take the
 * later one's permissions (except the root's own, which stays 0755); other files take the place of
 * earlier ones. Names of one file (hard links), in this source or an earlier one, stay one file.
 * Symbolic links are kept, not followed, but path itself may be one. Fails for sockets, and for
 * what cannot be read.
 */
void scan_source(struct tree *tree, const char *path);

/* The modification time as an inode holds it: whole seconds, brought into 0 .. 2^31 - 1. */
uint32_t scan_mtime(const struct stat *st);

#endif
