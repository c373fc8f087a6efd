/* SPDX-License-Identifier: MIT */
/*
 * What mmap, munmap and mprotect refuse, error by error as their manual pages list them, and that
 * what was there before a refusal is still there after it.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define RW     (PROT_READ | PROT_WRITE)
#define ANON   (MAP_PRIVATE | MAP_ANONYMOUS)
#define SHANON (MAP_SHARED | MAP_ANONYMOUS)

static long map_at(const void *addr, unsigned long size, int prot, int flags)
{
    return (long)mmap((void *)(uintptr_t)addr, size, prot, flags, -1, 0);
}

static long try_map_file(int fd, unsigned long size, int prot, int flags, off_t off)
{
    return (long)mmap(NULL, size, prot, flags, fd, off);
}

/*
 * n pages with free pages on both sides: the kernel's own areas may lie above what is mapped first.
 */
static char *island(unsigned long n)
{
    char *p = map((n + 64) * PAGE, PROT_NONE);

    CHECK_OK(munmap(p, (n + 64) * PAGE));
    CHECK(mmap(p + 32 * PAGE, n * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p + 32 * PAGE);
    return p + 32 * PAGE;
}

static void set_limit(int resource, unsigned long bytes)
{
    struct rlimit r;

    CHECK_OK(getrlimit(resource, &r));
    r.rlim_cur = bytes;
    CHECK_OK(setrlimit(resource, &r));
}

/* EACCES: what a descriptor was not opened for. */
static void access_mode(void)
{
    int r, w, rw;
    char *p;

    write_file("file", "0123456789", 10);
    r = CHECK_OK(open("file", O_RDONLY));
    w = CHECK_OK(open("file", O_WRONLY));
    rw = CHECK_OK(open("file", O_RDWR));
    CHECK_ERR(try_map_file(w, PAGE, PROT_READ, MAP_PRIVATE, 0), EACCES);
    CHECK_ERR(try_map_file(w, PAGE, PROT_READ, MAP_SHARED, 0), EACCES);
    CHECK_ERR(try_map_file(w, PAGE, PROT_WRITE, MAP_SHARED, 0), EACCES);
    CHECK_ERR(try_map_file(w, PAGE, PROT_NONE, MAP_PRIVATE, 0), EACCES);
    CHECK_ERR(try_map_file(r, PAGE, RW, MAP_SHARED, 0), EACCES);
    CHECK_ERR(try_map_file(r, PAGE, PROT_WRITE, MAP_SHARED, 0), EACCES);
    CHECK_OK(try_map_file(r, PAGE, RW, MAP_PRIVATE, 0));
    CHECK_OK(try_map_file(rw, PAGE, RW, MAP_SHARED, 0));
    p = (char *)CHECK_OK(try_map_file(r, PAGE, PROT_READ, MAP_SHARED, 0));
    CHECK_EQ(memcmp(p, "0123456789", 10), 0);
    CHECK_ERR(mprotect(p, PAGE, RW), EACCES);
    CHECK_ERR(mprotect(p, PAGE, PROT_WRITE), EACCES);
    CHECK_OK(mprotect(p, PAGE, PROT_NONE));
    CHECK_OK(mprotect(p, PAGE, PROT_READ));
    EXPECT_SIGNAL(do_write, p, SIGSEGV);
    CHECK_EQ(memcmp(p, "0123456789", 10), 0);
}

/* ENODEV and EBADF: what cannot be mapped at all. */
static void not_mappable(void)
{
    int fds[2], dir = CHECK_OK(open(".", O_RDONLY));

    CHECK_OK(pipe(fds));
    CHECK_ERR(try_map_file(dir, PAGE, PROT_READ, MAP_PRIVATE, 0), ENODEV);
    CHECK_ERR(try_map_file(dir, PAGE, PROT_READ, MAP_SHARED, 0), ENODEV);
    CHECK_ERR(try_map_file(fds[0], PAGE, PROT_READ, MAP_SHARED, 0), ENODEV);
    CHECK_ERR(try_map_file(fds[0], PAGE, PROT_READ, MAP_PRIVATE, 0), ENODEV);
    CHECK_OK(close(dir));
    CHECK_ERR(try_map_file(dir, PAGE, PROT_READ, MAP_PRIVATE, 0), EBADF);
    CHECK_ERR(try_map_file(-1, PAGE, PROT_READ, MAP_SHARED, 0), EBADF);
    /* With MAP_ANONYMOUS the descriptor is nobody's concern. */
    CHECK_OK(mmap(NULL, PAGE, RW, ANON, dir, 0));
    CHECK_OK(mmap(NULL, PAGE, RW, SHANON, 999, 0));
}

/* EINVAL: lengths, offsets, kinds of mapping. */
static void invalid(void)
{
    char *p = map(4 * PAGE, RW);
    int fd;

    write_file("file", "x", 1);
    fd = CHECK_OK(open("file", O_RDWR));
    p[0] = 1;
    CHECK_ERR(try_map_file(fd, 0, PROT_READ, MAP_PRIVATE, 0), EINVAL);
    CHECK_ERR(try_map_file(fd, 0, PROT_READ, MAP_SHARED, 0), EINVAL);
    CHECK_ERR(try_map_file(fd, PAGE, PROT_READ, MAP_PRIVATE, 1), EINVAL);
    CHECK_ERR(try_map_file(fd, PAGE, PROT_READ, MAP_SHARED, PAGE / 2), EINVAL);
    CHECK_ERR(try_map_file(fd, PAGE, PROT_READ, MAP_SHARED, -1), EINVAL);
    CHECK_ERR(try_map_file(fd, PAGE, PROT_READ, 0, 0), EINVAL);
    CHECK_ERR(try_map_file(fd, PAGE, PROT_READ, 4, 0), EINVAL);
    CHECK_ERR(map_at(NULL, PAGE, RW, MAP_ANONYMOUS), EINVAL);
    CHECK_ERR(map_at(NULL, PAGE, RW, MAP_ANONYMOUS | 4), EINVAL);
    CHECK_ERR(map_at(NULL, 0, RW, SHANON), EINVAL);
    CHECK_ERR(mmap(NULL, PAGE, RW, ANON, -1, 5), EINVAL);
    CHECK_ERR(map_at(p + 8, PAGE, RW, ANON | MAP_FIXED), EINVAL);
    CHECK_ERR(map_at(p + 8, PAGE, RW, ANON | MAP_FIXED_NOREPLACE), EINVAL);
    CHECK_ERR(map_at(p, 0, RW, ANON | MAP_FIXED), EINVAL);
    CHECK_EQ(p[0], 1);
}

/* EOVERFLOW: a file has so many pages, and no more. */
static void offset_overflow(void)
{
    int fd;

    write_file("file", "x", 1);
    fd = CHECK_OK(open("file", O_RDWR));
    CHECK_ERR(try_map_file(fd, 2 * PAGE, PROT_READ, MAP_SHARED, -PAGE), EOVERFLOW);
    CHECK_ERR(try_map_file(fd, 64 * PAGE, PROT_READ, MAP_PRIVATE, -8 * PAGE), EOVERFLOW);
    CHECK_ERR(try_map_file(fd, PAGE, PROT_READ, MAP_SHARED, -PAGE), EOVERFLOW);
}

/* MAP_SHARED_VALIDATE is MAP_SHARED that knows its flags: EOPNOTSUPP. */
static void validate(void)
{
    char *p, *q;
    int fd;

    write_file("file", "x", 1);
    fd = CHECK_OK(open("file", O_RDWR));
    p = (char *)CHECK_OK(try_map_file(fd, PAGE, RW, MAP_SHARED_VALIDATE, 0));
    q = (char *)CHECK_OK(try_map_file(fd, PAGE, RW, MAP_SHARED, 0));
    *p = 'y';
    CHECK_EQ(*q, 'y');
    CHECK_ERR(try_map_file(fd, PAGE, RW, MAP_SHARED_VALIDATE | 1 << 24, 0), EOPNOTSUPP);
    CHECK_ERR(try_map_file(fd, PAGE, RW, MAP_SHARED_VALIDATE | MAP_SYNC, 0), EOPNOTSUPP);
    /* Without it, flags that nobody knows are not looked at. */
    CHECK_OK(try_map_file(fd, PAGE, RW, MAP_SHARED | 1 << 24, 0));
    CHECK_OK(map_at(NULL, PAGE, RW, ANON | 1 << 24));
}

/* EEXIST: MAP_FIXED_NOREPLACE is MAP_FIXED that replaces nothing. */
static void no_replace(void)
{
    char *p = map(8 * PAGE, RW);

    CHECK_OK(munmap(p + 2 * PAGE, 4 * PAGE));
    fill_pattern(p, 2 * PAGE, 1);
    CHECK_ERR(map_at(p, PAGE, RW, ANON | MAP_FIXED_NOREPLACE), EEXIST);
    CHECK_ERR(map_at(p + PAGE, 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE), EEXIST);
    CHECK_ERR(map_at(p + 2 * PAGE, 5 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE), EEXIST);
    CHECK_ERR(map_at(p, 8 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE), EEXIST);
    CHECK_EQ(areas_in((unsigned long)p + 2 * PAGE, (unsigned long)p + 6 * PAGE), 0);
    check_pattern(p, 2 * PAGE, 1);
    CHECK_EQ(map_at(p + 2 * PAGE, 4 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE),
             (unsigned long)p + 2 * PAGE);
    CHECK_ERR(map_at(p + 2 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE), EEXIST);
    /* Together with MAP_FIXED, it is the one that says no. */
    CHECK_ERR(map_at(p, PAGE, RW, ANON | MAP_FIXED | MAP_FIXED_NOREPLACE), EEXIST);
    check_pattern(p, 2 * PAGE, 1);
}

/* ENOMEM by RLIMIT_AS: it counts all areas, whatever they are, and a refusal changes nothing. */
static void limit_as(void)
{
    char *p = island(16), *q;
    int fd;

    write_file("file", "x", 1);
    fd = CHECK_OK(open("file", O_RDWR));
    fill_pattern(p, 16 * PAGE, 2);
    set_limit(RLIMIT_AS, self_status("VmSize") * KiB + 8 * PAGE);
    CHECK_ERR(map_at(NULL, 9 * PAGE, RW, ANON), ENOMEM);
    CHECK_ERR(map_at(NULL, 9 * PAGE, PROT_NONE, ANON | MAP_NORESERVE), ENOMEM);
    CHECK_ERR(map_at(NULL, 9 * PAGE, PROT_READ, SHANON), ENOMEM);
    CHECK_ERR(try_map_file(fd, 9 * PAGE, PROT_READ, MAP_PRIVATE, 0), ENOMEM);
    q = (char *)CHECK_OK(map_at(NULL, 8 * PAGE, RW, ANON));
    CHECK_ERR(map_at(NULL, 1, RW, ANON), ENOMEM);
    /* What MAP_FIXED replaces does not count twice. */
    CHECK_EQ(map_at(q, 8 * PAGE, PROT_READ, ANON | MAP_FIXED), (unsigned long)q);
    CHECK_ERR(map_at(p, 17 * PAGE, RW, ANON | MAP_FIXED), ENOMEM);
    check_pattern(p, 16 * PAGE, 2);
    CHECK_OK(munmap(q, PAGE));
    CHECK_OK(map_at(NULL, PAGE, RW, ANON));
    CHECK_OK(munmap(p, 16 * PAGE));
    CHECK_OK(map_at(NULL, 16 * PAGE, RW, ANON));
}

/* ENOMEM by RLIMIT_DATA: it counts what is private and writable. */
static void limit_data(void)
{
    char *p = map(16 * PAGE, PROT_READ);

    set_limit(RLIMIT_DATA, self_status("VmData") * KiB + 8 * PAGE);
    CHECK_ERR(map_at(NULL, 9 * PAGE, RW, ANON), ENOMEM);
    CHECK_OK(map_at(NULL, 100 * PAGE, PROT_READ, ANON));
    CHECK_OK(map_at(NULL, 100 * PAGE, RW, SHANON));
    CHECK_OK(map_at(NULL, 6 * PAGE, RW, ANON));
    CHECK_ERR(mprotect(p, 3 * PAGE, RW), ENOMEM);
    CHECK_OK(mprotect(p, 2 * PAGE, RW));
    CHECK_ERR(mprotect(p + 4 * PAGE, PAGE, RW), ENOMEM);
    EXPECT_SIGNAL(do_write, p + 4 * PAGE, SIGSEGV);
    write_byte((unsigned long)p + PAGE, 1);
    CHECK_OK(mprotect(p, PAGE, PROT_READ));
    CHECK_OK(mprotect(p + 4 * PAGE, PAGE, RW));
}

/* EAGAIN by RLIMIT_MEMLOCK, for whoever wants his mapping locked at once. */
static void limit_memlock(void)
{
    char *p;

    set_limit(RLIMIT_MEMLOCK, 4 * PAGE);
    CHECK_ERR(map_at(NULL, 5 * PAGE, RW, ANON | MAP_LOCKED), EAGAIN);
    p = (char *)CHECK_OK(map_at(NULL, 4 * PAGE, RW, ANON | MAP_LOCKED));
    CHECK_EQ(self_status("VmLck"), 16);
    CHECK_ERR(map_at(NULL, PAGE, RW, ANON | MAP_LOCKED), EAGAIN);
    CHECK_OK(munmap(p, PAGE));
    CHECK_EQ(self_status("VmLck"), 12);
    CHECK_OK(map_at(NULL, PAGE, RW, ANON | MAP_LOCKED));
}

/* mprotect stops at the first hole: what lies before it is changed, what lies behind it is not. */
static void mprotect_hole(void)
{
    char *p = map(8 * PAGE, RW);

    CHECK_OK(munmap(p + 4 * PAGE, PAGE));
    CHECK_ERR(mprotect(p, 8 * PAGE, PROT_READ), ENOMEM);
    EXPECT_SIGNAL(do_write, p + 3 * PAGE, SIGSEGV);
    p[5 * PAGE] = 1;
    CHECK_ERR(mprotect(p + 4 * PAGE, 2 * PAGE, PROT_READ), ENOMEM);
    p[5 * PAGE] = 2;
    CHECK_ERR(mprotect(p + 7 * PAGE + 1, PAGE, PROT_READ), EINVAL);
    p[7 * PAGE] = 3;
}

/* Locked memory that becomes writable has pages of its own at once, of a file as well. */
static void mprotect_locked(void)
{
    static char block[2 * PAGE];
    unsigned char there[4] = {0};
    char *p = map(2 * PAGE, PROT_READ), *f;
    int fd;

    write_file("file", block, sizeof(block));
    fd = CHECK_OK(open("file", O_RDWR));
    f = (char *)CHECK_OK(try_map_file(fd, 2 * PAGE, PROT_READ, MAP_PRIVATE, 0));
    CHECK_OK(mlock2(p, 2 * PAGE, 0));
    CHECK_OK(mlock2(f, 2 * PAGE, 0));
    CHECK_OK(mprotect(f, 2 * PAGE, RW));
    CHECK_EQ(pwrite(fd, "new", 3, 0), 3);
    CHECK_EQ(f[0], 0);
    CHECK_OK(mprotect(p, 2 * PAGE, PROT_NONE));
    CHECK_OK(madvise(p, 2 * PAGE, MADV_DONTNEED_LOCKED));
    CHECK_OK(mprotect(p, 2 * PAGE, RW));
    CHECK_OK(mincore(p, 2 * PAGE, there));
    CHECK(there[0] & there[1] & 1);
}

/* PROT_GROWSDOWN is for areas that do, PROT_GROWSUP for none here. */
static void mprotect_grows(void)
{
    char *p = map(PAGE, RW);

    CHECK_ERR(mprotect(p, PAGE, PROT_READ | PROT_GROWSDOWN), EINVAL);
    CHECK_ERR(mprotect(p, PAGE, PROT_READ | PROT_GROWSUP), EINVAL);
    CHECK_ERR(mprotect(p, PAGE, PROT_READ | PROT_GROWSDOWN | PROT_GROWSUP), EINVAL);
    *p = 1;
}

/* munmap of holes is no error; nor is what it does to a half of an area. */
static void munmap_errors(void)
{
    char *p = island(8);

    CHECK_ERR(munmap(p + 1, PAGE), EINVAL);
    CHECK_ERR(munmap(p, 0), EINVAL);
    CHECK_ERR(munmap(p, -PAGE), EINVAL);
    CHECK_ERR(munmap(p, -1ul), EINVAL);
    CHECK_ERR(munmap((void *)-PAGE, PAGE), EINVAL);
    CHECK_OK(munmap(p + PAGE, 1));
    CHECK_OK(munmap(p + PAGE, 2 * PAGE));
    CHECK_OK(munmap(p + 7 * PAGE, PAGE + 1));
    CHECK_EQ(areas_in((unsigned long)p, (unsigned long)p + 8 * PAGE), 2);
    p[0] = p[6 * PAGE] = 1;
}

const struct test mmap_errors_tests[] = {
    {"mmap-errors-access", access_mode, 0},
    {"mmap-errors-not-mappable", not_mappable, 0},
    {"mmap-errors-invalid", invalid, 0},
    {"mmap-errors-overflow", offset_overflow, 0},
    {"mmap-errors-validate", validate, 0},
    {"mmap-errors-no-replace", no_replace, 0},
    {"mmap-errors-limit-as", limit_as, 0},
    {"mmap-errors-limit-data", limit_data, 0},
    {"mmap-errors-limit-memlock", limit_memlock, 0},
    {"mprotect-hole", mprotect_hole, 0},
    {"mprotect-locked", mprotect_locked, 0},
    {"mprotect-grows", mprotect_grows, 0},
    {"munmap-errors", munmap_errors, 0},
    {NULL, NULL, 0},
};
