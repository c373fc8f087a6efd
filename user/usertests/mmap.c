/* SPDX-License-Identifier: MIT */
/* mmap, munmap and mprotect of anonymous memory: addresses, protections, contents, and errors. */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static long map_at(unsigned long addr, unsigned long size, int prot, int flags)
{
    return (long)mmap((void *)addr, size, prot, flags, -1, 0);
}

/* Pages that are certainly nobody's, between two of our own that cannot be used. */
static unsigned long playground(unsigned long pages)
{
    unsigned long p = (unsigned long)map((pages + 2) * PAGE, PROT_NONE) + PAGE;

    CHECK_OK(munmap((void *)p, pages * PAGE));
    return p;
}

static void basic(void)
{
    for (unsigned long size = 1; size < 4 * MiB; size = size * 3 + 1) {
        char *p = map(size, RW);
        CHECK_EQ((unsigned long)p % PAGE, 0);
        CHECK(all_bytes(p, size, 0));
        memset(p, 0x77, size);
        CHECK_EQ(p[(size - 1) / PAGE * PAGE + PAGE - 1], size % PAGE ? 0 : 0x77);
        CHECK_OK(munmap(p, size));
        EXPECT_SIGNAL(do_read, p, SIGSEGV);
        EXPECT_SIGNAL(do_read, p + size - 1, SIGSEGV);
    }
}

static void wrong_arguments(void)
{
    unsigned long p = playground(8);
    const unsigned long top = USER_LIMIT;

    CHECK_ERR(map_at(0, 0, RW, ANON), EINVAL);
    CHECK_ERR(map_at(0, PAGE, RW, MAP_ANONYMOUS), EINVAL);
    CHECK_ERR(map_at(p + 1, PAGE, RW, ANON | MAP_FIXED), EINVAL);
    CHECK_ERR(map_at(p, 0, RW, ANON | MAP_FIXED), EINVAL);
    CHECK_ERR(map_at(0, top + PAGE, RW, ANON | MAP_NORESERVE), ENOMEM);
    CHECK_ERR(map_at(0, 1ul << 62, RW, ANON), ENOMEM);
    CHECK_ERR(map_at(0, -PAGE, RW, ANON), ENOMEM);
    CHECK_ERR(map_at(0, -1ul, RW, ANON), ENOMEM);
    CHECK_ERR(map_at(top, PAGE, RW, ANON | MAP_FIXED), ENOMEM);
    CHECK_ERR(map_at(top - PAGE, 2 * PAGE, RW, ANON | MAP_FIXED), ENOMEM);
    CHECK_ERR(map_at(slot_va(256), PAGE, RW, ANON | MAP_FIXED), ENOMEM);
    CHECK_ERR(map_at(slot_va(272), PAGE, RW, ANON | MAP_FIXED), ENOMEM);
    CHECK_ERR(map_at(0xffffffff80000000, PAGE, PROT_READ, ANON | MAP_FIXED), ENOMEM);
    CHECK_ERR(map_at(-PAGE, PAGE, RW, ANON | MAP_FIXED), ENOMEM);
    CHECK_ERR(map_at(-PAGE, 2 * PAGE, RW, ANON | MAP_FIXED), ENOMEM);
    CHECK_ERR(map_at(p, -p, RW, ANON | MAP_FIXED), ENOMEM);
    CHECK_EQ(areas_in(p, p + 8 * PAGE), 0);
}

static void wrong_file(void)
{
    int fds[2];

    CHECK_ERR((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0), EBADF);
    CHECK_ERR((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 999, 0), EBADF);
    CHECK_ERR((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 1), EINVAL);
    CHECK_OK(pipe(fds));
    CHECK_ERR((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fds[0], 0), ENODEV);
}

static void munmap_arguments(void)
{
    unsigned long p = playground(8);

    CHECK_ERR(munmap((void *)(p + 1), PAGE), EINVAL);
    CHECK_ERR(munmap((void *)p, 0), EINVAL);
    CHECK_ERR(munmap((void *)p, -1ul), EINVAL);
    CHECK_ERR(munmap((void *)p, -PAGE), EINVAL);
    CHECK_ERR(munmap((void *)p, user_end()), EINVAL);
    CHECK_ERR(munmap((void *)USER_LIMIT, PAGE), EINVAL);
    CHECK_ERR(munmap((void *)slot_va(272), PAGE), EINVAL);
    CHECK_ERR(munmap((void *)-PAGE, PAGE), EINVAL);
    CHECK_OK(munmap((void *)p, 8 * PAGE)); /* nothing is there, and nothing is wrong with that */
    CHECK_EQ(map_at(p + PAGE, 1, RW, ANON | MAP_FIXED), p + PAGE);
    CHECK_OK(munmap((void *)p, 8 * PAGE));
    CHECK_EQ(areas_in(p, p + 8 * PAGE), 0);
    CHECK_EQ(map_at(p, 2 * PAGE, RW, ANON | MAP_FIXED), p);
    CHECK_OK(munmap((void *)p, 1)); /* a length counts in whole pages */
    EXPECT_SIGNAL(do_read, p, SIGSEGV);
    write_byte(p + PAGE, 1);
}

static void mprotect_arguments(void)
{
    unsigned long p = playground(8);

    CHECK_EQ(map_at(p, 2 * PAGE, RW, ANON | MAP_FIXED), p);
    CHECK_EQ(map_at(p + 3 * PAGE, PAGE, RW, ANON | MAP_FIXED), p + 3 * PAGE);
    CHECK_ERR(mprotect((void *)(p + 1), PAGE, RW), EINVAL);
    CHECK_ERR(mprotect((void *)p, PAGE, 0x40), EINVAL);
    CHECK_ERR(mprotect((void *)p, -1ul, RW), ENOMEM);
    CHECK_ERR(mprotect((void *)p, -PAGE, RW), ENOMEM);
    CHECK_ERR(mprotect((void *)slot_va(272), PAGE, RW), ENOMEM);
    CHECK_ERR(mprotect((void *)-PAGE, PAGE, RW), ENOMEM);
    CHECK_ERR(mprotect((void *)(p + 2 * PAGE), PAGE, RW), ENOMEM);
    CHECK_ERR(mprotect((void *)(p + 4 * PAGE), PAGE, RW), ENOMEM);
    CHECK_OK(mprotect((void *)p, 0, PROT_NONE));
    write_byte(p, 1);
    /* A hole on the way: what lies before it may have changed, what lies behind it has not. */
    CHECK_ERR(mprotect((void *)p, 4 * PAGE, PROT_READ), ENOMEM);
    write_byte(p + 3 * PAGE, 1);
}

/* Every protection, against every kind of access. */
static void protections(void)
{
    static const int prots[] = {PROT_NONE, PROT_READ, RW, PROT_READ | PROT_EXEC, PROT_EXEC};
    unsigned long p = (unsigned long)map(PAGE, RW);

    memcpy((void *)p, code_bytes(), code_size());
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < sizeof(prots) / sizeof(prots[0]); i++) {
            int prot = prots[i];
            CHECK_OK(mprotect((void *)p, PAGE, prot));
            if (prot & PROT_READ)
                JOIN(spawn(do_read, (void *)p));
            else if (!(prot & PROT_EXEC))
                EXPECT_SIGNAL(do_read, p, SIGSEGV);
            if (prot & PROT_WRITE)
                JOIN(spawn(do_write, (void *)(p + 128)));
            else
                EXPECT_SIGNAL(do_write, p + 128, SIGSEGV);
            if (prot & PROT_EXEC)
                JOIN(spawn(do_jump, (void *)p));
            else
                EXPECT_SIGNAL(do_jump, p, SIGSEGV);
        }
}

/* PROT_NONE hides and keeps; memory that nobody may read was never there. */
static void prot_none(void)
{
    unsigned long p = (unsigned long)map(16 * PAGE, PROT_NONE);

    EXPECT_SIGNAL(do_read, p, SIGSEGV);
    EXPECT_SIGNAL(do_write, p + 15 * PAGE, SIGSEGV);
    CHECK_OK(mprotect((void *)p, 16 * PAGE, RW));
    CHECK(all_bytes((void *)p, 16 * PAGE, 0));
    fill_pattern((void *)p, 16 * PAGE, 1);
    CHECK_OK(mprotect((void *)p, 16 * PAGE, PROT_NONE));
    EXPECT_SIGNAL(do_read, p + 5 * PAGE, SIGSEGV);
    CHECK_OK(mprotect((void *)(p + 4 * PAGE), 4 * PAGE, PROT_READ));
    EXPECT_SIGNAL(do_write, p + 5 * PAGE, SIGSEGV);
    CHECK_OK(mprotect((void *)p, 16 * PAGE, RW));
    check_pattern((void *)p, 16 * PAGE, 1);
}

/* Unmapping the middle keeps both sides, and what is mapped there next is empty. */
static void unmap_middle(void)
{
    char *p = map(30 * PAGE, RW);

    fill_pattern(p, 10 * PAGE, 1);
    fill_pattern(p + 10 * PAGE, 10 * PAGE, 2);
    fill_pattern(p + 20 * PAGE, 10 * PAGE, 3);
    CHECK_OK(munmap(p + 10 * PAGE, 10 * PAGE));
    EXPECT_SIGNAL(do_read, p + 10 * PAGE, SIGSEGV);
    EXPECT_SIGNAL(do_write, p + 20 * PAGE - 1, SIGSEGV);
    check_pattern(p, 10 * PAGE, 1);
    check_pattern(p + 20 * PAGE, 10 * PAGE, 3);
    CHECK_EQ(map_at((unsigned long)p + 10 * PAGE, 10 * PAGE, RW, ANON | MAP_FIXED),
             (unsigned long)p + 10 * PAGE);
    CHECK(all_bytes(p + 10 * PAGE, 10 * PAGE, 0));
    check_pattern(p, 10 * PAGE, 1);
    check_pattern(p + 20 * PAGE, 10 * PAGE, 3);
}

/* MAP_FIXED over parts of several mappings and the hole between them replaces just that range. */
static void fixed_over(void)
{
    unsigned long p = playground(32);

    CHECK_EQ(map_at(p, 8 * PAGE, RW, ANON | MAP_FIXED), p);
    CHECK_EQ(map_at(p + 10 * PAGE, 2 * PAGE, PROT_READ, ANON | MAP_FIXED), p + 10 * PAGE);
    CHECK_EQ(map_at(p + 12 * PAGE, 8 * PAGE, RW, ANON | MAP_FIXED), p + 12 * PAGE);
    fill_pattern((void *)p, 8 * PAGE, 1);
    fill_pattern((void *)(p + 12 * PAGE), 8 * PAGE, 2);
    CHECK_EQ(map_at(p + 4 * PAGE, 12 * PAGE, RW, ANON | MAP_FIXED), p + 4 * PAGE);
    CHECK(all_bytes((void *)(p + 4 * PAGE), 12 * PAGE, 0));
    fill_pattern((void *)(p + 4 * PAGE), 12 * PAGE, 3);
    check_pattern((void *)p, 4 * PAGE, 1);
    CHECK(!all_bytes((void *)(p + 16 * PAGE), 4 * PAGE, 0));
    CHECK_EQ(map_at(p, 32 * PAGE, PROT_READ, ANON | MAP_FIXED), p);
    CHECK(all_bytes((void *)p, 32 * PAGE, 0));
    CHECK_EQ(areas_in(p, p + 32 * PAGE), 1);
}

/* A hint is taken where it can be, and otherwise does no harm. */
static void hints(void)
{
    unsigned long p = playground(16), q;

    CHECK_EQ(map_at(p + 4 * PAGE, 4 * PAGE, RW, ANON), p + 4 * PAGE);
    fill_pattern((void *)(p + 4 * PAGE), 4 * PAGE, 1);
    q = map_at(p + 6 * PAGE, 4 * PAGE, RW, ANON);
    CHECK(q != p + 6 * PAGE && q % PAGE == 0);
    q = map_at(p + 2 * PAGE, 4 * PAGE, RW, ANON);
    CHECK(q != p + 2 * PAGE && q % PAGE == 0);
    check_pattern((void *)(p + 4 * PAGE), 4 * PAGE, 1);
    q = CHECK_OK(map_at(slot_va(272), PAGE, RW, ANON));
    CHECK(q < USER_LIMIT);
    q = CHECK_OK(map_at(USER_LIMIT, PAGE, RW, ANON));
    CHECK(q < USER_LIMIT);
    q = CHECK_OK(map_at(-PAGE, PAGE, RW, ANON));
    CHECK(q < USER_LIMIT);
    q = CHECK_OK(map_at(1, PAGE, RW, ANON));
    CHECK(q >= 0x10000 && q % PAGE == 0);
}

/* Without a wish, a mapping lies below the one before; a hole that fits is used first. */
static void top_down(void)
{
    unsigned long p[40];

    for (int i = 0; i < 40; i++) {
        p[i] = (unsigned long)map(64 * PAGE, i % 2 ? RW : PROT_READ);
        CHECK(i == 0 || p[i] < p[i - 1]);
        CHECK(p[i] + 64 * PAGE < (unsigned long)&p);
    }
    for (int i = 30; i < 39; i++)
        CHECK_EQ(p[i + 1] + 64 * PAGE, p[i]);
    CHECK_OK(munmap((void *)p[35], 64 * PAGE));
    CHECK_OK(munmap((void *)p[32], 64 * PAGE));
    CHECK(map_at(0, 65 * PAGE, RW, ANON) < (long)p[39]);
    CHECK_EQ(map_at(0, 64 * PAGE, RW, ANON), p[32]);
    CHECK_EQ(map_at(0, 64 * PAGE, RW, ANON), p[35]);
}

/* The space itself can be used up, in large pieces, and is all there again afterwards. */
static void use_up_space(void)
{
    unsigned long size = user_end() / 64, first = 0;
    int n = 0, again = 0;
    static long at[70];

    while (n < 70 && (at[n] = map_at(0, size, PROT_READ, ANON | MAP_NORESERVE)) != -1)
        n++;
    CHECK(n > 32 && n < 64);
    CHECK_EQ(errno, ENOMEM);
    first = at[0];
    for (int i = 0; i < n; i++)
        CHECK_OK(munmap((void *)at[i], size));
    while (again < 70 && (at[again] = map_at(0, size, PROT_READ, ANON | MAP_NORESERVE)) != -1)
        again++;
    CHECK_EQ(again, n);
    CHECK_EQ(at[0], first);
}

const struct test mmap_tests[] = {
    {"mmap-basic", basic, 0},
    {"mmap-arguments", wrong_arguments, 0},
    {"mmap-wrong-file", wrong_file, 0},
    {"mmap-munmap-arguments", munmap_arguments, 0},
    {"mmap-mprotect-arguments", mprotect_arguments, 0},
    {"mmap-protections", protections, 0},
    {"mmap-prot-none", prot_none, 0},
    {"mmap-unmap-middle", unmap_middle, 0},
    {"mmap-fixed-over", fixed_over, 0},
    {"mmap-hints", hints, 0},
    {"mmap-top-down", top_down, 0},
    {"mmap-use-up-space", use_up_space, 0},
    {NULL, NULL, 0},
};
