/* SPDX-License-Identifier: MIT */
/*
 * The future file system as a tree in memory: nodes (future inodes), and directories that name
 * them.
 *
 * Invariants: a directory's names are sorted by byte value and unique, so the image does not depend
 * on the order in which the host lists its files. Only non-directories have several names. The root
 * always has a directory lost+found, which is where e2fsck puts what it cannot place.
 */
#ifndef MKFS_TREE_H
#define MKFS_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "ext2_format.h"

struct node;

struct name {
    char *text;
    struct node *node;
};

struct node {
    uint16_t mode;         /* EXT2_S_IF* and permissions */
    uint32_t mtime;        /* seconds since 1970 */
    const char *origin;    /* where it comes from: the file to read, and the name in messages */
    uint32_t major, minor; /* devices */
    char *target;          /* symbolic links */

    struct node *parent; /* directories; the root is its own parent */
    struct name *names;  /* directories, without "." and ".." */
    size_t name_count, name_room;

    /* Set by tree_number(). */
    uint32_t ino;
    uint32_t links;

    /* The contents, see contents.h. size is set for regular files from the start. */
    uint64_t size;       /* bytes */
    uint8_t *present;    /* bitmap of the blocks that are not holes; NULL: all of them */
    uint8_t *bytes;      /* the contents in memory; NULL: read from origin */
    uint32_t map_blocks; /* blocks taken, indirect blocks included */
};

struct tree {
    struct node *root;
    struct node **inodes; /* by inode number; NULL for the reserved ones; from tree_number() */
    uint32_t inode_end;   /* one more than the highest inode number in use */
};

static inline int node_is(const struct node *node, uint16_t type)
{
    return (node->mode & EXT2_S_IFMT) == type;
}

/* An empty root directory with an empty lost+found. */
void tree_init(struct tree *tree);

/* A node that no directory names yet. origin is kept, not copied. */
struct node *node_new(uint16_t mode, uint32_t mtime, const char *origin);

/*
 * The subdirectory of that name, made with mode 0755 if it is missing. Fails, naming origin, if the
 * name is taken by something that is not a directory. name is copied.
 */
struct node *tree_subdir(struct node *dir, const char *name, uint32_t mtime, const char *origin);

/*
 * Name a node that is not a directory. An earlier node of that name loses it; fails, naming the
 * node's origin, if that was a directory. name is copied.
 */
void tree_link(struct node *dir, const char *name, struct node *node);

/* Number the inodes and count their links. The tree does not change any more after this. */
void tree_number(struct tree *tree);

#endif
