/* SPDX-License-Identifier: MIT */
/* Regular files: opening, reading, writing, positions, truncation, links, removal. */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static off_t size_of(const char *path)
{
    struct stat st;

    CHECK_OK(stat(path, &st));
    return st.st_size;
}

static void open_flags(void)
{
    int fd;

    CHECK_ERR(open("file", O_RDONLY), ENOENT);
    CHECK_ERR(open("file", O_RDWR | O_TRUNC), ENOENT);
    fd = CHECK_OK(open("file", O_WRONLY | O_CREAT | O_EXCL, 0640));
    write_full(fd, "hello", 5);
    CHECK_OK(close(fd));
    CHECK_ERR(open("file", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
    CHECK_EQ(size_of("file"), 5);
    CHECK_OK(close(CHECK_OK(open("file", O_RDWR | O_CREAT, 0600))));
    CHECK_EQ(size_of("file"), 5);
    CHECK_OK(close(CHECK_OK(open("file", O_RDWR | O_TRUNC))));
    CHECK_EQ(size_of("file"), 0);
    CHECK_ERR(open("file", O_RDONLY | O_DIRECTORY), ENOTDIR);
    CHECK_ERR(open("file/x", O_RDONLY), ENOTDIR);
    CHECK_ERR(open("file/", O_RDONLY), ENOTDIR);
    CHECK_ERR(open(".", O_WRONLY), EISDIR);
    CHECK_ERR(open(".", O_RDWR), EISDIR);
    CHECK_OK(open(".", O_RDONLY | O_DIRECTORY));
    CHECK_ERR(open("no/file", O_RDWR | O_CREAT, 0600), ENOENT);
}

static void modes(void)
{
    struct stat st;

    umask(027);
    CHECK_OK(close(CHECK_OK(open("file", O_WRONLY | O_CREAT, 0666))));
    CHECK_OK(stat("file", &st));
    CHECK_EQ(st.st_mode, S_IFREG | 0640);
    CHECK_OK(mkdir("dir", 0777));
    CHECK_OK(stat("dir", &st));
    CHECK_EQ(st.st_mode, S_IFDIR | 0750);
    CHECK_EQ(umask(0), 027);
    CHECK_OK(chmod("file", 0400));
    CHECK_OK(stat("file", &st));
    CHECK_EQ(st.st_mode, S_IFREG | 0400);
}

static void read_write(void)
{
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    static char text[10000], back[12000];

    fill_pattern(text, sizeof(text), 1);
    CHECK_EQ(write(fd, text, 3), 3);
    CHECK_EQ(write(fd, text + 3, 9997), 9997);
    CHECK_EQ(write(fd, text, 0), 0);
    CHECK_EQ(read(fd, back, 1), 0);
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    CHECK_EQ(read(fd, back, 0), 0);
    CHECK_EQ(read(fd, back, sizeof(back)), 10000);
    check_pattern(back, 10000, 1);
    for (size_t at = 0; at < 10000; at += 777) {
        CHECK_EQ(lseek(fd, at, SEEK_SET), at);
        CHECK_EQ(read(fd, back, 100), 100);
        CHECK(memcmp(back, text + at, 100) == 0);
    }
    CHECK_EQ(pread(fd, back, 100, 9950), 50);
    CHECK_EQ(pread(fd, back, 100, 10000), 0);
    CHECK_EQ(pread(fd, back, 100, 1l << 40), 0);
    CHECK_EQ(pwrite(fd, "XY", 2, 4095), 2);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 9 * 777 + 3 * 777 + 100);
    CHECK_EQ(pread(fd, back, 4, 4094), 4);
    CHECK(back[0] == text[4094] && back[1] == 'X' && back[2] == 'Y' && back[3] == text[4097]);
}

static void seeking(void)
{
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600)), fds[2];

    write_full(fd, "0123456789", 10);
    CHECK_EQ(lseek(fd, -3, SEEK_CUR), 7);
    CHECK_EQ(lseek(fd, -10, SEEK_END), 0);
    CHECK_ERR(lseek(fd, -1, SEEK_SET), EINVAL);
    CHECK_ERR(lseek(fd, -11, SEEK_END), EINVAL);
    CHECK_ERR(lseek(fd, 0, 99), EINVAL);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
    CHECK_EQ(lseek(fd, 1l << 33, SEEK_SET), 1l << 33);
    CHECK_EQ(size_of("file"), 10);
    CHECK_ERR(pread(fd, fds, 1, -1), EINVAL);
    CHECK_ERR(pwrite(fd, fds, 1, -1), EINVAL);
    CHECK_OK(pipe(fds));
    CHECK_ERR(lseek(fds[0], 0, SEEK_SET), ESPIPE);
    CHECK_ERR(pread(fds[0], &fd, 1, 0), ESPIPE);
}

static void append(void)
{
    int a = CHECK_OK(open("file", O_WRONLY | O_CREAT | O_APPEND, 0600));
    int b = CHECK_OK(open("file", O_WRONLY | O_APPEND));
    char back[20];

    for (int i = 0; i < 4; i++) {
        write_full(a, "a", 1);
        CHECK_EQ(lseek(b, 0, SEEK_SET), 0);
        write_full(b, "bb", 2);
    }
    CHECK_EQ(read_file("file", back, sizeof(back)), 12);
    CHECK_EQ(strcmp(back, "abbabbabbabb"), 0);
}

static void vectors(void)
{
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    char a[5] = "", b[5] = "", c[9] = "";
    struct iovec out[4] = {{"one", 3}, {"", 0}, {"two", 3}, {"three", 5}};
    struct iovec in[3] = {{a, 4}, {b, 4}, {c, 8}};

    CHECK_EQ(writev(fd, out, 4), 11);
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    CHECK_EQ(readv(fd, in, 3), 11);
    CHECK(strcmp(a, "onet") == 0 && strcmp(b, "woth") == 0 && strcmp(c, "ree") == 0);
}

/* Shorter: gone. Longer again: zeroes, also in the page that was cut. */
static void truncation(void)
{
    static char data[3 * 4096 + 100];
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));

    for (long cut = 10001; cut >= 0; cut -= 1111) {
        fill_pattern(data, sizeof(data), 1);
        CHECK_EQ(pwrite(fd, data, sizeof(data), 0), sizeof(data));
        CHECK_OK(cut % 2 ? ftruncate(fd, cut) : truncate("file", cut));
        CHECK_EQ(size_of("file"), cut);
        CHECK_EQ(pread(fd, data, sizeof(data), 0), cut);
        CHECK_OK(ftruncate(fd, sizeof(data)));
        CHECK_EQ(pread(fd, data, sizeof(data), 0), sizeof(data));
        check_pattern(data, cut & ~7l, 1);
        CHECK(all_bytes(data + cut, sizeof(data) - cut, 0));
    }
    CHECK_ERR(ftruncate(fd, -1), EINVAL);
    CHECK_ERR(truncate("file", -1), EINVAL);
    CHECK_ERR(truncate(".", 0), EISDIR);
    CHECK_ERR(truncate("missing", 0), ENOENT);
}

static void status(void)
{
    struct stat st, other;
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));

    write_full(fd, "12345", 5);
    CHECK_OK(fstat(fd, &st));
    CHECK(S_ISREG(st.st_mode));
    CHECK_EQ(st.st_size, 5);
    CHECK_EQ(st.st_nlink, 1);
    CHECK_EQ(st.st_uid, getuid());
    CHECK(st.st_blksize >= 512 && st.st_ino != 0);
    CHECK(st.st_mtime > 0);
    CHECK_OK(stat("file", &other));
    CHECK(st.st_ino == other.st_ino && st.st_dev == other.st_dev);
    CHECK_OK(fsync(fd));
    CHECK_OK(fstat(fd, &st));
    CHECK(st.st_blocks > 0 && st.st_blocks <= 16);
    CHECK_ERR(stat("missing", &st), ENOENT);
    CHECK_OK(fstatat(AT_FDCWD, "file", &other, AT_SYMLINK_NOFOLLOW));
    CHECK_OK(syscall(SYS_newfstatat, fd, "", &other, AT_EMPTY_PATH));
    CHECK_EQ(other.st_ino, st.st_ino);
}

static void times(void)
{
    struct timespec t[2] = {{1000, 0}, {2000, 0}};
    struct stat st;

    write_file("file", "x", 1);
    CHECK_OK(utimensat(AT_FDCWD, "file", t, 0));
    CHECK_OK(stat("file", &st));
    CHECK(st.st_atime == 1000 && st.st_mtime == 2000);
    write_file("file", "xx", 2);
    CHECK_OK(stat("file", &st));
    CHECK(st.st_mtime > 2000 && st.st_ctime > 2000);
    t[0].tv_nsec = UTIME_OMIT;
    t[1].tv_nsec = UTIME_NOW;
    CHECK_OK(utimensat(AT_FDCWD, "file", t, 0));
    CHECK_OK(stat("file", &st));
    CHECK(st.st_mtime > 2000);
}

/* A file lives as long as it has a name or somebody has it open. */
static void unlink_open(void)
{
    static char data[20000];
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600)), other;
    struct stat st;

    fill_pattern(data, sizeof(data), 1);
    write_full(fd, data, sizeof(data));
    other = CHECK_OK(open("file", O_RDONLY));
    CHECK_OK(unlink("file"));
    CHECK(!exists("file"));
    CHECK_ERR(unlink("file"), ENOENT);
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_nlink, 0);
    write_file("file", "another", 7);
    CHECK_OK(close(fd));
    CHECK_EQ(read_full(other, data, sizeof(data)), sizeof(data));
    check_pattern(data, sizeof(data), 1);
    CHECK_EQ(size_of("file"), 7);
}

static void links(void)
{
    struct stat a, b;
    char text[20];

    write_file("a", "first", 5);
    CHECK_OK(link("a", "b"));
    CHECK_OK(stat("a", &a));
    CHECK_OK(stat("b", &b));
    CHECK(a.st_ino == b.st_ino && a.st_nlink == 2);
    CHECK_ERR(link("a", "b"), EEXIST);
    CHECK_ERR(link("missing", "c"), ENOENT);
    CHECK_ERR(link(".", "c"), EPERM);
    CHECK_ERR(link("a", "no/c"), ENOENT);
    CHECK_OK(unlink("a"));
    CHECK_EQ(read_file("b", text, sizeof(text)), 5);
    CHECK_OK(stat("b", &b));
    CHECK_EQ(b.st_nlink, 1);
    for (int i = 0; i < 26; i++) {
        char name[2] = {'A' + i, 0};
        CHECK_OK(link("b", name));
    }
    CHECK_OK(stat("b", &b));
    CHECK_EQ(b.st_nlink, 27);
}

static void symlinks(void)
{
    char text[300], longtarget[300];
    struct stat st;

    write_file("file", "data", 4);
    CHECK_OK(symlink("file", "sym"));
    CHECK_EQ(readlink("sym", text, sizeof(text)), 4);
    CHECK(memcmp(text, "file", 4) == 0);
    CHECK_EQ(readlink("sym", text, 2), 2);
    CHECK_OK(lstat("sym", &st));
    CHECK(S_ISLNK(st.st_mode) && st.st_size == 4);
    CHECK_EQ(size_of("sym"), 4);
    CHECK_EQ(read_file("sym", text, sizeof(text)), 4);
    CHECK_ERR(open("sym", O_RDONLY | O_NOFOLLOW), ELOOP);
    CHECK_ERR(symlink("x", "sym"), EEXIST);
    CHECK_ERR(symlink("", "empty"), ENOENT);
    CHECK_OK(symlink("nowhere", "dangling"));
    CHECK_ERR(open("dangling", O_RDONLY), ENOENT);
    CHECK_ERR(open("dangling", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
    CHECK_OK(close(CHECK_OK(open("dangling", O_RDWR | O_CREAT, 0600)))); /* makes its target */
    CHECK(exists("nowhere"));
    CHECK_OK(unlink("sym"));
    CHECK(exists("file"));
    /* Targets of every length: short ones lie in the inode, long ones in a block. */
    memset(longtarget, 't', sizeof(longtarget));
    for (size_t n = 50; n < 70; n++) {
        longtarget[n] = 0;
        CHECK_OK(symlink(longtarget, "long"));
        CHECK_EQ(readlink("long", text, sizeof(text)), n);
        CHECK(memcmp(text, longtarget, n) == 0);
        CHECK_OK(unlink("long"));
        longtarget[n] = 't';
    }
}

static void loops(void)
{
    char name[12] = "s00", target[12];

    CHECK_OK(symlink("loop", "loop"));
    CHECK_OK(symlink("ping", "pong"));
    CHECK_OK(symlink("pong", "ping"));
    CHECK_ERR(open("loop", O_RDONLY), ELOOP);
    CHECK_ERR(open("ping", O_RDWR | O_CREAT, 0600), ELOOP);
    CHECK_ERR(open("loop/x", O_RDONLY), ELOOP);
    CHECK_ERR(chdir("ping"), ELOOP);
    CHECK_OK(symlink(".", "here"));
    CHECK_OK(access("here/here/here/here/.", F_OK));
    CHECK_ERR(access("here/here/loop/..", F_OK), ELOOP);
    /* A chain of 40 is followed, one of 41 is not. */
    write_file("s00", "x", 1);
    for (int i = 1; i <= 41; i++) {
        memcpy(target, name, sizeof(name));
        name[1] = '0' + i / 10;
        name[2] = '0' + i % 10;
        CHECK_OK(symlink(target, name));
    }
    CHECK_OK(access("s40", F_OK));
    CHECK_ERR(access("s41", F_OK), ELOOP);
}

static void unlink_errors(void)
{
    write_file("file", "x", 1);
    CHECK_OK(mkdir("dir", 0700));
    CHECK_ERR(unlink("missing"), ENOENT);
    CHECK_ERR(unlink("dir"), EISDIR);
    CHECK_ERR(unlink("file/x"), ENOTDIR);
    CHECK_ERR(unlink("file/"), ENOTDIR);
    CHECK_ERR(rmdir("file"), ENOTDIR);
    CHECK_ERR(rmdir("missing"), ENOENT);
    CHECK_ERR(syscall(SYS_unlinkat, AT_FDCWD, "file", 0x12345), EINVAL);
    CHECK(exists("file") && exists("dir"));
}

const struct test files_tests[] = {
    {"files-open-flags", open_flags, 0},
    {"files-modes", modes, 0},
    {"files-read-write", read_write, 0},
    {"files-seek", seeking, 0},
    {"files-append", append, 0},
    {"files-vectors", vectors, 0},
    {"files-truncate", truncation, 0},
    {"files-status", status, 0},
    {"files-times", times, 0},
    {"files-unlink-open", unlink_open, 0},
    {"files-links", links, 0},
    {"files-symlinks", symlinks, 0},
    {"files-loops", loops, 0},
    {"files-unlink-errors", unlink_errors, 0},
    {NULL, NULL, 0},
};
