/* SPDX-License-Identifier: MIT */
/*
 * /proc/PID/pagemap, /proc/kpagecount, /proc/kpageflags: where a page is, who shows it, what it is.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RW           (PROT_READ | PROT_WRITE)

#define PM_PRESENT   (1ul << 63)
#define PM_SWAP      (1ul << 62)
#define PM_FILE      (1ul << 61)
#define PM_EXCLUSIVE (1ul << 56)
#define PM_PFN(word) ((word) & ((1ul << 55) - 1))

enum { /* linux/kernel-page-flags.h */
    KPF_UPTODATE = 3,
    KPF_SLAB = 7,
    KPF_BUDDY = 10,
    KPF_MMAP = 11,
    KPF_ANON = 12,
    KPF_SWAPBACKED = 14,
    KPF_NOPAGE = 20,
    KPF_ZERO_PAGE = 24,
    KPF_PGTABLE = 26,
};

static uint64_t word_at(int fd, unsigned long index)
{
    uint64_t word = 0;

    CHECK_EQ(pread(fd, &word, 8, index * 8), 8);
    return word;
}

/* This process's word for the page that holds p. */
static uint64_t pagemap(const void *p)
{
    int fd = CHECK_OK(open("/proc/self/pagemap", O_RDONLY));
    uint64_t word = word_at(fd, (unsigned long)p / PAGE);

    close(fd);
    return word;
}

static void pagemap_bits(void)
{
    const uint64_t all = PM_PRESENT | PM_SWAP | PM_FILE | PM_EXCLUSIVE;
    char *p = map(8 * PAGE, RW), *file;
    int fd;

    CHECK_EQ(pagemap(p) & all, 0);
    p[0] = 1;
    CHECK_EQ(pagemap(p) & all, PM_PRESENT | PM_EXCLUSIVE);
    CHECK_EQ(pagemap(p + PAGE) & all, 0);
    read_byte((unsigned long)p + PAGE);
    CHECK_EQ(pagemap(p + PAGE) & all, PM_PRESENT); /* the zero page is everybody's */
    CHECK_OK(mprotect(p, PAGE, PROT_NONE));
    CHECK_EQ(pagemap(p) & all, PM_PRESENT | PM_EXCLUSIVE);

    write_file("file", "text", 4);
    fd = CHECK_OK(open("file", O_RDWR));
    file = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
    CHECK(file != MAP_FAILED);
    read_byte((unsigned long)file);
    CHECK_EQ(pagemap(file) & (PM_PRESENT | PM_FILE), PM_PRESENT | PM_FILE);
    file[0] = 1;
    CHECK_EQ(pagemap(file) & all, PM_PRESENT | PM_EXCLUSIVE);
    CHECK_OK(munmap(file, PAGE));
    CHECK_EQ(pagemap(file) & all, 0);
    close(fd);
}

struct family {
    char *p;
    uint64_t words[2]; /* the child's, before and after it wrote */
    int tell[2], go[2];
};

static void child(void *arg)
{
    struct family *f = arg;
    char c;

    f->words[0] = pagemap(f->p);
    write_full(f->tell[1], f->words, 8);
    read(f->go[0], &c, 1);
    f->p[0] = 2;
    f->words[0] = pagemap(f->p);
    write_full(f->tell[1], f->words, 8);
    read(f->go[0], &c, 1);
}

/* After fork() both have the same page, until one writes. */
static void pagemap_fork(void)
{
    struct family f = {.p = map(PAGE, RW)};
    uint64_t mine;
    pid_t pid;

    CHECK_OK(pipe(f.tell));
    CHECK_OK(pipe(f.go));
    f.p[0] = 1;
    mine = pagemap(f.p);
    pid = spawn(child, &f);
    CHECK_EQ(read_full(f.tell[0], f.words, 8), 8);
    CHECK_EQ(PM_PFN(f.words[0]), PM_PFN(mine)); /* who may not see them sees 0 */
    CHECK_EQ(f.words[0] & PM_EXCLUSIVE, 0);
    CHECK_EQ(pagemap(f.p) & PM_EXCLUSIVE, 0);
    write_full(f.go[1], "g", 1);
    CHECK_EQ(read_full(f.tell[0], f.words, 8), 8);
    CHECK(PM_PFN(f.words[0]) != PM_PFN(mine) || PM_PFN(mine) == 0);
    CHECK(f.words[0] & PM_EXCLUSIVE);
    CHECK(pagemap(f.p) & PM_EXCLUSIVE);
    CHECK_EQ(PM_PFN(pagemap(f.p)), PM_PFN(mine));
    write_full(f.go[1], "g", 1);
    JOIN(pid);
}

static void pagemap_reading(void)
{
    static uint64_t words[3000];
    char *p = map(3000 * PAGE, RW);
    int fd = CHECK_OK(open("/proc/self/pagemap", O_RDONLY)), present = 0;
    unsigned long at = (unsigned long)p / PAGE * 8;

    for (int i = 0; i < 3000; i += 7)
        p[i * PAGE] = 1;
    CHECK_EQ(pread(fd, words, sizeof(words), at), sizeof(words));
    for (int i = 0; i < 3000; i++)
        if (!!(words[i] & PM_PRESENT) != (i % 7 == 0))
            FAIL("page %d: %#lx", i, (unsigned long)words[i]);
        else
            present += !!(words[i] & PM_PRESENT);
    CHECK_EQ(present, 429);
    CHECK_EQ(pread(fd, words, 0, at), 0);
    CHECK_ERR(pread(fd, (void *)8, 8, at), EFAULT);
    CHECK_OK(munmap(p, 3000 * PAGE));
    CHECK_EQ(word_at(fd, at / 8) & PM_PRESENT, 0);
    close(fd);
}

/* In a large area few pages are there; and reading moves the position. */
static void pagemap_sparse(void)
{
    int fd = CHECK_OK(open("/proc/self/pagemap", O_RDONLY));
    uint64_t word, *words = map(1 * MiB, PROT_READ | PROT_WRITE);
    char *p = map(512 * MiB, PROT_READ | PROT_WRITE);
    off_t at = (off_t)((unsigned long)p / PAGE * 8);

    for (int i = 1; i < 8; i++) {
        CHECK_ERR(pread(fd, words, 8, at + i), EINVAL);
        CHECK_ERR(pread(fd, words, 8 + i, at), EINVAL);
    }
    p[0] = p[300 * MiB] = 1;
    CHECK_EQ(pread(fd, words, 1 * MiB, at), 1 * MiB);
    for (size_t i = 0; i < 1 * MiB / 8; i++)
        CHECK_EQ(words[i] != 0, i == 0 || i == 300 * MiB / PAGE);
    CHECK_EQ(lseek(fd, at, SEEK_SET), at);
    CHECK_EQ(read(fd, &word, 8), 8);
    CHECK_EQ(word, words[0]);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), at + 8);
    close(fd);
}

static void pagemap_end(void)
{
    int fd = CHECK_OK(open("/proc/self/pagemap", O_RDONLY));
    off_t end = (off_t)(USER_LIMIT / PAGE * 8);
    uint64_t words[4];

    CHECK_EQ(pread(fd, words, 32, end - 16), 16);
    CHECK_EQ(pread(fd, words, 32, end), 0);
    CHECK_EQ(pread(fd, words, 32, INT64_MAX / 16 * 8), 0);
    CHECK_EQ(pread(fd, words, 32, (off_t)((unsigned long)words / PAGE * 8 + (1ul << 55))), 0);
    close(fd);
}

/* --- by page frame: for who may see page frame numbers --- */

static int count_fd, flags_fd;

static void open_kpage(void)
{
    count_fd = open("/proc/kpagecount", O_RDONLY);
    flags_fd = open("/proc/kpageflags", O_RDONLY);
    if (count_fd < 0 || flags_fd < 0) {
        CHECK(errno == EACCES || errno == EPERM || errno == ENOENT);
        skip("page frame numbers are not for this user");
    }
}

static uint64_t flags_of(const void *p)
{
    return word_at(flags_fd, PM_PFN(pagemap(p)));
}

static long count_of(const void *p)
{
    return (long)word_at(count_fd, PM_PFN(pagemap(p)));
}

static bool flag(uint64_t word, int bit)
{
    return word >> bit & 1;
}

static void wait_go(void *arg)
{
    char c;

    read(*(int *)arg, &c, 1);
}

static void kpage_anonymous(void)
{
    char *p = map(2 * PAGE, RW);
    uint64_t word;
    int go[2];
    pid_t pid;

    open_kpage();
    CHECK_OK(pipe(go));
    p[0] = 1;
    read_byte((unsigned long)p + PAGE);
    word = flags_of(p);
    CHECK(flag(word, KPF_ANON) && flag(word, KPF_MMAP) && flag(word, KPF_SWAPBACKED));
    CHECK(!flag(word, KPF_SLAB) && !flag(word, KPF_BUDDY) && !flag(word, KPF_PGTABLE));
    CHECK(!flag(word, KPF_NOPAGE) && !flag(word, KPF_ZERO_PAGE));
    CHECK(flag(flags_of(p + PAGE), KPF_ZERO_PAGE));
    CHECK_EQ(count_of(p), 1);
    pid = spawn(wait_go, &go[0]);
    CHECK_EQ(count_of(p), 2);
    p[0] = 2;
    CHECK_EQ(count_of(p), 1);
    write_full(go[1], "g", 1);
    JOIN(pid);
}

static void kpage_file(void)
{
    uint64_t word;
    char *p, *q;
    int fd;

    open_kpage();
    write_file("file", "text", 4);
    fd = CHECK_OK(open("file", O_RDONLY));
    CHECK((p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0)) != MAP_FAILED);
    CHECK((q = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0)) != MAP_FAILED);
    read_byte((unsigned long)p);
    word = flags_of(p);
    CHECK(flag(word, KPF_UPTODATE) && flag(word, KPF_MMAP) && !flag(word, KPF_ANON));
    CHECK_EQ(count_of(p), 1);
    read_byte((unsigned long)q);
    CHECK_EQ(PM_PFN(pagemap(p)), PM_PFN(pagemap(q)));
    CHECK_EQ(count_of(p), 2);
    CHECK_OK(munmap(q, PAGE));
    CHECK_EQ(count_of(p), 1);
    close(fd);
}

static void kpage_reading(void)
{
    uint64_t words[4];
    int fds[2];

    open_kpage();
    fds[0] = count_fd;
    fds[1] = flags_fd;
    for (int i = 0; i < 2; i++) {
        CHECK_ERR(pread(fds[i], words, 8, 4), EINVAL);
        CHECK_ERR(pread(fds[i], words, 7, 8), EINVAL);
        CHECK_EQ(pread(fds[i], words, 0, 8), 0);
        CHECK_EQ(pread(fds[i], words, 8, 1l << 50), 0);
        CHECK_EQ(pread(fds[i], words, 32, 0), 32);
    }
}

/* Each page is what the other files say that there are of its kind. */
static void kpage_whole(void)
{
    static uint64_t words[4096];
    long buddy = 0, slab = 0, table = 0, anon = 0, pages = 0;
    ssize_t n;

    open_kpage();
    drop_caches();
    while ((n = CHECK_OK(read(flags_fd, words, sizeof(words)))) > 0) {
        for (ssize_t i = 0; i < n / 8; i++) {
            pages += !flag(words[i], KPF_NOPAGE);
            buddy += flag(words[i], KPF_BUDDY);
            slab += flag(words[i], KPF_SLAB);
            table += flag(words[i], KPF_PGTABLE);
            anon += flag(words[i], KPF_ANON);
        }
    }
    CHECK(pages * 4 >= meminfo("MemTotal"));
    CHECK(labs(buddy * 4 - meminfo("MemFree")) < 4096);
    CHECK(labs(slab * 4 - meminfo("Slab")) < 256);
    CHECK(labs(anon * 4 - meminfo("AnonPages")) < 256);
    CHECK(table * 4 >= meminfo("PageTables"));
}

const struct test pageinfo_tests[] = {
    {"proc-pagemap-bits", pagemap_bits, 0},       {"proc-pagemap-fork", pagemap_fork, 0},
    {"proc-pagemap-reading", pagemap_reading, 0}, {"proc-pagemap-sparse", pagemap_sparse, 0},
    {"proc-pagemap-end", pagemap_end, 0},         {"proc-kpage-anonymous", kpage_anonymous, 0},
    {"proc-kpage-file", kpage_file, 0},           {"proc-kpage-reading", kpage_reading, 0},
    {"proc-kpage-whole", kpage_whole, T_OWN},     {NULL, NULL, 0},
};
