/* SPDX-License-Identifier: MIT */
/* Nodes of the tree written to the image: contents, the blocks that map them, and the inode. */
#ifndef MKFS_INODE_H
#define MKFS_INODE_H

#include "tree.h"
#include "volume.h"

/* Write a node whose contents are prepared. */
void inode_write(struct volume *volume, const struct node *node);

#endif
