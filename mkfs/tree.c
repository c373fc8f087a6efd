/* SPDX-License-Identifier: MIT */
/* The future file system as a tree in memory; see tree.h. */
#include <stdbool.h>
#include <string.h>

#include "tree.h"
#include "util.h"

#define LOST_AND_FOUND "lost+found"

struct node *node_new(uint16_t mode, uint32_t mtime, const char *origin)
{
    struct node *node = xcalloc(1, sizeof(*node));

    node->mode = mode;
    node->mtime = mtime;
    node->origin = origin;
    return node;
}

void tree_init(struct tree *tree)
{
    memset(tree, 0, sizeof(*tree));
    tree->root = node_new(EXT2_S_IFDIR | 0755, 0, "/");
    tree->root->parent = tree->root;
    tree_subdir(tree->root, LOST_AND_FOUND, 0, "/" LOST_AND_FOUND)->mode = EXT2_S_IFDIR | 0700;
}

/* The place of a name in its directory: where it is, or where it would have to be inserted. */
static size_t find_place(const struct node *dir, const char *name, bool *found)
{
    size_t low = 0, high = dir->name_count;

    /* Directories are mostly filled in order. */
    if (high && strcmp(dir->names[high - 1].text, name) < 0)
        low = high;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(dir->names[middle].text, name);

        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert_name(struct node *dir, size_t place, const char *name, struct node *node)
{
    if (dir->name_count == dir->name_room) {
        dir->name_room = dir->name_room ? 2 * dir->name_room : 8;
        dir->names = xrealloc(dir->names, dir->name_room, sizeof(dir->names[0]));
    }
    memmove(&dir->names[place + 1], &dir->names[place],
            (dir->name_count - place) * sizeof(dir->names[0]));
    dir->names[place].text = xasprintf("%s", name);
    dir->names[place].node = node;
    dir->name_count++;
}

struct node *tree_subdir(struct node *dir, const char *name, uint32_t mtime, const char *origin)
{
    bool found;
    size_t place = find_place(dir, name, &found);

    if (found) {
        struct node *old = dir->names[place].node;

        if (!node_is(old, EXT2_S_IFDIR))
            fail(origin, "a directory cannot take the place of %s", old->origin);
        return old;
    }

    struct node *node = node_new(EXT2_S_IFDIR | 0755, mtime, origin);

    node->parent = dir;
    insert_name(dir, place, name, node);
    return node;
}

void tree_link(struct node *dir, const char *name, struct node *node)
{
    bool found;
    size_t place = find_place(dir, name, &found);

    if (!found) {
        insert_name(dir, place, name, node);
        return;
    }
    if (node_is(dir->names[place].node, EXT2_S_IFDIR))
        fail(node->origin, "cannot take the place of the directory %s",
             dir->names[place].node->origin);
    dir->names[place].node = node;
}

static void add_link(struct node *node)
{
    if (node->links == EXT2_LINK_MAX)
        fail(node->origin, "more than %d links, or subdirectories", EXT2_LINK_MAX);
    node->links++;
}

static void give_number(struct tree *tree, struct node *node, uint32_t ino)
{
    if (tree->inode_end <= ino) {
        tree->inodes = xrealloc(tree->inodes, (size_t)ino + 1, sizeof(tree->inodes[0]));
        memset(&tree->inodes[tree->inode_end], 0,
               (ino + 1 - tree->inode_end) * sizeof(tree->inodes[0]));
        tree->inode_end = ino + 1;
    }
    tree->inodes[ino] = node;
    node->ino = ino;
}

static void number_below(struct tree *tree, struct node *dir)
{
    for (size_t i = 0; i < dir->name_count; i++) {
        struct node *node = dir->names[i].node;

        add_link(node);
        if (!node->ino) {
            if (tree->inode_end == UINT32_MAX)
                fail(node->origin, "too many files");
            give_number(tree, node, tree->inode_end);
        }
        if (node_is(node, EXT2_S_IFDIR)) {
            add_link(node); /* its "." */
            add_link(dir);  /* its ".." */
            number_below(tree, node);
        }
    }
}

void tree_number(struct tree *tree)
{
    bool found;
    size_t place = find_place(tree->root, LOST_AND_FOUND, &found);

    give_number(tree, tree->root, EXT2_ROOT_INO);
    give_number(tree, tree->root->names[place].node, EXT2_FIRST_INO);
    add_link(tree->root); /* "." */
    add_link(tree->root); /* "..": the root is its own parent */
    number_below(tree, tree->root);
}
