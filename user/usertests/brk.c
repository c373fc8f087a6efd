/* SPDX-License-Identifier: MIT */
/*
 * brk: the heap's end, by the raw call, which returns where the end is now: the old one when it did
 * not move. The heap of the C library lies below all this and is left alone, but for brk-to-start
 * (so that one would end the program with a library that keeps its own data there).
 */
#include "test.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define UP(x) (((x) + PAGE - 1) & -PAGE)

static unsigned long set_brk(unsigned long addr)
{
    return syscall(SYS_brk, addr);
}

/* A page-aligned break with one page of heap below it at least. */
static unsigned long aligned_break(void)
{
    unsigned long end = UP(set_brk(0)) + PAGE;

    CHECK_EQ(set_brk(end), end);
    return end;
}

static void query(void)
{
    unsigned long end = set_brk(0);

    CHECK(end != 0);
    CHECK_EQ(set_brk(0), end);
    CHECK_EQ((unsigned long)sbrk(0), end);
}

static void grow(void)
{
    static const unsigned long steps[] = {1, PAGE, 10 * PAGE, 1 * MiB, 123457, 1, 4 * MiB};
    unsigned long end = set_brk(0);

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        CHECK_EQ(set_brk(end + steps[i]), end + steps[i]);
        CHECK(all_bytes((void *)end, steps[i], 0));
        memset((void *)end, 0x5a, steps[i]);
        end += steps[i];
        CHECK_EQ(set_brk(0), end);
    }
}

/* Moves inside one page change the number and nothing else. */
static void same_page(void)
{
    unsigned long end = aligned_break();
    struct area before, after;

    CHECK_EQ(set_brk(end + 1), end + 1);
    CHECK(area_named("[heap]", &before));
    for (unsigned long n = 2; n <= PAGE; n += 511) {
        CHECK_EQ(set_brk(end + n), end + n);
        CHECK(area_named("[heap]", &after));
        CHECK_EQ(after.start, before.start);
        CHECK_EQ(after.end, before.end);
    }
    write_byte(end + PAGE - 1, 7);
    CHECK_EQ(set_brk(end + 1), end + 1);
    CHECK_EQ(*(char *)(end + PAGE - 1), 7); /* the page is still there */
    EXPECT_SIGNAL(do_read, end + PAGE, SIGSEGV);
}

static void shrink(void)
{
    unsigned long base = aligned_break(), end = base + 64 * PAGE;

    CHECK_EQ(set_brk(end), end);
    fill_pattern((void *)base, end - base, 1);
    for (unsigned long at = end - PAGE; at > base; at -= 9 * PAGE) {
        CHECK_EQ(set_brk(at), at);
        check_pattern((void *)base, at - base, 1);
        EXPECT_SIGNAL(do_read, at, SIGSEGV);
        EXPECT_SIGNAL(do_write, end - 1, SIGSEGV);
        if (at < base + 9 * PAGE)
            break;
    }
    CHECK_EQ(set_brk(base), base);
    EXPECT_SIGNAL(do_write, base, SIGSEGV);
}

/* What was given back comes again as zeroes. */
static void shrink_zero(void)
{
    unsigned long base = aligned_break(), end = base + 16 * PAGE;

    for (int i = 0; i < 10; i++) {
        CHECK_EQ(set_brk(end), end);
        CHECK(all_bytes((void *)base, end - base, 0));
        memset((void *)base, 0xee, end - base);
        CHECK_EQ(set_brk(base), base);
    }
}

/* The start of the heap, and that no heap is left when the break goes there. */
static void to_start(void)
{
    unsigned long end = aligned_break();
    struct area heap;

    CHECK(area_named("[heap]", &heap));
    CHECK_EQ(set_brk(heap.start), heap.start);
    CHECK_EQ(areas_in(heap.start, end), 0);
    EXPECT_SIGNAL(do_read, heap.start, SIGSEGV);
    CHECK_EQ(set_brk(heap.start + PAGE), heap.start + PAGE);
    CHECK(all_bytes((void *)heap.start, PAGE, 0));
}

static void below_start(void)
{
    unsigned long end = aligned_break();
    struct area heap;

    CHECK(area_named("[heap]", &heap));
    CHECK_EQ(set_brk(heap.start - 1), end);
    CHECK_EQ(set_brk(heap.start - PAGE), end);
    CHECK_EQ(set_brk((unsigned long)&seed), end);
    CHECK_EQ(set_brk((unsigned long)below_start), end);
    CHECK_EQ(set_brk(PAGE), end);
    CHECK_EQ(set_brk(1), end);
    write_byte(end - 1, 1);
}

/* Another mapping above: the break may come as near as a page, and no nearer. */
static void into_mapping(void)
{
    unsigned long end = aligned_break(), wall = end + 32 * PAGE;
    char *p =
        mmap((void *)wall, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK_EQ((unsigned long)p, wall);
    fill_pattern(p, 4 * PAGE, 3);
    CHECK_EQ(set_brk(wall + PAGE), end);
    CHECK_EQ(set_brk(wall + 100 * PAGE), end);
    CHECK_EQ(set_brk(wall + 1), end);
    CHECK_EQ(set_brk(wall), end);
    CHECK_EQ(set_brk(wall - PAGE + 1), end);
    CHECK_EQ(set_brk(wall - PAGE), wall - PAGE);
    write_byte(wall - PAGE - 1, 1);
    EXPECT_SIGNAL(do_read, wall - PAGE, SIGSEGV);
    check_pattern(p, 4 * PAGE, 3);
    CHECK_OK(munmap(p, 4 * PAGE));
    CHECK_EQ(set_brk(wall + PAGE), wall + PAGE);
    CHECK(all_bytes((void *)(wall - PAGE), 2 * PAGE, 0));
}

static void absurd(void)
{
    unsigned long end = aligned_break(), here = (unsigned long)&end;
    const unsigned long wrong[] = {
        here,
        here & -PAGE,
        USER_LIMIT - 1,
        USER_LIMIT,
        user_end() - 1,
        user_end(),
        user_end() + PAGE,
        1ul << 62,
        1ul << 63,
        slot_va(256) - 1,
        slot_va(256),
        slot_va(272),
        0xffffffff80000000ul,
        -PAGE - 1,
        -PAGE,
        -PAGE + 1,
        -1ul,
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK_EQ(set_brk(wrong[i]), end);
        CHECK_EQ(set_brk(0), end);
    }
    write_byte(end - 1, 1);
    CHECK_ERR((long)sbrk(1l << 62), ENOMEM);
    CHECK_ERR((long)sbrk(-(1l << 62)), ENOMEM);
    CHECK_EQ(set_brk(end + PAGE), end + PAGE);
}

/* One object across what was the end; one word across it; the rest of the last page is usable. */
static void across(void)
{
    unsigned long end = aligned_break();

    CHECK_EQ(set_brk(end + 10), end + 10);
    memset((void *)(end - 100), 0x11, 100 + PAGE);
    CHECK_EQ(set_brk(end + PAGE + 10), end + PAGE + 10);
    CHECK(all_bytes((void *)(end - 100), 100 + PAGE, 0x11));
    memset((void *)(end + PAGE - 4), 0x22, 8);
    CHECK(all_bytes((void *)(end + PAGE - 4), 8, 0x22));
    CHECK(all_bytes((void *)(end + PAGE + 4), PAGE - 4, 0));
    EXPECT_SIGNAL(do_write, end + 2 * PAGE, SIGSEGV);
}

static void forked_child(void *arg)
{
    unsigned long base = (unsigned long)arg;

    CHECK_EQ(set_brk(0), base + 8 * PAGE);
    check_pattern((void *)base, 8 * PAGE, 4);
    CHECK_EQ(set_brk(base + 16 * PAGE), base + 16 * PAGE);
    CHECK(all_bytes((void *)(base + 8 * PAGE), 8 * PAGE, 0));
    fill_pattern((void *)base, 16 * PAGE, 5);
    CHECK_EQ(set_brk(base + PAGE), base + PAGE);
    check_pattern((void *)base, PAGE, 5);
}

static void after_fork(void)
{
    unsigned long base = aligned_break();

    CHECK_EQ(set_brk(base + 8 * PAGE), base + 8 * PAGE);
    fill_pattern((void *)base, 8 * PAGE, 4);
    JOIN(spawn(forked_child, (void *)base));
    JOIN(spawn(forked_child, (void *)base));
    CHECK_EQ(set_brk(0), base + 8 * PAGE);
    check_pattern((void *)base, 8 * PAGE, 4);
    EXPECT_SIGNAL(do_read, base + 8 * PAGE, SIGSEGV);
}

/* One growing heap stays one area, however it grew. */
static void one_area(void)
{
    unsigned long base = aligned_break();
    struct area heap;

    for (int i = 1; i <= 50; i++) {
        CHECK_EQ(set_brk(base + i * PAGE), base + i * PAGE);
        write_byte(base + i * PAGE - 1, i);
    }
    CHECK(area_named("[heap]", &heap));
    CHECK(heap.start < base);
    CHECK_EQ(heap.end, base + 50 * PAGE);
    CHECK_EQ(areas_in(heap.start, heap.end), 1);
}

/* Up and down at random, against a model of what each page should begin with. */
static void random_walk(void)
{
    unsigned char model[64] = {0};
    unsigned long base = aligned_break(), state = seed;
    int steps = stress ? 50000 : 400;

    for (int i = 0; i < steps; i++) {
        unsigned long size = draw(&state) % (sizeof(model) * PAGE), pages = UP(size) / PAGE;
        unsigned char *heap = (unsigned char *)base;

        CHECK_EQ(set_brk(base + size), base + size);
        for (unsigned long p = 0; p < pages; p++)
            CHECK_EQ(heap[p * PAGE], model[p]);
        memset(model + pages, 0, sizeof(model) - pages);
        if (pages > 0) {
            unsigned long p = draw(&state) % pages;
            heap[p * PAGE] = model[p] = i | 1;
        }
    }
}

const struct test brk_tests[] = {
    {"brk-query", query, 0},
    {"brk-grow", grow, 0},
    {"brk-same-page", same_page, 0},
    {"brk-shrink", shrink, 0},
    {"brk-shrink-zero", shrink_zero, 0},
    {"brk-to-start", to_start, T_OWN},
    {"brk-below-start", below_start, 0},
    {"brk-into-mapping", into_mapping, 0},
    {"brk-absurd", absurd, 0},
    {"brk-across", across, 0},
    {"brk-fork", after_fork, 0},
    {"brk-one-area", one_area, T_OWN},
    {"brk-random", random_walk, 0},
    {NULL, NULL, 0},
};
