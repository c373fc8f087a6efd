/* SPDX-License-Identifier: MIT */
/*
 * mkfs: make an ext2 image from directory trees, without root rights and without mounting anything.
 *
 *     mkfs -o IMAGE [-s SIZE_MiB] [-i INODES] [-L LABEL] [-n TABLE] DIR...
 *
 * The trees are merged into the root in order (scan.h), then the nodes of TABLE are added
 * (table.h). Everything belongs to user and group 0. The steps: gather names (tree), number inodes,
 * look at the contents, choose the volume's size, write contents and inodes, write the volume's own
 * data.
 *
 * The same input gives the same bytes. Times are the files' modification times, or all of them
 * SOURCE_DATE_EPOCH (seconds since 1970) if the environment has it; no clock is read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "contents.h"
#include "image.h"
#include "inode.h"
#include "scan.h"
#include "table.h"
#include "util.h"
#include "volume.h"

#define DEFAULT_SIZE  192 /* MiB, at least, and twice the contents */
#define DEFAULT_LABEL "xv39"

struct options {
    const char *image;
    uint32_t size; /* MiB; 0: chosen */
    uint32_t inodes;
    const char *label;
    const char *table; /* NULL: none */
    char **sources;    /* NULL-terminated */
};

static _Noreturn void usage(void)
{
    fputs("usage: mkfs -o IMAGE [-s SIZE_MiB] [-i INODES] [-L LABEL] [-n TABLE] DIR...\n", stderr);
    exit(1);
}

static uint32_t parse_number(const char *name, const char *text, uint32_t least, uint32_t most)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end || value < least || value > most)
        fail(name, "'%s' is not a number from %u to %u", text, least, most);
    return (uint32_t)value;
}

static void parse_options(struct options *options, int argc, char **argv)
{
    int option;

    *options = (struct options){.label = DEFAULT_LABEL};
    while ((option = getopt(argc, argv, "o:s:i:L:n:")) != -1) {
        switch (option) {
        case 'o':
            options->image = optarg;
            break;
        case 's':
            options->size = parse_number("-s", optarg, 1, UINT32_MAX / (MIB / EXT2_BLOCK_SIZE));
            break;
        case 'i':
            options->inodes = parse_number("-i", optarg, 1, UINT32_MAX);
            break;
        case 'L':
            options->label = optarg;
            break;
        case 'n':
            options->table = optarg;
            break;
        default:
            usage();
        }
    }
    if (!options->image || optind == argc)
        usage();
    if (strlen(options->label) > sizeof(((struct ext2_superblock *)0)->s_volume_name))
        fail("-L", "'%s' is longer than 16 bytes", options->label);
    options->sources = argv + optind;
}

/* Apply SOURCE_DATE_EPOCH. Returns the time of the volume: the newest of its files' times. */
static uint32_t settle_times(const struct tree *tree)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    uint32_t epoch = 0, newest = 0;

    if (text)
        epoch = parse_number("SOURCE_DATE_EPOCH", text, 0, INT32_MAX);
    for (uint32_t ino = 1; ino < tree->inode_end; ino++) {
        struct node *node = tree->inodes[ino];

        if (!node)
            continue;
        if (text)
            node->mtime = epoch;
        if (node->mtime > newest)
            newest = node->mtime;
    }
    return newest;
}

/* Look at all contents. Returns the features that they call for. */
static uint32_t prepare_contents(const struct tree *tree, struct volume_need *need)
{
    uint32_t ro_compat = 0;

    need->inodes = tree->inode_end - 1;
    for (uint32_t ino = 1; ino < tree->inode_end; ino++) {
        struct node *node = tree->inodes[ino];

        if (!node)
            continue;
        contents_prepare(node);
        need->blocks += node->map_blocks;
        if (node->size > INT32_MAX)
            ro_compat |= EXT2_RO_COMPAT_LARGE_FILE;
    }
    return ro_compat;
}

static void choose_size(const struct options *options, const struct volume_need *need,
                        struct volume *volume)
{
    uint64_t size = options->size;

    if (options->inodes && options->inodes < need->inodes)
        fail("-i", "%u inodes are too few: the files need %u", options->inodes, need->inodes);
    if (!size) {
        size = div_round_up(2 * need->blocks * EXT2_BLOCK_SIZE, MIB);
        size = volume_least_size(size < DEFAULT_SIZE ? DEFAULT_SIZE : size, need);
    }
    if (volume_plan(volume, size, need))
        return;

    uint64_t least = volume_least_size(1, need);

    if (!least)
        fail(options->image, "no ext2 volume can hold so many blocks and inodes");
    fail(options->image, "image full: the files need -s %llu, and -s is %u",
         (unsigned long long)least, options->size);
}

int main(int argc, char **argv)
{
    struct options options;
    struct tree tree;
    struct volume volume;

    parse_options(&options, argc, argv);
    tree_init(&tree);
    for (char **source = options.sources; *source; source++)
        scan_source(&tree, *source);
    if (options.table)
        table_apply(&tree, options.table);
    tree_number(&tree);

    struct volume_need need = {.inodes_asked = options.inodes};
    uint32_t time = settle_times(&tree);
    uint32_t ro_compat = prepare_contents(&tree, &need);

    choose_size(&options, &need, &volume);
    image_create(options.image, volume.blocks);
    volume_open(&volume);
    for (uint32_t ino = 1; ino < tree.inode_end; ino++) {
        if (tree.inodes[ino])
            inode_write(&volume, tree.inodes[ino]);
    }
    volume_close(&volume, options.label, time, ro_compat);
    image_commit();
    return 0;
}
