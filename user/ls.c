/* SPDX-License-Identifier: MIT */
/*
 * ls: lists directories. -a: names that begin with a dot too; -l: one line each with mode, links,
 * owner, group, size (or device number), time in UTC, name and link target; -i: inode numbers;
 * -d: a directory itself, not its contents; -1: one name a line, as it is done for anything but a
 * terminal.
 */
#include <cli.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int all, details, inodes, itself, width, status;

struct entry {
    char *name; /* as shown */
    char *path;
    struct stat st;
};

struct list {
    struct entry *entries;
    size_t count, room;
};

static void add(struct list *list, const char *name, char *path)
{
    struct entry e = {.path = path};

    if (lstat(path, &e.st) < 0) {
        warn("%s", path);
        status = 1;
        free(path);
        return;
    }
    if (list->count == list->room) {
        list->room = list->room ? 2 * list->room : 64;
        list->entries = reallocarray(list->entries, list->room, sizeof(e));
    }
    e.name = strdup(name);
    if (!list->entries || !e.name)
        err(2, "%s", name);
    list->entries[list->count++] = e;
}

static void clear(struct list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->entries[i].name);
        free(list->entries[i].path);
    }
    free(list->entries);
    *list = (struct list){0};
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static char type_letter(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return 'd';
    case S_IFLNK:
        return 'l';
    case S_IFCHR:
        return 'c';
    case S_IFBLK:
        return 'b';
    case S_IFIFO:
        return 'p';
    case S_IFSOCK:
        return 's';
    default:
        return '-';
    }
}

static const char *mode_text(mode_t mode)
{
    static char text[11];

    text[0] = type_letter(mode);
    for (int i = 0; i < 9; i++)
        text[1 + i] = mode & (0400 >> i) ? "rwxrwxrwx"[i] : '-';
    if (mode & S_ISUID)
        text[3] = mode & S_IXUSR ? 's' : 'S';
    if (mode & S_ISGID)
        text[6] = mode & S_IXGRP ? 's' : 'S';
    if (mode & S_ISVTX)
        text[9] = mode & S_IXOTH ? 't' : 'T';
    return text;
}

static void print_target(const struct entry *e)
{
    char target[PATH_MAX];
    ssize_t n = readlink(e->path, target, sizeof(target) - 1);

    if (n >= 0)
        printf(" -> %.*s", (int)n, target);
}

static void print_details(const struct entry *e)
{
    struct tm tm;

    printf("%s %2lu %u %u ", mode_text(e->st.st_mode), (unsigned long)e->st.st_nlink, e->st.st_uid,
           e->st.st_gid);
    if (S_ISCHR(e->st.st_mode) || S_ISBLK(e->st.st_mode))
        printf("%4u,%4u", major(e->st.st_rdev), minor(e->st.st_rdev));
    else
        printf("%9ld", e->st.st_size);
    gmtime_r(&e->st.st_mtime, &tm);
    printf(" %04d-%02d-%02d %02d:%02d %s", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
           tm.tm_min, e->name);
    if (S_ISLNK(e->st.st_mode))
        print_target(e);
    putchar('\n');
}

/* Names in columns, downwards; width 0 is one column. */
static void print_columns(const struct list *list)
{
    size_t widest = 0, columns, rows;

    for (size_t i = 0; i < list->count; i++)
        if (strlen(list->entries[i].name) > widest)
            widest = strlen(list->entries[i].name);
    widest += 2 + (inodes ? 8 : 0);
    columns = (size_t)width / widest;
    if (columns == 0)
        columns = 1;
    rows = (list->count + columns - 1) / columns;
    for (size_t row = 0; row < rows; row++)
        for (size_t i = row; i < list->count; i += rows) {
            const struct entry *e = &list->entries[i];
            int last = i + rows >= list->count, used = 0;
            if (inodes)
                used = printf("%7lu ", e->st.st_ino);
            printf("%-*s%s", last ? 0 : (int)widest - used, e->name, last ? "\n" : "");
        }
}

static void print_list(struct list *list)
{
    if (list->count)
        qsort(list->entries, list->count, sizeof(*list->entries), by_name);
    if (!details) {
        print_columns(list);
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (inodes)
            printf("%7lu ", list->entries[i].st.st_ino);
        print_details(&list->entries[i]);
    }
}

static void list_directory(const char *path)
{
    struct list list = {0};
    DIR *dir = opendir(path);
    struct dirent *d;

    if (!dir) {
        warn("%s", path);
        status = 1;
        return;
    }
    errno = 0;
    while ((d = readdir(dir))) {
        if (all || d->d_name[0] != '.')
            add(&list, d->d_name, join_path(path, d->d_name));
        errno = 0;
    }
    if (errno) {
        warn("%s", path);
        status = 1;
    }
    closedir(dir);
    print_list(&list);
    clear(&list);
}

static void find_width(void)
{
    struct winsize w;

    if (!isatty(STDOUT_FILENO))
        return;
    width = 80;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
        width = w.ws_col;
}

int main(int argc, char **argv)
{
    static char *here[] = {".", NULL};
    struct list files = {0};
    struct stat st;
    int opt, one = 0, several;

    while ((opt = getopt(argc, argv, "aldi1")) != -1) {
        if (opt == '?')
            usage("ls [-adil1] [file ...]");
        all |= opt == 'a';
        details |= opt == 'l';
        itself |= opt == 'd';
        inodes |= opt == 'i';
        one |= opt == '1';
    }
    if (!one)
        find_width();
    argv = optind < argc ? argv + optind : here;
    several = argv[0] && argv[1];

    /* A link to a directory is followed, except where its own line is asked for. */
    for (char **p = argv; *p; p++)
        if (itself || (details ? lstat : stat)(*p, &st) < 0 || !S_ISDIR(st.st_mode))
            add(&files, *p, join_path("", *p));
    print_list(&files);
    for (char **p = argv; *p && !itself; p++) {
        if ((details ? lstat : stat)(*p, &st) < 0 || !S_ISDIR(st.st_mode))
            continue;
        if (several)
            printf("%s%s:\n", p > argv || files.count ? "\n" : "", *p);
        list_directory(*p);
    }
    clear(&files);
    return finish(status);
}
