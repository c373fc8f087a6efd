/* SPDX-License-Identifier: MIT */
/*
 * The kernel's half, the holes, and what lies between the halves are closed to programs: reading,
 * writing or jumping there ends the process that did it, and does nothing else.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

static void all_three(unsigned long addr)
{
    EXPECT_SIGNAL(do_read, addr, SIGSEGV);
    EXPECT_SIGNAL(do_write, addr, SIGSEGV);
    EXPECT_SIGNAL(do_jump, addr & ~3ul, SIGSEGV);
}

/* A few places in the slots [first, end) of the root: both ends, the middle, a bit behind the
 * start. */
static void window(unsigned first, unsigned end)
{
    unsigned long start = slot_va(first), size = (end - first) * (user_end() / 256);

    all_three(start);
    all_three(start + 0x201008);
    all_three(start + size / 2);
    all_three(start + size - 8);
}

static void hole(void)
{
    window(256, 272);
    window(400, 402);
    window(466, 468);
}

/* Besides the ends: where a machine's memory begins, on most machines. */
static void direct_map(void)
{
    window(272, 400);
    all_three(slot_va(272) + 1 * MiB);
    all_three(slot_va(272) + 2 * GiB);
    all_three(slot_va(272) + 2 * GiB + 2 * MiB);
    all_three(slot_va(272) + 2 * GiB + 32 * MiB);
}

static void vmalloc_window(void)
{
    window(402, 466);
    for (unsigned long off = 0; off < 16 * PAGE; off += PAGE)
        EXPECT_SIGNAL(do_write, slot_va(402) + off, SIGSEGV);
}

static void vmemmap_window(void)
{
    window(468, 470);
    all_three(slot_va(468) + 2 * GiB / PAGE * 64);
}

static void shadow_window(void)
{
    window(472, 504);
}

static void image_window(void)
{
    static const unsigned long at[] = {
        0xffffffff80000000, 0xffffffff80000ff8, 0xffffffff80001000, 0xffffffff80200000,
        0xffffffff80400000, 0xffffffff9ffff000, 0xffffffffa0000000,
    };

    for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
        all_three(at[i]);
}

static void fixmap_window(void)
{
    for (unsigned long at = 0xffffffffffa00000; at != 0; at += 64 * PAGE)
        EXPECT_SIGNAL(do_read, at, SIGSEGV);
    all_three(0xffffffffffa00000);
    all_three(-PAGE);
    all_three(-8ul);
    EXPECT_SIGNAL(do_read, -1ul, SIGSEGV);
    EXPECT_SIGNAL(do_write, -1ul, SIGSEGV);
}

/* Addresses whose upper bits are neither all clear nor all set. */
static void non_canonical(void)
{
    unsigned long end = user_end();
    const unsigned long at[] = {end,
                                end + 8,
                                end + PAGE,
                                end * 2,
                                1ul << 58,
                                1ul << 62,
                                (1ul << 63) + 16,
                                slot_va(256) - 8,
                                slot_va(256) - PAGE};

    for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
        all_three(at[i]);
}

static void boundary_word(void *arg)
{
    /* A word that begins in the user half and ends outside of it. */
    (void)*(volatile unsigned long *)arg;
}

static void boundary(void)
{
    unsigned long limit = USER_LIMIT;

    all_three(limit);
    all_three(limit + 8);
    all_three(limit + PAGE - 8);
    EXPECT_SIGNAL(boundary_word, user_end() - 4, SIGSEGV);
    CHECK_ERR(
        (long)mmap((void *)limit, PAGE, PROT_READ, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
        ENOMEM);
}

/* The first pages of a space are never mapped, so that a null pointer is always noticed. */
static void null(void)
{
    for (unsigned long at = 0; at < 0x10000; at = at ? at * 2 : 8)
        all_three(at);
    all_three(0);
}

static void null_unmappable(void)
{
    for (unsigned long at = 0; at < 0x10000; at += 0x8000)
        CHECK((long)mmap((void *)at, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
                         MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == -1);
}

/* Wherever a process's areas end, nothing is. */
static void around_areas(void)
{
    static struct area a[64];
    int n = read_areas(0, a, 64);

    for (int i = 0; i + 1 < n; i++)
        if (a[i].end < a[i + 1].start && a[i].perms[0] == 'r')
            EXPECT_SIGNAL(do_read, a[i].end, SIGSEGV);
    EXPECT_SIGNAL(do_read, a[0].start - 1, SIGSEGV);
}

/* The dead take nobody along: not their parent, nor a sibling that is at work all the time. */
static void worker(void *arg)
{
    unsigned long *memory = map(64 * PAGE, PROT_READ | PROT_WRITE);
    char go;

    for (unsigned long round = 0; read(*(int *)arg, &go, 1) == 1; round++) {
        fill_pattern(memory, 64 * PAGE, round);
        check_pattern(memory, 64 * PAGE, round);
    }
}

static void others_live(void)
{
    int go[2];
    pid_t pid;

    CHECK_OK(pipe(go));
    pid = CHECK_OK(fork());
    if (pid == 0) {
        close(go[1]);
        worker(&go[0]);
        _exit(0);
    }
    close(go[0]);
    for (int i = 0; i < 20; i++) {
        write_full(go[1], "g", 1);
        EXPECT_SIGNAL(do_write, slot_va(272 + i), SIGSEGV);
        EXPECT_SIGNAL(do_jump, 0xffffffff80000000 + i * PAGE, SIGSEGV);
    }
    close(go[1]);
    JOIN(pid);
}

const struct test access_tests[] = {
    {"access-hole", hole, 0},
    {"access-direct-map", direct_map, 0},
    {"access-vmalloc", vmalloc_window, 0},
    {"access-vmemmap", vmemmap_window, 0},
    {"access-shadow", shadow_window, 0},
    {"access-image", image_window, 0},
    {"access-fixmap", fixmap_window, 0},
    {"access-non-canonical", non_canonical, 0},
    {"access-boundary", boundary, 0},
    {"access-null", null, 0},
    {"access-null-unmappable", null_unmappable, T_OWN},
    {"access-around-areas", around_areas, 0},
    {"access-others-live", others_live, 0},
    {NULL, NULL, 0},
};
