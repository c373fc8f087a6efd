/* SPDX-License-Identifier: MIT */
/*
 * tmpfs, on /dev/shm: names, listings, limits, and that all of it is given back. What any file
 * system does is tested by the groups files and dirs; TMPDIR=/dev/shm lets them run here.
 */
#include "test.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define TMPFS_MAGIC 0x01021994
#define RW          (PROT_READ | PROT_WRITE)

static char home[60];

/* Goes to a new directory of tmpfs; leave() removes it, which has to be empty. */
static void enter(void)
{
    struct statfs fs;

    CHECK_OK(statfs("/dev/shm", &fs));
    if (fs.f_type != TMPFS_MAGIC)
        skip("/dev/shm is not tmpfs");
    snprintf(home, sizeof(home), "/dev/shm/usertests.%d", (int)getpid());
    CHECK_OK(mkdir(home, 0777));
    CHECK_OK(chdir(home));
}

static void leave(void)
{
    CHECK_OK(chdir("/"));
    CHECK_OK(rmdir(home));
}

static struct stat status(const char *path)
{
    struct stat st;

    CHECK_OK(lstat(path, &st));
    return st;
}

static unsigned long free_pages(void)
{
    struct statfs fs;

    CHECK_OK(statfs(".", &fs));
    return fs.f_bfree;
}

static void mounted(void)
{
    char text[2000];
    struct statfs fs;

    enter();
    CHECK_OK(statfs(".", &fs));
    CHECK_EQ(fs.f_bsize, PAGE);
    CHECK_EQ(fs.f_namelen, 255);
    CHECK(fs.f_blocks > 0 && fs.f_bfree <= fs.f_blocks);
    CHECK(fs.f_files > 0 && fs.f_ffree < fs.f_files);
    read_file("/proc/mounts", text, sizeof(text));
    CHECK(strstr(text, " /dev/shm tmpfs rw,") != NULL);
    CHECK_OK(access("/dev/shm", R_OK | W_OK | X_OK));
    CHECK_EQ(status("/dev/shm").st_mode, S_IFDIR | S_ISVTX | 0777);
    leave();
}

/* Sizes and link counts of each kind, and d_type. */
static void kinds(void)
{
    char target[40];

    enter();
    CHECK_EQ(status(".").st_nlink, 2);
    CHECK_EQ(status(".").st_size, 40);
    write_file("file", "12345", 5);
    CHECK_OK(mkdir("dir", 0755));
    CHECK_OK(symlink("dir/../file", "link"));
    CHECK_OK(mkfifo("fifo", 0600));
    CHECK_OK(link("file", "file2"));
    CHECK_EQ(status(".").st_nlink, 3);
    CHECK_EQ(status(".").st_size, 40 + 5 * 20);
    CHECK_EQ(status("file").st_nlink, 2);
    CHECK_EQ(status("file").st_blocks, PAGE / 512);
    CHECK_EQ(status("link").st_size, 11);
    CHECK_EQ(readlink("link", target, sizeof(target)), 11);
    CHECK_EQ(readlink("link", target, 3), 3);
    CHECK(memcmp(target, "dir", 3) == 0);
    CHECK(S_ISFIFO(status("fifo").st_mode));
    CHECK_EQ(open("link", O_RDONLY) >= 0, 1);

    DIR *dir = opendir(".");
    CHECK(dir != NULL);
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        CHECK_EQ(e->d_type, status(e->d_name).st_mode >> 12);
    closedir(dir);
    CHECK_OK(unlink("file"));
    CHECK_EQ(status("file2").st_nlink, 1);
    CHECK_OK(unlink("file2"));
    CHECK_OK(unlink("link"));
    CHECK_OK(unlink("fifo"));
    CHECK(rmdir("/dev/shm") == -1 && (errno == EBUSY || errno == EACCES));
    CHECK_OK(rmdir("dir"));
    leave();
}

static void names(void)
{
    char name[260], target[PAGE];

    enter();
    memset(name, 'n', sizeof(name));
    name[256] = 0;
    CHECK_ERR(open(name, O_RDWR | O_CREAT, 0600), ENAMETOOLONG);
    name[255] = 0;
    CHECK_OK(close(CHECK_OK(open(name, O_RDWR | O_CREAT, 0600))));
    CHECK_ERR(open(name, O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
    CHECK_OK(unlink(name));
    CHECK_ERR(symlink("", "link"), ENOENT);
    memset(target, 't', sizeof(target));
    target[PAGE - 1] = 0;
    CHECK_OK(symlink(target, "link"));
    CHECK_EQ(status("link").st_size, PAGE - 1);
    CHECK_OK(unlink("link"));
    CHECK_ERR(link("/proc/self/stat", "x"), EXDEV);
    leave();
}

/* What a rename replaces is gone, and the counts tell. */
static void renames(void)
{
    char text[10];

    enter();
    CHECK_OK(mkdir("a", 0755));
    CHECK_OK(mkdir("a/sub", 0755));
    CHECK_OK(mkdir("b", 0755));
    write_file("a/one", "1", 1);
    write_file("b/two", "22", 2);
    CHECK_OK(rename("a/one", "b/two"));
    CHECK_EQ(read_file("b/two", text, sizeof(text)), 1);
    CHECK(!exists("a/one"));
    CHECK_OK(rename("a/sub", "b/sub"));
    CHECK_EQ(status("a").st_nlink, 2);
    CHECK_EQ(status("b").st_nlink, 3);
    CHECK_EQ(status("a").st_size, 40);
    CHECK_EQ(status("b").st_size, 80);
    CHECK_ERR(rename("a", "b"), ENOTEMPTY);
    CHECK_ERR(rename("b", "b/sub/x"), EINVAL);
    CHECK_ERR(rename("a", "b/two"), ENOTDIR);
    CHECK_ERR(rename("b/two", "a"), EISDIR);
    CHECK_OK(rename("a", "b/sub"));
    CHECK_EQ(status("b").st_nlink, 3);
    CHECK_OK(rename("b/two", "b/three"));
    CHECK_OK(link("b/three", "b/four"));
    CHECK_OK(rename("b/three", "b/four")); /* one file: both stay */
    CHECK(exists("b/three") && exists("b/four"));
    CHECK_OK(unlink("b/three"));
    CHECK_OK(unlink("b/four"));
    CHECK_OK(rmdir("b/sub"));
    CHECK_OK(rmdir("b"));
    leave();
}

#define FILES 300

/* Files come and go while a directory is listed: what stays is seen once. */
static void listing(void)
{
    unsigned char seen[FILES] = {0};
    unsigned entries = 0;
    struct dirent *e;
    char name[20];
    DIR *dir;

    enter();
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof(name), "f%d", i);
        CHECK_OK(close(CHECK_OK(open(name, O_WRONLY | O_CREAT, 0600))));
    }
    dir = opendir(".");
    CHECK(dir != NULL);
    while ((e = readdir(dir)) != NULL) {
        if (e->d_name[0] != 'f')
            continue;
        int i = atoi(e->d_name + 1);
        CHECK_EQ(seen[i]++, 0);
        CHECK_EQ(e->d_ino, status(e->d_name).st_ino);
        CHECK_OK(unlink(e->d_name)); /* behind where the listing is */
        if (entries++ % 3 == 0) {
            snprintf(name, sizeof(name), "new%d", i);
            CHECK_OK(close(CHECK_OK(open(name, O_WRONLY | O_CREAT, 0600))));
        }
    }
    CHECK_EQ(entries, FILES);
    rewinddir(dir);
    for (entries = 0; (e = readdir(dir)) != NULL;)
        if (e->d_name[0] == 'n') {
            entries++;
            CHECK_OK(unlink(e->d_name));
        }
    CHECK_EQ(entries, FILES / 3);
    closedir(dir);
    leave();
}

static void sparse(void)
{
    static char buf[2 * PAGE];
    unsigned long before;
    int fd;

    enter();
    before = free_pages();
    fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    CHECK_OK(ftruncate(fd, 0x7fffffffffffffff));
    CHECK_EQ(status("file").st_size, 0x7fffffffffffffff);
    CHECK_EQ(pwrite(fd, "x", 1, 0x7ffffffffffffffe), 1);
    CHECK_EQ(pwrite(fd, "y", 1, 1l << 62), 1);
    CHECK_EQ(pread(fd, buf, sizeof(buf), (1l << 62) - PAGE), sizeof(buf));
    CHECK(all_bytes(buf, PAGE, 0) && buf[PAGE] == 'y' && all_bytes(buf + PAGE + 1, PAGE - 1, 0));
    CHECK_EQ(pread(fd, buf, sizeof(buf), 1 * GiB), sizeof(buf));
    CHECK_EQ(status("file").st_blocks, 2 * PAGE / 512);
    CHECK_OK(ftruncate(fd, 10));
    CHECK_EQ(status("file").st_blocks, 0);
    CHECK_OK(unlink("file"));
    CHECK_OK(close(fd));
    CHECK(free_pages() + 64 >= before); /* others may use it as well */
    leave();
}

/* An inode lives on without a name, and not without a name and a user. */
static void unlinked(void)
{
    unsigned long before;
    char *block = map(MiB, RW), buf[10];
    int fd;

    enter();
    before = free_pages();
    fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    memset(block, 'u', MiB);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(write(fd, block, MiB), MiB);
    CHECK_OK(unlink("file"));
    CHECK(!exists("file"));
    CHECK(free_pages() + 900 <= before);
    CHECK_EQ(pread(fd, buf, 1, 3 * MiB), 1);
    CHECK_EQ(buf[0], 'u');
    CHECK_OK(close(fd));
    CHECK(free_pages() + 64 >= before);
    leave();
}

/* Fills all of it but so many pages, without writing each. */
static int fill_but(unsigned long rest)
{
    int fd = CHECK_OK(open("fill", O_RDWR | O_CREAT, 0600));

    CHECK_OK(fallocate(fd, 0, 0, (free_pages() - rest) * PAGE));
    return fd;
}

/* Full is ENOSPC, for each way to ask for a page; and afterwards all is as before. */
static void full(void)
{
    unsigned long before;
    struct statfs fs;
    int fill, fd;
    char *block = map(MiB, RW);
    long n, total = 0;

    enter();
    CHECK_OK(statfs(".", &fs));
    if (fs.f_blocks > GiB / PAGE)
        skip("too large to be filled");
    before = free_pages();
    fill = fill_but(1000);
    CHECK_EQ(free_pages(), 1000);
    fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    CHECK_ERR(fallocate(fd, 0, 0, 1001 * PAGE), ENOSPC);
    CHECK_ERR(fallocate(fd, 0, 0, 1l << 45), ENOSPC);
    CHECK_EQ(status("file").st_blocks, 0);
    CHECK_EQ(status("file").st_size, 0);
    CHECK_EQ(free_pages(), 1000);

    memset(block, 'f', MiB);
    while ((n = write(fd, block, MiB)) > 0)
        total += n;
    CHECK_EQ(errno, ENOSPC);
    CHECK_EQ(total, 1000 * PAGE);
    CHECK_EQ(status("file").st_size, 1000 * PAGE);
    CHECK_EQ(free_pages(), 0);
    CHECK_EQ(pwrite(fd, "more", 4, 100), 4); /* in a page that there is */
    CHECK_ERR(pwrite(fill, "x", 1, 1l << 40), ENOSPC);
    CHECK_EQ(pread(fill, block, 10, 1l << 39), 0);
    CHECK_OK(ftruncate(fd, 999 * PAGE + 1));
    CHECK_EQ(pread(fd, block, 1, 999 * PAGE), 1);
    CHECK_EQ(block[0], 'f');
    CHECK_OK(ftruncate(fill, 1l << 40));
    CHECK_EQ(pread(fill, block, 10, 1l << 39), 10); /* reading a hole takes no page */

    CHECK_OK(unlink("file"));
    CHECK_OK(unlink("fill"));
    CHECK_OK(close(fd));
    CHECK_OK(close(fill));
    CHECK(free_pages() >= before);
    CHECK_OK(munmap(block, MiB));
    leave();
}

/* So many names that the tree by name is a tree, in no order; all are found, and all go. */
static void many_names(void)
{
    const unsigned long n = 2000, step = 937;
    char name[40];

    enter();
    for (unsigned long i = 0; i < n; i++) {
        snprintf(name, sizeof(name), "%0*lu", (int)(1 + i % 30), i * step % n);
        CHECK_OK(symlink("x", name));
        CHECK_ERR(symlink("x", name), EEXIST);
    }
    CHECK_EQ(status(".").st_size, 40 + 20 * n);
    for (unsigned long i = 0; i < n; i++) {
        snprintf(name, sizeof(name), "%0*lu", (int)(1 + i % 30), i * step % n);
        CHECK_OK(unlink(name));
        CHECK_ERR(unlink(name), ENOENT);
    }
    leave();
}

static void make_file(int i, int err)
{
    char name[20];
    int fd;

    snprintf(name, sizeof(name), "d/%d", i);
    fd = open(name, O_RDWR | O_CREAT, 0600);
    if (err)
        CHECK_ERR(fd, err);
    else
        CHECK_OK(close(fd));
}

static void mount_options(void)
{
    static const char *const wrong[] = {"size",    "size=",  "size=x",     "size=4kk",
                                        "size=-1", "mode=9", "nonsense=1", "uid=1x"};
    char text[2000];
    struct statfs fs;

    CHECK_OK(mkdir("d", 0755));
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        CHECK_ERR(mount("tmpfs", "d", "tmpfs", 0, wrong[i]), EINVAL);
    CHECK_ERR(mount("tmpfs", "d", "tmpfs", 0, (char *)8), EFAULT);
    CHECK_ERR(mount("tmpfs", "nowhere", "tmpfs", 0, NULL), ENOENT);
    CHECK_ERR(umount("d"), EINVAL);
    CHECK_OK(mount("tmpfs", "d", "tmpfs", 0, "size=63k,nr_inodes=10,mode=0750,uid=3,gid=4"));
    CHECK_ERR(mount("tmpfs", "/dev/shm/..", "tmpfs", 0, "size=x"), EINVAL);
    CHECK_EQ(status("d").st_mode, S_IFDIR | 0750);
    CHECK_EQ(status("d").st_uid, 3);
    CHECK_EQ(status("d").st_gid, 4);
    CHECK_OK(statfs("d", &fs));
    CHECK_EQ(fs.f_type, TMPFS_MAGIC);
    CHECK_EQ(fs.f_blocks, 16);
    CHECK_EQ(fs.f_files, 10);
    CHECK_EQ(fs.f_ffree, 9);
    read_file("/proc/mounts", text, sizeof(text));
    CHECK(strstr(text, "/d tmpfs rw,relatime,size=64k,nr_inodes=10 0 0\n") != NULL);

    for (int i = 0; i < 9; i++)
        make_file(i, 0);
    make_file(9, ENOSPC);
    CHECK_ERR(mkdir("d/x", 0700), ENOSPC);
    CHECK_ERR(symlink("x", "d/x"), ENOSPC);
    CHECK_ERR(link("d/0", "d/x"), ENOSPC);
    CHECK_OK(unlink("d/8"));
    CHECK_OK(link("d/0", "d/x"));
    make_file(8, ENOSPC);
    CHECK_OK(unlink("d/0"));
    make_file(8, 0);
    CHECK_OK(umount("d"));
    CHECK_EQ(status("d").st_mode, S_IFDIR | 0755);
    CHECK_OK(rmdir("d"));
}

/* Pages run out: by a store, that is SIGBUS. A symbolic link's long text is a page. */
static void small_mount(void)
{
    char text[300];
    struct statfs fs;

    CHECK_OK(mkdir("d", 0755));
    CHECK_OK(mount("tmpfs", "d", "tmpfs", 0, "size=4096"));
    memset(text, 't', sizeof(text));
    text[299] = 0;
    CHECK_OK(symlink(text, "d/link"));
    CHECK_ERR(symlink(text, "d/another"), ENOSPC);
    CHECK_OK(symlink("short", "d/another"));
    CHECK_OK(unlink("d/link"));
    CHECK_OK(statfs("d", &fs));
    CHECK_EQ(fs.f_bfree, 1);
    int fd = CHECK_OK(open("d/file", O_RDWR | O_CREAT, 0600));
    CHECK_OK(ftruncate(fd, 3 * PAGE));
    char *p = (char *)CHECK_OK(mmap(NULL, 3 * PAGE, PROT_READ, MAP_SHARED, fd, 0));
    CHECK_EQ(p[PAGE], 0);
    EXPECT_SIGNAL(do_read, p, SIGBUS);
    CHECK_ERR(pwrite(fd, "x", 1, 0), ENOSPC);
    CHECK_EQ(pwrite(fd, "x", 1, PAGE), 1);
    CHECK_EQ(p[PAGE], 'x');
    CHECK_ERR(fallocate(fd, 0, 0, PAGE), ENOSPC);
    CHECK_OK(fallocate(fd, 0, PAGE, PAGE));
    CHECK_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, PAGE));
    CHECK_EQ(p[0], 0);
    CHECK_ERR(umount("d"), EBUSY); /* open, and mapped */
    CHECK_OK(close(fd));
    CHECK_ERR(umount("d"), EBUSY);
    CHECK_OK(munmap(p, 3 * PAGE));
    CHECK_OK(chdir("d"));
    CHECK_ERR(umount("."), EBUSY);
    CHECK_OK(chdir(".."));
    CHECK_OK(umount("d"));
    CHECK_OK(rmdir("d"));
}

/* What is still in it goes with it, however deep. */
static void unmounted(void)
{
    long before = free_memory(0);
    char *block = map(MiB, RW), name[40];

    CHECK_OK(mkdir("d", 0755));
    CHECK_OK(mount("tmpfs", "d", "tmpfs", 0, NULL));
    CHECK_OK(chdir("d"));
    memset(block, 'b', MiB);
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof(name), "file%d", i);
        write_file(name, block, i < 8 ? MiB : 0);
        CHECK_OK(mkdir("deep", 0700));
        CHECK_OK(chdir("deep"));
    }
    CHECK_OK(symlink(".", "link"));
    CHECK_OK(munmap(block, MiB));
    for (int i = 0; i < 501; i++)
        CHECK_OK(chdir(".."));
    CHECK(exists("d/deep/deep/file2"));
    CHECK_OK(umount("d"));
    CHECK(!exists("d/deep"));
    CHECK(free_memory(before - 512) >= before - 512);
    CHECK_ERR(umount("/"), EBUSY);
    CHECK_OK(rmdir("d"));
}

const struct test tmpfs_tests[] = {
    {"tmpfs-mounted", mounted, 0},
    {"tmpfs-kinds", kinds, 0},
    {"tmpfs-names", names, 0},
    {"tmpfs-renames", renames, 0},
    {"tmpfs-listing", listing, 0},
    {"tmpfs-sparse", sparse, 0},
    {"tmpfs-unlinked", unlinked, 0},
    {"tmpfs-many-names", many_names, 0},
    {"tmpfs-full", full, 0},
    {"tmpfs-mount-options", mount_options, T_OWN},
    {"tmpfs-small-mount", small_mount, T_OWN},
    {"tmpfs-unmounted", unmounted, T_OWN},
    {NULL, NULL, 0},
};
