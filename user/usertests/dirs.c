/* SPDX-License-Identifier: MIT */
/* Directories: making, listing, removing, renaming, walking, deep and wide ones. */
#include "test.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static nlink_t links_of(const char *path)
{
    struct stat st;

    CHECK_OK(stat(path, &st));
    return st.st_nlink;
}

static int count_entries(const char *path)
{
    DIR *dir = opendir(path);
    int n = 0;

    CHECK(dir != NULL);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static void make_remove(void)
{
    CHECK_OK(mkdir("a", 0755));
    CHECK_EQ(links_of("a"), 2);
    CHECK_OK(mkdir("a/b", 0755));
    CHECK_EQ(links_of("a"), 3);
    CHECK_EQ(count_entries("a"), 3);
    CHECK_ERR(mkdir("a", 0755), EEXIST);
    CHECK_ERR(mkdir("a/b/", 0755), EEXIST);
    CHECK_ERR(mkdir(".", 0755), EEXIST);
    CHECK_ERR(mkdir("/", 0755), EEXIST);
    CHECK_ERR(mkdir("no/x", 0755), ENOENT);
    CHECK_ERR(rmdir("a"), ENOTEMPTY);
    CHECK_ERR(rmdir("a/."), EINVAL);
    CHECK_ERR(rmdir("a/b/.."), ENOTEMPTY);
    CHECK_ERR(rmdir("/"), EBUSY);
    CHECK_OK(rmdir("a/b"));
    CHECK_EQ(links_of("a"), 2);
    CHECK_OK(rmdir("a/"));
    CHECK_OK(mkdir("trailing/", 0755));
    write_file("file", "x", 1);
    CHECK_ERR(mkdir("file", 0755), EEXIST);
    CHECK_ERR(mkdir("file/x", 0755), ENOTDIR);
    CHECK_ERR(open("new/", O_RDWR | O_CREAT, 0600), EISDIR);
}

static void dots(void)
{
    struct stat a, b;

    CHECK_OK(mkdir("d", 0755));
    CHECK_OK(mkdir("d/e", 0755));
    CHECK_OK(stat("d", &a));
    CHECK_OK(stat("d/.", &b));
    CHECK_EQ(a.st_ino, b.st_ino);
    CHECK_OK(stat("d/e/..", &b));
    CHECK_EQ(a.st_ino, b.st_ino);
    CHECK_OK(stat("./d/../d//e/../.", &b));
    CHECK_EQ(a.st_ino, b.st_ino);
    CHECK_OK(stat("/", &a));
    CHECK_OK(stat("/..", &b));
    CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
    CHECK_ERR(unlink("d/."), EISDIR);
    CHECK_ERR(open("d/..", O_WRONLY), EISDIR);
}

static void names(void)
{
    char name[300];

    memset(name, 'n', sizeof(name));
    name[255] = 0;
    write_file(name, "x", 1);
    CHECK(exists(name));
    CHECK_ERR(mkdir(name, 0700), EEXIST);
    CHECK_OK(unlink(name));
    name[255] = 'n';
    name[256] = 0;
    CHECK_ERR(open(name, O_RDWR | O_CREAT, 0600), ENAMETOOLONG);
    CHECK_ERR(mkdir(name, 0700), ENAMETOOLONG);
    write_file("x", "x", 1);
    CHECK_ERR(rename("x", name), ENAMETOOLONG);
    write_file(" odd\t\n\x01\xff", "x", 1);
    CHECK(exists(" odd\t\n\x01\xff"));
    write_file("...", "x", 1);
    CHECK(exists("..."));
}

/* Every entry once, with its type and number; a small buffer only means more calls. */
static void listing(void)
{
    static bool seen[100];
    char name[20], raw[64];
    struct dirent *e;
    struct stat st;
    int fd, n = 0;
    DIR *dir;

    CHECK_OK(mkdir("d", 0755));
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "d/file%02d", i);
        if (i % 10 == 0)
            CHECK_OK(mkdir(name, 0755));
        else
            write_file(name, "x", 1);
    }
    CHECK((dir = opendir("d")) != NULL);
    while ((e = readdir(dir))) {
        n++;
        if (e->d_name[0] == '.')
            continue;
        long i = strtol(e->d_name + 4, NULL, 10);
        CHECK(!seen[i]);
        seen[i] = true;
        CHECK(e->d_type == DT_UNKNOWN || e->d_type == (i % 10 ? DT_REG : DT_DIR));
        snprintf(name, sizeof(name), "d/%.10s", e->d_name);
        CHECK_OK(stat(name, &st));
        CHECK_EQ(st.st_ino, e->d_ino);
    }
    CHECK_EQ(n, 102);
    closedir(dir);
    fd = CHECK_OK(open("d", O_RDONLY | O_DIRECTORY));
    for (n = 0; CHECK_OK(syscall(SYS_getdents64, fd, raw, sizeof(raw))) > 0;)
        n++;
    CHECK(n >= 50);
    CHECK_EQ(syscall(SYS_getdents64, fd, raw, sizeof(raw)), 0);
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    CHECK_ERR(syscall(SYS_getdents64, fd, raw, 10), EINVAL);
    CHECK_ERR(read(fd, raw, 10), EISDIR);
    fd = CHECK_OK(open("d/file01", O_RDONLY));
    CHECK_ERR(syscall(SYS_getdents64, fd, raw, sizeof(raw)), ENOTDIR);
}

static void working_directory(void)
{
    char start[300], text[600], expected[600];
    int fd;

    CHECK(getcwd(start, sizeof(start)) != NULL);
    CHECK_OK(mkdir("a", 0755));
    CHECK_OK(mkdir("a/b", 0755));
    CHECK_OK(chdir("a/b"));
    snprintf(expected, sizeof(expected), "%s/a/b", start);
    CHECK(getcwd(text, sizeof(text)) != NULL);
    CHECK_EQ(strcmp(text, expected), 0);
    CHECK_OK(chdir(".."));
    CHECK(exists("b"));
    fd = CHECK_OK(open(start, O_RDONLY | O_DIRECTORY));
    CHECK_OK(chdir("/"));
    CHECK(getcwd(text, sizeof(text)) != NULL && strcmp(text, "/") == 0);
    CHECK_OK(fchdir(fd));
    CHECK(exists("a/b"));
    write_file("file", "x", 1);
    CHECK_ERR(chdir("file"), ENOTDIR);
    CHECK_ERR(chdir("missing"), ENOENT);
    CHECK_OK(access("a/b", F_OK));
    fd = CHECK_OK(open("a", O_RDONLY));
    CHECK_OK(mkdirat(fd, "c", 0700));
    CHECK(exists("a/c"));
    CHECK_ERR(openat(CHECK_OK(open("file", O_RDONLY)), "x", O_RDONLY), ENOTDIR);
}

/* A directory that is removed while somebody is in it. */
static void removed_under_us(void)
{
    char text[300];
    int fd;

    CHECK_OK(mkdir("gone", 0755));
    fd = CHECK_OK(open(".", O_RDONLY));
    CHECK_OK(chdir("gone"));
    CHECK_OK(rmdir("../gone"));
    CHECK_ERR(syscall(SYS_getcwd, text, sizeof(text)), ENOENT);
    CHECK_ERR(open("x", O_RDWR | O_CREAT, 0600), ENOENT);
    CHECK_ERR(mkdir("x", 0700), ENOENT);
    CHECK_ERR(syscall(SYS_getdents64, CHECK_OK(open(".", O_RDONLY)), text, sizeof(text)), ENOENT);
    CHECK_OK(chdir(".."));
    CHECK_OK(fchdir(fd));
}

static void rename_files(void)
{
    char text[20];

    write_file("a", "aaa", 3);
    write_file("b", "bb", 2);
    CHECK_OK(rename("a", "c"));
    CHECK(!exists("a") && exists("c"));
    CHECK_OK(rename("c", "b")); /* takes the place of what was there */
    CHECK_EQ(read_file("b", text, sizeof(text)), 3);
    CHECK(!exists("c"));
    CHECK_OK(rename("b", "b"));
    CHECK_OK(link("b", "same"));
    CHECK_OK(rename("b", "same")); /* two names of one file: nothing is done */
    CHECK(exists("b") && exists("same"));
    CHECK_OK(mkdir("d", 0755));
    CHECK_OK(rename("b", "d/b"));
    CHECK(exists("d/b"));
    CHECK_ERR(rename("missing", "x"), ENOENT);
    CHECK_ERR(rename("same", "no/x"), ENOENT);
    CHECK_ERR(rename("same", "d"), EISDIR);
    CHECK_ERR(rename("d", "same"), ENOTDIR);
    CHECK_ERR(rename("same", "same/x"), ENOTDIR);
    CHECK_ERR(syscall(SYS_renameat2, AT_FDCWD, "same", AT_FDCWD, "d/b", 1), EEXIST);
}

static void rename_directories(void)
{
    CHECK_OK(mkdir("a", 0755));
    CHECK_OK(mkdir("a/sub", 0755));
    CHECK_OK(mkdir("b", 0755));
    write_file("a/file", "x", 1);
    CHECK_OK(rename("a/sub", "b/moved"));
    CHECK_EQ(links_of("a"), 2);
    CHECK_EQ(links_of("b"), 3);
    CHECK_ERR(rename("a", "b"), ENOTEMPTY);
    CHECK_OK(rename("a", "b/moved")); /* onto an empty one */
    CHECK(exists("b/moved/file") && !exists("a"));
    CHECK_EQ(links_of("b"), 3);
    CHECK_OK(mkdir("b/x", 0755));
    CHECK_OK(rename("b/moved", "c"));
    CHECK_OK(rename("c", "b/x/c"));
    CHECK(exists("b/x/c/../../x/c/file")); /* ".." goes to the new parent */
    CHECK_ERR(rename("b", "b/x/inside"), EINVAL);
    CHECK_ERR(rename("b", "b/inside"), EINVAL);
    CHECK_ERR(rename("b/x/c", "b"), ENOTEMPTY);
    CHECK_ERR(rename("b/.", "z"), EBUSY);
    CHECK_ERR(rename("b/..", "z"), EBUSY);
    CHECK(rename("/", "z") == -1 && (errno == EBUSY || errno == EXDEV));
}

static void deep(void)
{
    int depth = 150, i;
    char text[4096];

    for (i = 0; i < depth; i++) {
        CHECK_OK(mkdir("directory", 0755));
        CHECK_OK(chdir("directory"));
    }
    write_file("bottom", "x", 1);
    CHECK(getcwd(text, sizeof(text)) != NULL);
    CHECK(strlen(text) > 1500);
    CHECK_OK(unlink("bottom"));
    for (i = 0; i < depth; i++) {
        CHECK_OK(chdir(".."));
        CHECK_OK(rmdir("directory"));
    }
}

/* More entries than a block of a directory holds, removed in another order. */
static void wide(void)
{
    int n = stress ? 5000 : 400;
    char name[64];

    CHECK_OK(mkdir("d", 0755));
    CHECK_OK(chdir("d"));
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof(name), "a-name-of-some-length-%*d", i % 30 + 6, i);
        CHECK_OK(close(CHECK_OK(open(name, O_WRONLY | O_CREAT | O_EXCL, 0600))));
    }
    CHECK_EQ(count_entries("."), n + 2);
    for (int step = 0; step < 3; step++)
        for (int i = step; i < n; i += 3) {
            snprintf(name, sizeof(name), "a-name-of-some-length-%*d", i % 30 + 6, i);
            CHECK_OK(unlink(name));
            CHECK(!exists(name));
        }
    CHECK_EQ(count_entries("."), 2);
    CHECK_OK(chdir(".."));
    CHECK_OK(rmdir("d"));
}

static void fifo(void)
{
    struct stat st;
    char c = 0;
    int r, w;

    CHECK_OK(mknod("fifo", S_IFIFO | 0600, 0));
    CHECK_OK(stat("fifo", &st));
    CHECK(S_ISFIFO(st.st_mode));
    CHECK_ERR(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
    r = CHECK_OK(open("fifo", O_RDONLY | O_NONBLOCK));
    w = CHECK_OK(open("fifo", O_WRONLY));
    write_full(w, "f", 1);
    CHECK_EQ(read(r, &c, 1), 1);
    CHECK_EQ(c, 'f');
    CHECK_OK(close(w));
    CHECK_EQ(read(r, &c, 1), 0);
}

const struct test dirs_tests[] = {
    {"dirs-make-remove", make_remove, 0},
    {"dirs-dots", dots, 0},
    {"dirs-names", names, 0},
    {"dirs-listing", listing, 0},
    {"dirs-working-directory", working_directory, 0},
    {"dirs-removed-under-us", removed_under_us, 0},
    {"dirs-rename-files", rename_files, 0},
    {"dirs-rename-directories", rename_directories, 0},
    {"dirs-deep", deep, 0},
    {"dirs-wide", wide, 0},
    {"dirs-fifo", fifo, 0},
    {NULL, NULL, 0},
};
