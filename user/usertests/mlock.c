/* SPDX-License-Identifier: MIT */
/*
 * mlock, mlock2, munlock, mlockall, munlockall: pages, counts, limits, and whom locks do not reach.
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
#include <sys/wait.h>
#include <unistd.h>

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static void limit(unsigned long bytes)
{
    struct rlimit r;

    CHECK_OK(getrlimit(RLIMIT_MEMLOCK, &r));
    r.rlim_cur = bytes;
    CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &r));
}

/* KiB that this process has locked. */
static long locked(void)
{
    return self_status("VmLck");
}

/* The system call, since C libraries leave out what they know to be wrong. */
static long mlock2_flags(void *p, size_t size, int flags)
{
    return syscall(SYS_mlock2, p, size, flags);
}

static void basic(void)
{
    char *p = map(8 * PAGE, RW);

    CHECK_EQ(locked(), 0);
    CHECK_OK(mlock(p + PAGE, 2 * PAGE));
    CHECK_EQ(resident(p, 8), 2);
    CHECK_EQ(locked(), 8);
    CHECK(all_bytes(p, 8 * PAGE, 0));
    CHECK_OK(mlock(p + 2 * PAGE, 2 * PAGE)); /* a page of it anew */
    CHECK_EQ(locked(), 12);
    memset(p, 1, 8 * PAGE);
    CHECK_OK(munlock(p + 2 * PAGE, PAGE));
    CHECK_EQ(locked(), 8);
    CHECK_OK(munlock(p, 8 * PAGE));
    CHECK_EQ(locked(), 0);
    CHECK(all_bytes(p, 8 * PAGE, 1));
}

/* Every page that the range touches, from any byte on. */
static void unaligned(void)
{
    char *p = map(8 * PAGE, RW);

    CHECK_OK(mlock(p + PAGE - 1, 1));
    CHECK_EQ(locked(), 4);
    CHECK_OK(mlock(p + 2 * PAGE - 1, 2));
    CHECK_EQ(locked(), 12);
    CHECK_EQ(resident(p, 8), 3);
    CHECK_OK(munlock(p + PAGE + 5, PAGE));
    CHECK_EQ(locked(), 4);
    CHECK_OK(mlock(p + 5 * PAGE + 77, 0)); /* its page, for a byte less than one */
    CHECK_EQ(locked(), 8);
    CHECK_OK(mlock(p + 7 * PAGE, 0));
    CHECK_EQ(locked(), 8);
}

static void arguments(void)
{
    char *p = map(8 * PAGE, RW);

    CHECK_ERR(mlock2_flags(p, PAGE, 2), EINVAL);
    CHECK_ERR(mlock2_flags(p, PAGE, -1), EINVAL);
    CHECK_OK(mlock2_flags(p, PAGE, 0));
    CHECK_ERR(mlock(p, -PAGE), ENOMEM);
    CHECK_ERR(munlock(p, -PAGE), EINVAL);
    CHECK_ERR(mlock((void *)slot_va(272), PAGE), ENOMEM);
    CHECK_ERR(munlock((void *)slot_va(272), PAGE), ENOMEM);
    CHECK_ERR(mlock((void *)USER_LIMIT, PAGE), ENOMEM);
    CHECK_ERR(mlock((void *)PAGE, PAGE), ENOMEM);
    CHECK_ERR(mlockall(0), EINVAL);
    CHECK_ERR(mlockall(MCL_ONFAULT), EINVAL);
    CHECK_ERR(mlockall(8), EINVAL);
    CHECK_ERR(mlockall(MCL_CURRENT | 8), EINVAL);
    CHECK_ERR(mlockall(-1), EINVAL);
    CHECK_OK(munlockall());
    CHECK_OK(munlockall());
}

/* What lies before a hole is locked, or unlocked. */
static void holes(void)
{
    char *p = map(8 * PAGE, RW);

    CHECK_OK(munmap(p + 2 * PAGE, 2 * PAGE));
    CHECK_ERR(mlock(p, 8 * PAGE), ENOMEM);
    CHECK_EQ(locked(), 8);
    CHECK_OK(mlock(p + 4 * PAGE, 4 * PAGE));
    CHECK_ERR(munlock(p, 8 * PAGE), ENOMEM);
    CHECK_EQ(locked(), 16);
    CHECK_ERR(mlock(p + 2 * PAGE, PAGE), ENOMEM);
    CHECK_ERR(mlock(p + 3 * PAGE, 2 * PAGE), ENOMEM);
    CHECK_ERR(munlock(p + 3 * PAGE, 2 * PAGE), ENOMEM);
    CHECK_EQ(locked(), 16);
}

/* Memory that has no page to lock: the flag is set, and the call fails. */
static void no_page(void)
{
    int fd = (int)CHECK_OK(open("file", O_RDWR | O_CREAT | O_TRUNC, 0666));
    char *none = map(2 * PAGE, PROT_NONE), *p;

    CHECK_ERR(mlock(none, PAGE), ENOMEM);
    CHECK_EQ(locked(), 4);
    CHECK_EQ(resident(none, 2), 0);
    CHECK_OK(munlock(none, PAGE));
    CHECK_EQ(locked(), 0);

    CHECK_OK(ftruncate(fd, PAGE));
    p = mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE, fd, 0);
    CHECK(p != MAP_FAILED);
    CHECK_OK(mlock(p, PAGE));
    CHECK_ERR(mlock(p, 2 * PAGE), ENOMEM);
    CHECK_EQ(locked(), 8);
    CHECK_OK(munlock(p, 3 * PAGE));
}

/* Every kind of memory that a process has. */
static void kinds(void)
{
    int fd = (int)CHECK_OK(open("file", O_RDWR | O_CREAT | O_TRUNC, 0666));
    char *p, stack[16];

    write_full(fd, "some text", 9);
    p = map(PAGE, PROT_READ);
    CHECK_OK(mlock(p, PAGE));
    CHECK_EQ(resident(p, 1), 1);
    p = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
    CHECK_OK(mlock(p, PAGE));
    CHECK_EQ(resident(p, 1), 1);
    CHECK(memcmp(p, "some text", 10) == 0);
    p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    CHECK_OK(mlock(p, PAGE));
    p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK_OK(mlock(p, 2 * PAGE));
    CHECK_EQ(resident(p, 2), 2);
    CHECK_EQ(locked(), 20);
    CHECK_OK(mlock(stack, sizeof(stack)));
    CHECK_OK(mlock((void *)((uintptr_t)basic & -PAGE), PAGE));
    CHECK(locked() >= 28);
    CHECK_OK(munlockall());
    CHECK_EQ(locked(), 0);
}

/* With MLOCK_ONFAULT pages stay once they are there, and are not brought for it. */
static void on_fault(void)
{
    char *p = map(8 * PAGE, RW);

    CHECK_OK(mlock2_flags(p, 4 * PAGE, 1));
    CHECK_EQ(locked(), 16);
    CHECK_EQ(resident(p, 8), 0);
    p[PAGE] = 1;
    CHECK_EQ(resident(p, 8), 1);
    CHECK_ERR(madvise(p, PAGE, MADV_DONTNEED), EINVAL);
    CHECK_OK(mlock(p, 2 * PAGE)); /* now for real */
    CHECK_EQ(resident(p, 8), 2);
    CHECK_OK(mlock2_flags(p, 8 * PAGE, 1));
    CHECK_EQ(resident(p, 8), 2);
    CHECK_EQ(locked(), 32);
    CHECK_OK(munlock(p, 8 * PAGE));
    CHECK_EQ(locked(), 0);
    CHECK_EQ(areas_in((unsigned long)p, (unsigned long)p + 8 * PAGE), 1);
}

/* Areas are cut at the ends of what is locked, and joined when they are equal again. */
static void areas(void)
{
    char *p = (char *)map(18 * PAGE, PROT_NONE) + PAGE;
    unsigned long at = (unsigned long)p, end = at + 16 * PAGE;

    CHECK_OK(mprotect(p, 16 * PAGE, RW));
    memset(p, 1, 16 * PAGE);
    CHECK_OK(mlock(p + 4 * PAGE, 4 * PAGE));
    CHECK_EQ(areas_in(at, end), 3);
    CHECK_OK(mlock(p + 10 * PAGE, PAGE));
    CHECK_EQ(areas_in(at, end), 5);
    CHECK_OK(mlock(p + 6 * PAGE, 4 * PAGE));
    CHECK_EQ(areas_in(at, end), 3);
    CHECK_EQ(locked(), 28);
    CHECK_OK(munmap(p + 5 * PAGE, 2 * PAGE));
    CHECK_EQ(locked(), 20);
    CHECK_OK(munlock(p, 5 * PAGE));
    CHECK_EQ(locked(), 16);
    CHECK_OK(munmap(p, 16 * PAGE));
    CHECK_EQ(locked(), 0);
}

/* --- limits --- */

static void over_limit(void)
{
    char *p = map(32 * PAGE, RW);

    limit(16 * PAGE);
    CHECK_ERR(mlock(p, 17 * PAGE), ENOMEM);
    CHECK_EQ(locked(), 0);
    CHECK_OK(mlock(p, 16 * PAGE));
    CHECK_ERR(mlock(p + 16 * PAGE, 1), ENOMEM);
    CHECK_ERR(mlock(p + PAGE, 16 * PAGE), ENOMEM);
    CHECK_ERR(mlock2_flags(p + 16 * PAGE, 1, 1), ENOMEM);
    CHECK_OK(mlock(p, 16 * PAGE)); /* what is locked already is no more than that */
    CHECK_OK(mlock(p + 5 * PAGE, PAGE));
    CHECK_EQ(locked(), 64);
    CHECK_ERR((long)mmap(NULL, PAGE, RW, ANON | MAP_LOCKED, -1, 0), EAGAIN);
    CHECK_OK(munlock(p, PAGE));
    CHECK_OK(mlock(p + 20 * PAGE, PAGE));
    CHECK_EQ(locked(), 64);
    limit(4 * PAGE + 4095); /* lower than what is locked: that stays, and counts in whole pages */
    CHECK_EQ(locked(), 64);
    CHECK_ERR(mlock(p + 21 * PAGE, PAGE), ENOMEM);
    CHECK_OK(munlock(p, 32 * PAGE));
    CHECK_OK(mlock(p, 4 * PAGE));
    CHECK_ERR(mlock(p, 5 * PAGE), ENOMEM);
    CHECK_ERR(mlockall(MCL_CURRENT), ENOMEM);
    CHECK_EQ(locked(), 16);
}

/* Who may lock nothing at all may not even ask. */
static void no_limit_at_all(void)
{
    char *p = map(4 * PAGE, RW);

    CHECK_OK(mlock(p, PAGE));
    limit(0);
    CHECK_ERR(mlock(p, PAGE), EPERM);
    CHECK_ERR(mlock(p, 0), EPERM);
    CHECK_ERR(mlock2_flags(p, PAGE, 1), EPERM);
    CHECK_ERR(mlock2_flags(p, PAGE, 2), EINVAL);
    CHECK_ERR(mlockall(MCL_CURRENT), EPERM);
    CHECK_ERR(mlockall(MCL_FUTURE), EPERM);
    CHECK_ERR(mlockall(0), EINVAL);
    CHECK_ERR((long)mmap(NULL, PAGE, RW, ANON | MAP_LOCKED, -1, 0), EPERM);
    CHECK_EQ(locked(), 4);
    CHECK_OK(munlock(p, PAGE));
    CHECK_OK(munlockall());
    CHECK_EQ(locked(), 0);
}

static void default_limit(void)
{
    struct rlimit r;

    CHECK_OK(getrlimit(RLIMIT_MEMLOCK, &r));
    CHECK_EQ(r.rlim_cur, 8 * MiB);
    CHECK_EQ(r.rlim_max, 8 * MiB);
}

/* --- all of it --- */

static void all_current(void)
{
    char *p = map(4 * PAGE, RW), *none = map(4 * PAGE, PROT_NONE), *later;

    drop_large_bss();
    CHECK_OK(mlockall(MCL_CURRENT)); /* that some of it has no page is no error */
    CHECK_EQ(resident(p, 4), 4);
    CHECK_EQ(resident(none, 4), 0);
    CHECK(locked() >= 32);
    later = map(4 * PAGE, RW);
    CHECK_EQ(resident(later, 4), 0);
    CHECK_OK(madvise(later, PAGE, MADV_DONTNEED));
    CHECK_ERR(madvise(p, PAGE, MADV_DONTNEED), EINVAL);
    CHECK_OK(munlock(p, 4 * PAGE));
    CHECK_OK(madvise(p, PAGE, MADV_DONTNEED));
    CHECK_OK(munlockall());
    CHECK_EQ(locked(), 0);
}

static void all_future(void)
{
    char *before = map(4 * PAGE, RW), *p, *end;
    long was;

    drop_large_bss();
    CHECK_OK(mlockall(MCL_FUTURE));
    CHECK_EQ(locked(), 0);
    CHECK_EQ(resident(before, 4), 0);
    p = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0);
    CHECK_EQ(locked(), 16);
    CHECK_EQ(resident(p, 4), 4);
    end = sbrk(0);
    was = locked();
    CHECK(sbrk(16 * PAGE) == end);
    CHECK_EQ(locked() - was, 64);
    end = (char *)(((uintptr_t)end + PAGE - 1) & -PAGE);
    CHECK_EQ(resident(end, 15), 15);
    CHECK_ERR((long)mmap(NULL, 9 * MiB, RW, ANON, -1, 0), EAGAIN);
    end = sbrk(0);
    CHECK_ERR((long)sbrk(9 * MiB), ENOMEM);
    CHECK(sbrk(0) == end);
    CHECK_OK(mlockall(MCL_CURRENT)); /* which takes the future back */
    p = mmap(NULL, 4 * PAGE, PROT_READ, ANON, -1, 0);
    CHECK_EQ(resident(p, 4), 0);
    CHECK_OK(munlockall());
    CHECK_EQ(locked(), 0);
}

static void all_on_fault(void)
{
    char *before = map(4 * PAGE, RW), *p;

    drop_large_bss();
    CHECK_OK(mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT));
    CHECK_EQ(resident(before, 4), 0);
    p = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0);
    CHECK_EQ(resident(p, 4), 0);
    p[2 * PAGE] = 1;
    CHECK_EQ(resident(p, 4), 1);
    CHECK_ERR(madvise(p, PAGE, MADV_DONTNEED), EINVAL);
    CHECK_OK(munlockall());
    p = mmap(NULL, 4 * PAGE, RW, ANON | MAP_LOCKED, -1, 0);
    CHECK(p != MAP_FAILED);
    CHECK_EQ(resident(p, 4), 4);
    CHECK_EQ(locked(), 16);
}

/* --- children and programs --- */

static void in_child(void *arg)
{
    char *p = arg, *fresh;

    CHECK_EQ(locked(), 0);
    CHECK_OK(madvise(p, PAGE, MADV_DONTNEED));
    fresh = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0);
    CHECK_EQ(resident(fresh, 4), 0);
}

static void not_inherited(void)
{
    char *p = map(4 * PAGE, RW);

    drop_large_bss();
    CHECK_OK(mlockall(MCL_CURRENT | MCL_FUTURE));
    CHECK(locked() >= 16);
    memset(p, 1, 4 * PAGE);
    JOIN(spawn(in_child, p));
    CHECK(all_bytes(p, 4 * PAGE, 1));
    CHECK(locked() >= 16);
}

/* What one process has locked is not counted against another. */
static void lock_it_all(void *arg)
{
    char *p = arg;

    limit(16 * PAGE);
    CHECK_OK(mlock(p, 16 * PAGE));
    CHECK_EQ(locked(), 64);
}

static void each_for_itself(void)
{
    char *p = map(16 * PAGE, RW);

    limit(16 * PAGE);
    CHECK_OK(mlock(p, 16 * PAGE));
    for (int i = 0; i < 10; i++)
        JOIN(spawn(lock_it_all, p));
    CHECK_EQ(locked(), 64);
}

/* A stack that is locked stays so when it grows, as far as the limit goes. */
static __attribute__((noinline)) long deep(int pages)
{
    volatile char room[PAGE];

    room[0] = (char)pages;
    return pages ? deep(pages - 1) + room[0] : 0;
}

/* Locks the stack as it is; KiB that are locked then. */
static long lock_stack(void)
{
    struct area a;

    CHECK(area_at((unsigned long)&a, &a));
    CHECK_OK(mlock((void *)a.start, a.end - a.start));
    return locked();
}

static void grow_beyond_limit(void *arg)
{
    (void)arg;
    limit((unsigned long)lock_stack() * KiB);
    deep(1000);
}

static void stack(void)
{
    long was = lock_stack();

    deep((int)(was * KiB / PAGE) + 16);
    CHECK(locked() >= was + 48);
    EXPECT_SIGNAL(grow_beyond_limit, NULL, SIGSEGV);
}

const struct test mlock_tests[] = {
    {"mlock-basic", basic, 0},
    {"mlock-unaligned", unaligned, 0},
    {"mlock-arguments", arguments, 0},
    {"mlock-holes", holes, 0},
    {"mlock-no-page", no_page, 0},
    {"mlock-kinds", kinds, 0},
    {"mlock-on-fault", on_fault, 0},
    {"mlock-areas", areas, 0},
    {"mlock-over-limit", over_limit, 0},
    {"mlock-no-limit-at-all", no_limit_at_all, 0},
    {"mlock-default-limit", default_limit, T_OWN},
    {"mlock-all-current", all_current, 0},
    {"mlock-all-future", all_future, 0},
    {"mlock-all-on-fault", all_on_fault, 0},
    {"mlock-not-inherited", not_inherited, 0},
    {"mlock-each-for-itself", each_for_itself, 0},
    {"mlock-stack", stack, 0},
    {NULL, NULL, 0},
};
