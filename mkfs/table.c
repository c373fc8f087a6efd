/* SPDX-License-Identifier: MIT */
/* The table of nodes that a source directory cannot hold; see table.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "scan.h"
#include "table.h"
#include "util.h"

#define BLANKS " \t\r\n"

/* Major and minor numbers that ext2_encode_dev() can hold. */
#define MAJOR_MAX 0xfff
#define MINOR_MAX 0xfffff

struct line {
    const char *where; /* "table:number", for messages */
    char *path;
    char type;
    uint16_t mode; /* permissions */
    uint32_t major, minor;
};

/* A whole word as a number of at most max. */
static uint32_t parse_number(const struct line *line, const char *what, const char *word, int base,
                             uint32_t max)
{
    char *end;

    if (!word)
        fail(line->where, "%s is missing", what);

    unsigned long value = strtoul(word, &end, base);

    if (word[0] < '0' || word[0] > '9' || *end || value > max)
        fail(line->where,
             base == 8 ? "%s '%s' is not an octal number up to %o"
                       : "%s '%s' is not a number up to %u",
             what, word, max);
    return (uint32_t)value;
}

static void parse_line(struct line *line, char *text)
{
    char *rest;

    line->path = strtok_r(text, BLANKS, &rest);

    const char *type = strtok_r(NULL, BLANKS, &rest);

    if (line->path[0] != '/')
        fail(line->where, "path '%s' does not start with '/'", line->path);
    if (!type || strlen(type) != 1 || !strchr("dcbp", type[0]))
        fail(line->where, "type '%s' is none of d, c, b and p", type ? type : "");
    line->type = type[0];
    line->mode = (uint16_t)parse_number(line, "mode", strtok_r(NULL, BLANKS, &rest), 8, 07777);
    if (line->type == 'c' || line->type == 'b') {
        line->major =
            parse_number(line, "major number", strtok_r(NULL, BLANKS, &rest), 10, MAJOR_MAX);
        line->minor =
            parse_number(line, "minor number", strtok_r(NULL, BLANKS, &rest), 10, MINOR_MAX);
    }

    const char *extra = strtok_r(NULL, BLANKS, &rest);

    if (extra)
        fail(line->where, "'%s' is one word too many", extra);
}

static void add_node(struct tree *tree, const struct line *line, uint32_t mtime)
{
    struct node *dir = tree->root;
    char *rest;
    char *name = strtok_r(line->path, "/", &rest);

    while (name) {
        char *next = strtok_r(NULL, "/", &rest);

        if (strlen(name) > EXT2_NAME_MAX || !strcmp(name, ".") || !strcmp(name, ".."))
            fail(line->where, "'%s' cannot be the name of a file", name);
        if (!next && line->type != 'd')
            break;
        dir = tree_subdir(dir, name, mtime, line->where);
        name = next;
    }
    if (line->type == 'd') {
        dir->mode = EXT2_S_IFDIR | line->mode;
        return;
    }
    if (!name)
        fail(line->where, "the root can only be a directory");

    uint16_t type = line->type == 'c'   ? EXT2_S_IFCHR
                    : line->type == 'b' ? EXT2_S_IFBLK
                                        : EXT2_S_IFIFO;
    struct node *node = node_new(type | line->mode, mtime, line->where);

    node->major = line->major;
    node->minor = line->minor;
    tree_link(dir, name, node);
}

void table_apply(struct tree *tree, const char *path)
{
    FILE *file = fopen(path, "r");
    struct stat st;
    char *text = NULL;
    size_t room = 0;

    if (!file || fstat(fileno(file), &st) < 0)
        fail_errno(path);
    for (unsigned number = 1; getline(&text, &room, file) >= 0; number++) {
        struct line line = {0};

        text[strcspn(text, "#")] = '\0';
        if (text[strspn(text, BLANKS)] == '\0')
            continue;
        line.where = xasprintf("%s:%u", path, number);
        parse_line(&line, text);
        add_node(tree, &line, scan_mtime(&st));
    }
    if (ferror(file))
        fail_errno(path);
    free(text);
    fclose(file);
}
