/* SPDX-License-Identifier: MIT */
/* A directory's names as the entries that lie on disk. */
#ifndef MKFS_DIRECTORY_H
#define MKFS_DIRECTORY_H

#include "tree.h"

/*
 * Build the contents of a directory whose tree is numbered: sets bytes and size, a whole number of
 * blocks. "." and ".." come first, then the names in order.
 */
void directory_encode(struct node *dir);

#endif
