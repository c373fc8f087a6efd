/* SPDX-License-Identifier: MIT */
/* Source directories of the host, merged into the tree; see scan.h. */
#include <dirent.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "scan.h"
#include "util.h"

/* st_mode is copied into i_mode. */
_Static_assert(S_IFMT == EXT2_S_IFMT && S_IFDIR == EXT2_S_IFDIR && S_IFREG == EXT2_S_IFREG &&
                   S_IFLNK == EXT2_S_IFLNK && S_IFCHR == EXT2_S_IFCHR && S_IFBLK == EXT2_S_IFBLK &&
                   S_IFIFO == EXT2_S_IFIFO,
               "the host numbers file types as ext2 does");

/* The files with several names that were seen, to recognize them under the next one. */
struct linked_file {
    dev_t dev;
    ino_t ino;
    struct node *node;
};

static void *linked_files;

static int compare_files(const void *left, const void *right)
{
    const struct linked_file *a = left, *b = right;

    if (a->dev != b->dev)
        return a->dev < b->dev ? -1 : 1;
    if (a->ino != b->ino)
        return a->ino < b->ino ? -1 : 1;
    return 0;
}

uint32_t scan_mtime(const struct stat *st)
{
    if (st->st_mtime < 0)
        return 0;
    return st->st_mtime > INT32_MAX ? INT32_MAX : (uint32_t)st->st_mtime;
}

static char *read_target(const char *path)
{
    char *target = xcalloc(EXT2_BLOCK_SIZE, 1);
    ssize_t length = readlink(path, target, EXT2_BLOCK_SIZE);

    if (length < 0)
        fail_errno(path);
    if (length == 0 || length == EXT2_BLOCK_SIZE)
        fail(path, "symbolic link of a length that does not fit a block");
    return target;
}

static struct node *make_node(const char *path, const struct stat *st)
{
    struct node *node = node_new((uint16_t)st->st_mode, scan_mtime(st), path);

    switch (st->st_mode & S_IFMT) {
    case S_IFREG:
        node->size = (uint64_t)st->st_size;
        break;
    case S_IFLNK:
        node->target = read_target(path);
        break;
    case S_IFCHR:
    case S_IFBLK:
        node->major = major(st->st_rdev);
        node->minor = minor(st->st_rdev);
        break;
    case S_IFIFO:
        break;
    default:
        fail(path, "a file of this type cannot be in an image");
    }
    return node;
}

/* The node of a file that is not a directory: the one it already has, or a new one. */
static struct node *find_node(const char *path, const struct stat *st)
{
    if (st->st_nlink <= 1)
        return make_node(path, st);

    struct linked_file *file = xcalloc(1, sizeof(*file));

    file->dev = st->st_dev;
    file->ino = st->st_ino;

    struct linked_file **seen = tsearch(file, &linked_files, compare_files);

    if (!seen)
        fail_errno(path);
    if (*seen == file)
        file->node = make_node(path, st);
    return (*seen)->node;
}

static int not_dot(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void merge_directory(struct node *dir, const char *path)
{
    struct dirent **list;
    int count = scandir(path, &list, not_dot, by_name);

    if (count < 0)
        fail_errno(path);
    for (int i = 0; i < count; i++) {
        const char *name = list[i]->d_name;
        char *child = xasprintf("%s/%s", path, name);
        struct stat st;

        if (lstat(child, &st) < 0)
            fail_errno(child);
        if (S_ISDIR(st.st_mode)) {
            struct node *subdir = tree_subdir(dir, name, 0, child);

            subdir->mode = (uint16_t)st.st_mode;
            subdir->mtime = scan_mtime(&st);
            merge_directory(subdir, child);
        } else {
            tree_link(dir, name, find_node(child, &st));
        }
        free(list[i]);
    }
    free(list);
}

void scan_source(struct tree *tree, const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        fail_errno(path);
    tree->root->mtime = scan_mtime(&st);
    merge_directory(tree->root, path);
}
