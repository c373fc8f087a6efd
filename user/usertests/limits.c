/* SPDX-License-Identifier: MIT */
/*
 * The ends of what a process may have: how many areas, how large a heap, how long a file. At each
 * the call says ENOMEM (or EFBIG), changes nothing, and works again when there is room.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RW    (PROT_READ | PROT_WRITE)
#define ANON  (MAP_PRIVATE | MAP_ANONYMOUS)
#define COUNT "/proc/sys/vm/max_map_count"

static unsigned long set_brk(unsigned long addr)
{
    return syscall(SYS_brk, addr);
}

static void set_limit(int resource, unsigned long bytes)
{
    struct rlimit r;

    CHECK_OK(getrlimit(resource, &r));
    r.rlim_cur = bytes;
    CHECK_OK(setrlimit(resource, &r));
}

/* A page-aligned break with a page of heap below it. */
static unsigned long aligned_break(void)
{
    unsigned long end = (set_brk(0) + 2 * PAGE - 1) & -PAGE;

    CHECK_EQ(set_brk(end), end);
    return end;
}

static void check_brk_limit(unsigned long base)
{
    CHECK_EQ(set_brk(base + 9 * PAGE), base);
    CHECK_EQ(set_brk(base + 8 * PAGE + 1), base);
    CHECK_EQ(set_brk(base + 8 * PAGE), base + 8 * PAGE);
    memset((void *)base, 1, 8 * PAGE);
    CHECK_EQ(set_brk(base + 8 * PAGE + 1), base + 8 * PAGE);
    CHECK_EQ(set_brk(base + PAGE), base + PAGE);
    CHECK_EQ(set_brk(base + 8 * PAGE), base + 8 * PAGE);
    CHECK(all_bytes((void *)(base + PAGE), 7 * PAGE, 0));
}

static void brk_as(void)
{
    unsigned long base = aligned_break();

    set_limit(RLIMIT_AS, self_status("VmSize") * KiB + 8 * PAGE);
    check_brk_limit(base);
}

/* All private writable memory counts, the heap among it. */
static void brk_data(void)
{
    unsigned long base = aligned_break();

    set_limit(RLIMIT_DATA, self_status("VmData") * KiB + 8 * PAGE);
    check_brk_limit(base);
    CHECK_EQ((long)mmap(NULL, PAGE, RW, ANON, -1, 0), -1);
}

/* A limit that is lower already takes nothing away. */
static void brk_below(void)
{
    unsigned long base = aligned_break();

    set_limit(RLIMIT_DATA, PAGE);
    CHECK_EQ(set_brk(base + PAGE), base);
    write_byte(base - 1, 1);
}

/* --- the number of areas --- */

static long area_count(void)
{
    char text[24];

    read_file(COUNT, text, sizeof(text));
    return strtol(text, NULL, 10);
}

/* Only an administrator can make it small; elsewhere there are many areas to be made. */
static long small_limit(long n)
{
    char text[24];
    int fd;

    if (privileged()) {
        fd = CHECK_OK(open(COUNT, O_WRONLY));
        snprintf(text, sizeof(text), "%ld", n);
        write_full(fd, text, strlen(text));
        CHECK_OK(close(fd));
    }
    return area_count();
}

/* Every second page of a range has another protection: an area each. */
static unsigned long fill_up(char *p, unsigned long pages)
{
    unsigned long i;

    for (i = 1; i < pages; i += 2)
        if (mprotect(p + i * PAGE, PAGE, PROT_READ) < 0)
            break;
    CHECK_EQ(errno, ENOMEM);
    CHECK(i < pages);
    return i;
}

static void check_area_limit(long max)
{
    unsigned long pages = max + 64, end;
    char *p = map(pages * PAGE, PROT_NONE), *gone = map(3 * PAGE, PROT_NONE);
    long before;

    CHECK_OK(munmap(gone, 3 * PAGE));
    end = fill_up(p, pages);
    CHECK_OK(mmap(gone, PAGE, RW, ANON | MAP_FIXED, -1, 0));
    errno = 0;
    if (mmap(NULL, PAGE, PROT_EXEC, ANON, -1, 0) != MAP_FAILED)
        CHECK_ERR(mmap(NULL, PAGE, PROT_READ | PROT_EXEC, ANON, -1, 0), ENOMEM);
    before = areas_in(0, user_end());
    CHECK(before >= max - 3 && before <= max + 3);
    /* What would cut an area in two is refused; what makes none more is not. */
    CHECK_ERR(munmap(p + (end + 20) * PAGE, PAGE), ENOMEM);
    CHECK_ERR(mprotect(p + (end + 20) * PAGE, PAGE, PROT_READ), ENOMEM);
    CHECK_ERR(mmap(p + (end + 20) * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
    CHECK_EQ(areas_in(0, user_end()), before);
    CHECK_OK(mprotect(p + PAGE, PAGE, PROT_NONE));
    CHECK(areas_in(0, user_end()) < before);
    CHECK_OK(munmap(p + 11 * PAGE, PAGE));
    CHECK_OK(munmap(p, pages * PAGE));
    CHECK_EQ(areas_in((unsigned long)p, (unsigned long)p + pages * PAGE), 0);
}

static void area_limit(void)
{
    long was = area_count(), max = small_limit(1000);

    check_area_limit(max);
    small_limit(was);
    CHECK_EQ(area_count(), was);
}

static void write_too_far(void *arg)
{
    char byte = 1;

    pwrite(*(int *)arg, &byte, 1, 10000);
}

/* No file grows beyond RLIMIT_FSIZE; what was longer stays, and can be made shorter. */
static void check_file_limit(int fd)
{
    char buf[8192] = {1};

    signal(SIGXFSZ, SIG_IGN);
    CHECK_EQ(write(fd, buf, sizeof(buf)), sizeof(buf));
    CHECK_EQ(write(fd, buf, sizeof(buf)), 10000 - sizeof(buf));
    CHECK_ERR(write(fd, buf, 1), EFBIG);
    CHECK_ERR(pwrite(fd, buf, 1, 20000), EFBIG);
    CHECK_EQ(pwrite(fd, buf, 100, 9999), 1);
    CHECK_ERR(ftruncate(fd, 10001), EFBIG);
    CHECK_ERR(fallocate(fd, 0, 9000, 2000), EFBIG);
    CHECK_EQ(lseek(fd, 0, SEEK_END), 10000);
    CHECK_OK(ftruncate(fd, 100));
    CHECK_OK(ftruncate(fd, 10000));
    signal(SIGXFSZ, SIG_DFL);
    EXPECT_SIGNAL(write_too_far, &fd, SIGXFSZ);
    set_limit(RLIMIT_FSIZE, 10);
    CHECK_OK(ftruncate(fd, 9000));
    CHECK_EQ(lseek(fd, 0, SEEK_END), 9000);
}

static void file_size(void)
{
    set_limit(RLIMIT_FSIZE, 10000);
    check_file_limit(CHECK_OK(open("file", O_RDWR | O_CREAT, 0600)));
    set_limit(RLIMIT_FSIZE, 10000);
    check_file_limit(CHECK_OK(memfd_create("file", 0)));
}

const struct test limits_tests[] = {
    {"brk-limit-as", brk_as, 0},        {"brk-limit-data", brk_data, 0},
    {"brk-limit-below", brk_below, 0},  {"areas-limit-count", area_limit, 0},
    {"limits-file-size", file_size, 0}, {NULL, NULL, 0},
};
