/* SPDX-License-Identifier: MIT */
/* madvise: each advice, what it is refused for, and what becomes of areas and contents. */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)

static int shared_memory(size_t size)
{
    int fd = (int)CHECK_OK(memfd_create("test", MFD_CLOEXEC));

    CHECK_OK(ftruncate(fd, (off_t)size));
    return fd;
}

static const int every_advice[] = {
    MADV_NORMAL,        MADV_RANDOM,        MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED,
    MADV_FREE,          MADV_REMOVE,        MADV_DONTFORK,   MADV_DOFORK,   MADV_DONTDUMP,
    MADV_DODUMP,        MADV_WIPEONFORK,    MADV_KEEPONFORK, MADV_COLD,     MADV_PAGEOUT,
    MADV_POPULATE_READ, MADV_POPULATE_WRITE};
#define NADVICES (sizeof(every_advice) / sizeof(every_advice[0]))

static void arguments(void)
{
    char *p = map(8 * PAGE, RW);

    for (size_t i = 0; i < NADVICES; i++) {
        int advice = every_advice[i];
        CHECK_ERR(madvise(p + 1, PAGE, advice), EINVAL);
        CHECK_ERR(madvise(p, -1ul, advice), EINVAL);
        CHECK_ERR(madvise(p, -PAGE, advice), EINVAL);
        CHECK_ERR(madvise((void *)slot_va(272), PAGE, advice), ENOMEM);
        CHECK_ERR(madvise((void *)PAGE, PAGE, advice), ENOMEM);
        CHECK_OK(madvise(p, 0, advice));
        CHECK_OK(madvise((void *)slot_va(272), 0, advice));
        if (advice == MADV_REMOVE)
            continue;
        CHECK_OK(madvise(p + PAGE, PAGE + 1, advice));
        CHECK_OK(madvise(p + PAGE, 7 * PAGE, advice));
    }
}

static void unknown(void)
{
    static const int unknown[] = {-1, 5, 6, 7, 26, 99, 1000, 1 << 30};
    char *p = map(PAGE, RW);

    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        CHECK_ERR(madvise(p, PAGE, unknown[i]), EINVAL);
        CHECK_ERR(madvise(p, 0, unknown[i]), EINVAL);
    }
}

/* What a Linux without these configured says. */
static void not_offered(void)
{
    static const int advices[] = {12, 13, 14, 15, 25, 100, 101};
    char *p = map(PAGE, RW);

    for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
        CHECK_ERR(madvise(p, PAGE, advices[i]), EINVAL);
}

/* A hole is an error, but what lies around it was advised all the same. */
static void holes(void)
{
    char *p = map(8 * PAGE, RW);

    CHECK_OK(munmap(p + 2 * PAGE, 2 * PAGE));
    for (size_t i = 0; i < NADVICES; i++)
        if (every_advice[i] != MADV_REMOVE) {
            CHECK_ERR(madvise(p, 8 * PAGE, every_advice[i]), ENOMEM);
            CHECK_ERR(madvise(p + 3 * PAGE, 2 * PAGE, every_advice[i]), ENOMEM);
            CHECK_ERR(madvise(p + 2 * PAGE, PAGE, every_advice[i]), ENOMEM);
        }
    memset(p, 1, 2 * PAGE);
    memset(p + 4 * PAGE, 1, 4 * PAGE);
    CHECK_ERR(madvise(p + PAGE, 6 * PAGE, MADV_DONTNEED), ENOMEM);
    CHECK(all_bytes(p, PAGE, 1) && all_bytes(p + PAGE, PAGE, 0));
    CHECK(all_bytes(p + 4 * PAGE, 3 * PAGE, 0) && all_bytes(p + 7 * PAGE, PAGE, 1));
}

/* --- advice that only marks areas --- */

static void marks(void)
{
    static const struct {
        int set, clear;
    } marks[] = {{MADV_RANDOM, MADV_NORMAL},
                 {MADV_SEQUENTIAL, MADV_NORMAL},
                 {MADV_DONTFORK, MADV_DOFORK},
                 {MADV_DONTDUMP, MADV_DODUMP},
                 {MADV_WIPEONFORK, MADV_KEEPONFORK}};

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        char *p = (char *)map(18 * PAGE, PROT_NONE) + PAGE;
        unsigned long at = (unsigned long)p, end = at + 16 * PAGE;

        CHECK_OK(mprotect(p, 16 * PAGE, RW));
        fill_pattern(p, 16 * PAGE, i);
        CHECK_EQ(areas_in(at, end), 1);
        CHECK_OK(madvise(p + 4 * PAGE, 4 * PAGE, marks[i].set));
        CHECK_EQ(areas_in(at, end), 3);
        CHECK_OK(madvise(p + 4 * PAGE, 2 * PAGE, marks[i].set));
        CHECK_EQ(areas_in(at, end), 3);
        CHECK_OK(madvise(p + 2 * PAGE, 8 * PAGE, marks[i].set));
        CHECK_EQ(areas_in(at, end), 3);
        CHECK_OK(madvise(p + 4 * PAGE, 2 * PAGE, marks[i].clear));
        CHECK_EQ(areas_in(at, end), 5);
        CHECK_OK(madvise(p, 16 * PAGE, marks[i].set));
        CHECK_EQ(areas_in(at, end), 1);
        CHECK_OK(madvise(p + PAGE, 15 * PAGE, marks[i].clear));
        CHECK_EQ(areas_in(at, end), 2);
        CHECK_OK(madvise(p, PAGE, marks[i].clear));
        CHECK_EQ(areas_in(at, end), 1);
        check_pattern(p, 16 * PAGE, i);
    }
}

static void in_forked(void *arg)
{
    char *p = arg;

    EXPECT_SIGNAL(do_read, p + PAGE, SIGSEGV);
    EXPECT_SIGNAL(do_write, p + 2 * PAGE, SIGSEGV);
    CHECK(all_bytes(p, PAGE, 1) && all_bytes(p + 3 * PAGE, PAGE, 1));
    CHECK_EQ(areas_in((unsigned long)p, (unsigned long)p + 4 * PAGE), 2);
}

static void in_forked_again(void *arg)
{
    CHECK(all_bytes(arg, 4 * PAGE, 2));
}

static void dont_fork(void)
{
    char *p = map(4 * PAGE, RW);

    memset(p, 1, 4 * PAGE);
    CHECK_OK(madvise(p + PAGE, 2 * PAGE, MADV_DONTFORK));
    JOIN(spawn(in_forked, p));
    CHECK(all_bytes(p, 4 * PAGE, 1));
    memset(p, 2, 4 * PAGE);
    CHECK_OK(madvise(p, 4 * PAGE, MADV_DOFORK));
    JOIN(spawn(in_forked_again, p));
}

static void in_wiped(void *arg)
{
    char *p = arg;

    CHECK(all_bytes(p, PAGE, 1) && all_bytes(p + 3 * PAGE, PAGE, 1));
    CHECK_EQ(resident(p + PAGE, 2), 0);
    CHECK(all_bytes(p + PAGE, 2 * PAGE, 0));
    memset(p + PAGE, 3, 2 * PAGE);
}

/* The mark is the child's too. */
static void in_wiped_twice(void *arg)
{
    in_wiped(arg);
    JOIN(spawn(in_wiped, arg));
}

static void wipe_on_fork(void)
{
    char *p = map(4 * PAGE, RW), *file;
    int fd = numbered_file("file", 2);

    memset(p, 1, 4 * PAGE);
    CHECK_OK(madvise(p + PAGE, 2 * PAGE, MADV_WIPEONFORK));
    JOIN(spawn(in_wiped_twice, p));
    CHECK(all_bytes(p, 4 * PAGE, 1));
    memset(p, 2, 4 * PAGE);
    CHECK_OK(madvise(p, 4 * PAGE, MADV_KEEPONFORK));
    JOIN(spawn(in_forked_again, p));

    file = map_file(fd, 2 * PAGE, RW, MAP_PRIVATE);
    CHECK_ERR(madvise(file, PAGE, MADV_WIPEONFORK), EINVAL);
    CHECK_OK(madvise(file, PAGE, MADV_KEEPONFORK));
    p = map_file(shared_memory(2 * PAGE), 2 * PAGE, RW, MAP_SHARED);
    CHECK_ERR(madvise(p, PAGE, MADV_WIPEONFORK), EINVAL);
    p = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK_ERR(madvise(p, PAGE, MADV_WIPEONFORK), EINVAL);
}

/* --- advice that lets pages go --- */

static void in_child_needed(void *arg)
{
    char *p = arg;

    CHECK_OK(madvise(p, 4 * PAGE, MADV_DONTNEED));
    CHECK(all_bytes(p, 4 * PAGE, 0));
}

static void dont_need(void)
{
    char *p = map(16 * PAGE, RW);

    memset(p, 1, 16 * PAGE);
    CHECK_OK(madvise(p + 4 * PAGE, 8 * PAGE, MADV_DONTNEED));
    CHECK_EQ(resident(p, 16), 8);
    CHECK_EQ(areas_in((unsigned long)p, (unsigned long)p + 16 * PAGE), 1);
    CHECK(all_bytes(p, 4 * PAGE, 1) && all_bytes(p + 4 * PAGE, 8 * PAGE, 0));
    CHECK(all_bytes(p + 12 * PAGE, 4 * PAGE, 1));
    memset(p + 4 * PAGE, 2, 8 * PAGE);
    CHECK(all_bytes(p + 4 * PAGE, 8 * PAGE, 2));

    /* What others see of it is theirs. */
    memset(p, 3, 4 * PAGE);
    JOIN(spawn(in_child_needed, p));
    CHECK(all_bytes(p, 4 * PAGE, 3));

    /* Memory that may not be touched goes as well. */
    CHECK_OK(mprotect(p, PAGE, PROT_NONE));
    CHECK_OK(mprotect(p + PAGE, PAGE, PROT_READ));
    CHECK_OK(madvise(p, 3 * PAGE, MADV_DONTNEED));
    CHECK_OK(mprotect(p, 2 * PAGE, RW));
    CHECK(all_bytes(p, 3 * PAGE, 0) && all_bytes(p + 3 * PAGE, PAGE, 3));
}

/* A private copy goes, and the file shows again; a shared change was the file's all along. */
static void dont_need_file(void)
{
    int fd = numbered_file("file", 4), mem = shared_memory(4 * PAGE);
    char *priv = map_file(fd, 4 * PAGE, RW, MAP_PRIVATE);
    char *shared = map_file(fd, 4 * PAGE, RW, MAP_SHARED);
    char *memory = map_file(mem, 4 * PAGE, RW, MAP_SHARED);

    memset(priv, 9, 4 * PAGE);
    CHECK_OK(madvise(priv + PAGE, 2 * PAGE, MADV_DONTNEED));
    CHECK(all_bytes(priv, PAGE, 9) && all_bytes(priv + PAGE, PAGE, 2));
    CHECK(all_bytes(priv + 2 * PAGE, PAGE, 3) && all_bytes(priv + 3 * PAGE, PAGE, 9));
    memset(shared, 8, 4 * PAGE);
    CHECK_OK(madvise(shared, 4 * PAGE, MADV_DONTNEED));
    CHECK(all_bytes(shared, 4 * PAGE, 8));
    CHECK(all_bytes(priv + PAGE, 2 * PAGE, 8));
    memset(memory, 7, 4 * PAGE);
    CHECK_OK(madvise(memory, 4 * PAGE, MADV_DONTNEED));
    CHECK_EQ(resident(memory, 4), 4);
    CHECK(all_bytes(memory, 4 * PAGE, 7));
}

static void locked(void)
{
    static const int refused[] = {MADV_DONTNEED, MADV_FREE, MADV_COLD, MADV_PAGEOUT};
    char *p = map(8 * PAGE, RW), *shared = map_file(shared_memory(PAGE), PAGE, RW, MAP_SHARED);

    memset(p, 1, 8 * PAGE);
    CHECK_OK(mlock(p + 2 * PAGE, 2 * PAGE));
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        CHECK_ERR(madvise(p + 2 * PAGE, PAGE, refused[i]), EINVAL);
        CHECK_ERR(madvise(p + PAGE, 3 * PAGE, refused[i]), EINVAL);
        CHECK_OK(madvise(p + 4 * PAGE, 4 * PAGE, refused[i]));
    }
    CHECK(all_bytes(p + 2 * PAGE, 2 * PAGE, 1));
    CHECK_OK(madvise(p + 2 * PAGE, PAGE, MADV_DONTNEED_LOCKED));
    CHECK(all_bytes(p + 2 * PAGE, PAGE, 0) && all_bytes(p + 3 * PAGE, PAGE, 1));
    memset(p + 4 * PAGE, 1, PAGE);
    CHECK_OK(madvise(p + 4 * PAGE, PAGE, MADV_DONTNEED_LOCKED));
    CHECK(all_bytes(p + 4 * PAGE, PAGE, 0));
    CHECK_OK(mlock(shared, PAGE));
    CHECK_ERR(madvise(shared, PAGE, MADV_REMOVE), EINVAL);
}

static void in_child_freed(void *arg)
{
    char *p = arg;

    CHECK_OK(madvise(p, 4 * PAGE, MADV_FREE));
    memset(p, 6, PAGE);
}

/* Each page that was freed is as it was, or zero; what is written after that is kept. */
static void free_lazily(void)
{
    char *p = map(16 * PAGE, RW), *shared;

    memset(p, 1, 16 * PAGE);
    CHECK_OK(madvise(p + 4 * PAGE, 8 * PAGE, MADV_FREE));
    CHECK(all_bytes(p, 4 * PAGE, 1) && all_bytes(p + 12 * PAGE, 4 * PAGE, 1));
    memset(p + 4 * PAGE, 2, PAGE);
    p[6 * PAGE + 5] = 3;
    drop_caches();
    CHECK(all_bytes(p + 4 * PAGE, PAGE, 2));
    CHECK_EQ(p[6 * PAGE + 5], 3);
    for (int i = 5; i < 12; i++)
        CHECK(p[i * PAGE] == p[i * PAGE + PAGE - 1] && (p[i * PAGE] & ~1) == 0);

    memset(p, 4, 4 * PAGE);
    JOIN(spawn(in_child_freed, p));
    CHECK(all_bytes(p, 4 * PAGE, 4));

    CHECK_OK(mprotect(p, PAGE, PROT_NONE));
    CHECK_OK(mprotect(p + PAGE, PAGE, PROT_READ));
    CHECK_OK(madvise(p, 3 * PAGE, MADV_FREE));
    CHECK_ERR(madvise(map_file(numbered_file("file", 1), PAGE, RW, MAP_PRIVATE), PAGE, MADV_FREE),
              EINVAL);
    shared = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK_ERR(madvise(shared, PAGE, MADV_FREE), EINVAL);
}

/* Only shared memory that could be written to, whoever may write to it now, gets a hole. */
static void remove_range(void)
{
    int fd = shared_memory(8 * PAGE), file = numbered_file("file", 2), reader;
    char *p = map_file(fd, 8 * PAGE, RW, MAP_SHARED), *priv, byte;
    char *readonly = map_file(fd, 8 * PAGE, PROT_READ, MAP_SHARED);

    fill_pattern(p, 8 * PAGE, 1);
    CHECK_OK(madvise(p + 2 * PAGE, PAGE, MADV_REMOVE));
    CHECK_OK(madvise(readonly + 4 * PAGE, 2 * PAGE, MADV_REMOVE));
    CHECK(all_bytes(p + 2 * PAGE, PAGE, 0) && all_bytes(p + 4 * PAGE, 2 * PAGE, 0));
    CHECK_EQ(pread(fd, &byte, 1, 2 * PAGE + 7), 1);
    CHECK_EQ(byte, 0);
    memcpy(p + 2 * PAGE, readonly + 3 * PAGE, PAGE);
    CHECK(memcmp(readonly + 2 * PAGE, p + 3 * PAGE, PAGE) == 0);
    CHECK_EQ(lseek(fd, 0, SEEK_END), 8 * PAGE);
    CHECK_EQ(areas_in((unsigned long)p, (unsigned long)p + 8 * PAGE), 1);

    priv = map_file(fd, PAGE, RW, MAP_PRIVATE);
    CHECK_ERR(madvise(priv, PAGE, MADV_REMOVE), EACCES);
    CHECK_ERR(madvise(map(PAGE, RW), PAGE, MADV_REMOVE), EINVAL);
    reader = (int)CHECK_OK(open("file", O_RDONLY));
    CHECK_ERR(madvise(map_file(file, PAGE, RW, MAP_PRIVATE), PAGE, MADV_REMOVE), EACCES);
    CHECK_ERR(madvise(map_file(reader, PAGE, PROT_READ, MAP_SHARED), PAGE, MADV_REMOVE), EACCES);
}

static void remove_anonymous(void)
{
    char *p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    CHECK(p != MAP_FAILED);
    memset(p, 1, 4 * PAGE);
    CHECK_OK(madvise(p + PAGE, 2 * PAGE, MADV_REMOVE));
    CHECK(all_bytes(p, PAGE, 1) && all_bytes(p + PAGE, 2 * PAGE, 0));
    CHECK(all_bytes(p + 3 * PAGE, PAGE, 1));
}

/* A file on disk loses the blocks and keeps its size. */
static void remove_on_disk(void)
{
    int fd = numbered_file("file", 4), err;
    char *p = map_file(fd, 4 * PAGE, RW, MAP_SHARED), byte = 9;

    CHECK_OK(fsync(fd));
    err = madvise(p + PAGE, 2 * PAGE, MADV_REMOVE);
    if (err && errno == EOPNOTSUPP && reference)
        skip("this file system makes no holes");
    CHECK_EQ(err, 0);
    CHECK(all_bytes(p, PAGE, 1) && all_bytes(p + PAGE, 2 * PAGE, 0));
    CHECK(all_bytes(p + 3 * PAGE, PAGE, 4));
    CHECK_EQ(pread(fd, &byte, 1, 2 * PAGE - 1), 1);
    CHECK_EQ(byte, 0);
    CHECK_EQ(lseek(fd, 0, SEEK_END), 4 * PAGE);
    memset(p + PAGE, 5, PAGE);
    CHECK_OK(msync(p, 4 * PAGE, MS_SYNC));
    CHECK(all_bytes(p + PAGE, PAGE, 5) && all_bytes(p + 2 * PAGE, PAGE, 0));
}

/* --- advice about use to come --- */

static void cold(void)
{
    static const int advices[] = {MADV_COLD, MADV_PAGEOUT};
    int fd = numbered_file("file", 8);
    char *p = map(8 * PAGE, RW), *file = map_file(fd, 8 * PAGE, RW, MAP_PRIVATE);
    char *memory = map_file(shared_memory(8 * PAGE), 8 * PAGE, RW, MAP_SHARED);

    fill_pattern(p, 8 * PAGE, 1);
    fill_pattern(memory, 8 * PAGE, 2);
    memset(file + PAGE, 9, PAGE);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(madvise(p, 8 * PAGE, advices[i]));
        CHECK_OK(madvise(file, 8 * PAGE, advices[i]));
        CHECK_OK(madvise(memory, 8 * PAGE, advices[i]));
        check_pattern(p, 8 * PAGE, 1);
        check_pattern(memory, 8 * PAGE, 2);
        for (int n = 0; n < 8; n++)
            CHECK(all_bytes(file + n * PAGE, PAGE, n == 1 ? 9 : n + 1));
    }
}

/* Clean pages of a file go when they are not needed, and come when they will be. */
static void out_and_in(void)
{
    const struct timespec pause = {0, 10 * 1000 * 1000};
    int fd = numbered_file("file", 32), i;
    char *p = map_file(fd, 32 * PAGE, PROT_READ, MAP_PRIVATE);

    CHECK_OK(fsync(fd));
    CHECK_OK(madvise(p, 32 * PAGE, MADV_WILLNEED));
    for (i = 0; i < 32; i++)
        read_byte((unsigned long)p + i * PAGE);
    CHECK_EQ(resident(p, 32), 32);
    CHECK_OK(madvise(p + 8 * PAGE, 16 * PAGE, MADV_PAGEOUT));
    if (reference && resident(p, 32) == 32)
        skip("MADV_PAGEOUT takes nothing away here");
    CHECK_EQ(resident(p + 8 * PAGE, 16), 0);
    if (!reference)
        CHECK_EQ(resident(p, 32), 16);
    CHECK_OK(madvise(p, 32 * PAGE, MADV_WILLNEED));
    for (i = 0; resident(p, 32) < 32 && i < 500; i++)
        nanosleep(&pause, NULL);
    CHECK_EQ(resident(p, 32), 32);
    for (i = 0; i < 32; i++)
        CHECK(all_bytes(p + i * PAGE, PAGE, i + 1));
}

static void will_need(void)
{
    int fd = numbered_file("file", 3);
    char *file = map_file(fd, 8 * PAGE, RW, MAP_PRIVATE);

    CHECK_OK(madvise(file, 8 * PAGE, MADV_WILLNEED)); /* far beyond its end */
    CHECK_OK(madvise(map(PAGE, PROT_NONE), PAGE, MADV_WILLNEED));
    CHECK_OK(
        madvise(map_file(shared_memory(PAGE), 4 * PAGE, RW, MAP_SHARED), 4 * PAGE, MADV_WILLNEED));
    CHECK(all_bytes(file, PAGE, 1) && all_bytes(file + 2 * PAGE, PAGE, 3));
}

static void populate(void)
{
    char *p = map(16 * PAGE, RW), *none = map(PAGE, PROT_NONE), *ro = map(PAGE, PROT_READ);
    int fd = numbered_file("file", 4);
    char *file = map_file(fd, 6 * PAGE, RW, MAP_PRIVATE);

    CHECK_OK(madvise(p, 4 * PAGE, MADV_POPULATE_READ));
    CHECK_EQ(resident(p, 16), 4);
    CHECK(all_bytes(p, 4 * PAGE, 0));
    memset(p + 5 * PAGE, 5, PAGE);
    CHECK_OK(madvise(p + 4 * PAGE, 4 * PAGE, MADV_POPULATE_WRITE));
    CHECK_EQ(resident(p, 16), 8);
    CHECK(all_bytes(p + 5 * PAGE, PAGE, 5) && all_bytes(p + 6 * PAGE, 2 * PAGE, 0));

    CHECK_ERR(madvise(none, PAGE, MADV_POPULATE_READ), EINVAL);
    CHECK_ERR(madvise(none, PAGE, MADV_POPULATE_WRITE), EINVAL);
    CHECK_ERR(madvise(ro, PAGE, MADV_POPULATE_WRITE), EINVAL);
    CHECK_OK(madvise(ro, PAGE, MADV_POPULATE_READ));
    CHECK_EQ(resident(ro, 1), 1);

    /* Present as a private copy, with what the file had; and beyond its end there is nothing. */
    CHECK_OK(madvise(file, 2 * PAGE, MADV_POPULATE_WRITE));
    CHECK_EQ(pwrite(fd, "new", 3, 0), 3);
    CHECK(all_bytes(file, PAGE, 1) && all_bytes(file + PAGE, PAGE, 2));
    CHECK_ERR(madvise(file, 6 * PAGE, MADV_POPULATE_READ), EFAULT);
    CHECK_ERR(madvise(file + 4 * PAGE, PAGE, MADV_POPULATE_WRITE), EFAULT);
    CHECK_ERR(madvise(p - PAGE * 4096, PAGE, MADV_POPULATE_READ), ENOMEM);
}

/* More than is populated in one go, and shared: every process finds it. */
static void populate_much(void)
{
    const size_t pages = 1500;
    char *p = mmap(NULL, pages * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    CHECK(p != MAP_FAILED);
    CHECK_OK(madvise(p, pages * PAGE, MADV_POPULATE_WRITE));
    for (size_t i = 0; i < pages; i += 50)
        CHECK_EQ(resident(p + i * PAGE, 50), 50);
    CHECK(all_bytes(p, pages * PAGE, 0));
}

const struct test madvise_tests[] = {
    {"madvise-arguments", arguments, 0},
    {"madvise-unknown", unknown, 0},
    {"madvise-not-offered", not_offered, T_OWN},
    {"madvise-holes", holes, 0},
    {"madvise-marks", marks, 0},
    {"madvise-dontfork", dont_fork, 0},
    {"madvise-wipeonfork", wipe_on_fork, 0},
    {"madvise-dontneed", dont_need, 0},
    {"madvise-dontneed-file", dont_need_file, 0},
    {"madvise-locked", locked, 0},
    {"madvise-free", free_lazily, 0},
    {"madvise-remove", remove_range, 0},
    {"madvise-remove-anonymous", remove_anonymous, 0},
    {"madvise-remove-on-disk", remove_on_disk, 0},
    {"madvise-cold", cold, 0},
    {"madvise-out-and-in", out_and_in, 0},
    {"madvise-willneed", will_need, 0},
    {"madvise-populate", populate, 0},
    {"madvise-populate-much", populate_much, 0},
    {NULL, NULL, 0},
};
