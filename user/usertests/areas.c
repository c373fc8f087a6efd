/* SPDX-License-Identifier: MIT */
/*
 * The set of areas behind mmap, as /proc/self/maps shows it: areas split where something changes,
 * merge where nothing is different any more, and always tell what the memory really allows.
 */
#include "test.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

/* `pages` pages, one area, between two pages of a protection that nothing below uses. */
static unsigned long strip(unsigned long pages, int prot)
{
    unsigned long p = (unsigned long)map((pages + 2) * PAGE, PROT_READ | PROT_EXEC) + PAGE;

    CHECK_OK(mprotect((void *)p, pages * PAGE, prot));
    CHECK_EQ(areas_in(p, p + pages * PAGE), 1);
    return p;
}

static void protect(unsigned long p, unsigned long first, unsigned long n, int prot)
{
    CHECK_OK(mprotect((void *)(p + first * PAGE), n * PAGE, prot));
}

static void split(void)
{
    unsigned long p = strip(9, RW), end = p + 9 * PAGE;
    struct area a;

    protect(p, 4, 1, PROT_READ);
    CHECK_EQ(areas_in(p, end), 3);
    CHECK(area_at(p + 4 * PAGE, &a));
    CHECK(a.start == p + 4 * PAGE && a.end == p + 5 * PAGE && strcmp(a.perms, "r--p") == 0);
    CHECK(area_at(p + 5 * PAGE, &a));
    CHECK(a.start == p + 5 * PAGE && a.end == end && strcmp(a.perms, "rw-p") == 0);
    protect(p, 0, 1, PROT_NONE); /* the front */
    CHECK_EQ(areas_in(p, end), 4);
    protect(p, 8, 1, PROT_NONE); /* the back */
    CHECK_EQ(areas_in(p, end), 5);
    protect(p, 2, 4, PROT_NONE); /* across borders */
    CHECK_EQ(areas_in(p, end), 5);
    protect(p, 0, 9, PROT_READ);
    CHECK_EQ(areas_in(p, end), 1);
}

static void merge(void)
{
    unsigned long p = strip(9, PROT_READ), end = p + 9 * PAGE;

    protect(p, 3, 3, PROT_NONE);
    CHECK_EQ(areas_in(p, end), 3);
    protect(p, 3, 3, PROT_READ);
    CHECK_EQ(areas_in(p, end), 1);
    protect(p, 3, 3, PROT_NONE);
    protect(p, 3, 1, PROT_READ); /* joins the lower neighbour */
    CHECK_EQ(areas_in(p, end), 3);
    protect(p, 5, 1, PROT_READ); /* joins the upper one */
    CHECK_EQ(areas_in(p, end), 3);
    protect(p, 4, 1, PROT_READ); /* joins both */
    CHECK_EQ(areas_in(p, end), 1);
    for (int i = 0; i < 9; i++)
        protect(p, i, 1, PROT_NONE);
    CHECK_EQ(areas_in(p, end), 1);
}

/* New mappings join what they touch, from either side, and when they close a gap. */
static void merge_new(void)
{
    unsigned long p = strip(9, PROT_NONE), end = p + 9 * PAGE;
    static const int order[] = {4, 3, 5, 0, 8, 1, 7, 2, 6};
    static const int areas[] = {1, 1, 1, 2, 3, 3, 3, 2, 1};

    CHECK_OK(munmap((void *)p, 9 * PAGE));
    CHECK_EQ(areas_in(p, end), 0);
    for (int i = 0; i < 9; i++) {
        unsigned long at = p + order[i] * PAGE;
        CHECK_EQ((long)mmap((void *)at, PAGE, RW, ANON | MAP_FIXED, -1, 0), at);
        CHECK_EQ(areas_in(p, end), areas[i]);
    }
    memset((void *)p, 1, 9 * PAGE);
}

/* An allocator's arena: everything reserved, opened page by page. It stays two areas. */
static void arena(void)
{
    unsigned long p = strip(256, PROT_NONE), end = p + 256 * PAGE;

    for (unsigned long i = 0; i < 255; i++) {
        protect(p, i, 1, RW);
        write_byte(p + i * PAGE, i);
        if (i % 16 == 0)
            CHECK_EQ(areas_in(p, end), 2);
    }
    for (unsigned long i = 0; i < 255; i++)
        CHECK_EQ(*(unsigned char *)(p + i * PAGE), i);
}

static void unmap_across(void)
{
    unsigned long p = strip(20, RW), end = p + 20 * PAGE;

    memset((void *)p, 1, 20 * PAGE);
    for (int i = 1; i < 20; i += 2)
        protect(p, i, 1, PROT_READ);
    CHECK_EQ(areas_in(p, end), 20);
    CHECK_OK(munmap((void *)(p + 3 * PAGE), 14 * PAGE));
    CHECK_EQ(areas_in(p, end), 6);
    CHECK_EQ(areas_in(p + 3 * PAGE, p + 17 * PAGE), 0);
    CHECK(all_bytes((void *)p, 3 * PAGE, 1) && all_bytes((void *)(p + 17 * PAGE), 3 * PAGE, 1));
    CHECK_OK(munmap((void *)p, 20 * PAGE));
    CHECK_EQ(areas_in(p, end), 0);
}

/* Thousands of areas: every second page of a range, then the others, then holes again. */
static void thousands(void)
{
    unsigned long n = 3000, p = strip(n, RW), end = p + n * PAGE;

    for (unsigned long i = 0; i < n; i += 2)
        protect(p, i, 1, PROT_READ);
    CHECK_EQ(areas_in(p, end), n);
    for (unsigned long i = 1; i < n; i += 50)
        write_byte(p + i * PAGE, i);
    for (unsigned long i = 1; i < n; i += 50)
        CHECK_EQ(*(unsigned char *)(p + i * PAGE), i & 255);
    EXPECT_SIGNAL(do_write, p + 1000 * PAGE, SIGSEGV);
    JOIN(spawn(do_write, (void *)(p + 1001 * PAGE)));
    for (unsigned long i = 0; i < n; i += 2)
        CHECK_OK(munmap((void *)(p + i * PAGE), PAGE));
    CHECK_EQ(areas_in(p, end), n / 2);
    CHECK_OK(munmap((void *)p, n * PAGE));
    CHECK_EQ(areas_in(p, end), 0);
}

/* As many areas as the kernel lets one process have; then it says so, and works on. */
static void limit(void)
{
    unsigned long n = 140000, p = strip(n, RW), made = 0;

    for (unsigned long i = 0; i < n; i += 2, made++)
        if (mprotect((void *)(p + i * PAGE), PAGE, PROT_READ) < 0)
            break;
    CHECK_EQ(errno, ENOMEM);
    CHECK(made > 30000 && made < 66000 / 2 + 1);
    CHECK_ERR(munmap((void *)(p + (n - 2) * PAGE), PAGE), ENOMEM); /* would cut one in two */
    CHECK_OK(munmap((void *)p, n * PAGE));
    CHECK_EQ(areas_in(p, p + n * PAGE), 0);
}

/* --- operations at random, against a model of each page --- */

enum {
    UNMAPPED = -1
};

struct model {
    unsigned long base;
    unsigned pages;
    signed char prot[96]; /* PROT_*, or UNMAPPED */
    unsigned char value[96];
};

static void perms_of(int prot, char *out)
{
    out[0] = prot & PROT_READ ? 'r' : '-';
    out[1] = prot & PROT_WRITE ? 'w' : '-';
    out[2] = prot & PROT_EXEC ? 'x' : '-';
    out[3] = 'p';
    out[4] = 0;
}

/* What /proc/self/maps says about each page is what the model says. */
static void compare_maps(const struct model *m, int step)
{
    static struct area a[128];
    int n = read_areas(m->base, a, 128), at = 0;

    for (unsigned i = 0; i < m->pages; i++) {
        unsigned long addr = m->base + i * PAGE;
        char perms[5];

        while (at < n && a[at].end <= addr)
            at++;
        bool mapped = at < n && a[at].start <= addr;
        if (mapped != (m->prot[i] != UNMAPPED))
            FAIL("seed %lu step %d page %u: mapped %d", seed, step, i, mapped);
        if (!mapped)
            continue;
        perms_of(m->prot[i], perms);
        if (strcmp(perms, a[at].perms) != 0)
            FAIL("seed %lu step %d page %u: %s instead of %s", seed, step, i, a[at].perms, perms);
    }
}

static void compare_contents(const struct model *m, int step)
{
    for (unsigned i = 0; i < m->pages; i++) {
        volatile unsigned char *p = (unsigned char *)m->base + i * PAGE;

        if (m->prot[i] == UNMAPPED || !(m->prot[i] & PROT_READ))
            continue;
        if (p[0] != m->value[i] || p[PAGE - 1] != m->value[i])
            FAIL("seed %lu step %d page %u: %d instead of %d", seed, step, i, p[0], m->value[i]);
    }
}

static void random_step(struct model *m, unsigned long *state, int step)
{
    static const int prots[] = {PROT_NONE, PROT_READ, RW, RW, PROT_READ | PROT_EXEC};
    unsigned first = draw(state) % m->pages, n = 1 + draw(state) % (m->pages - first);
    int prot = prots[draw(state) % 5];
    void *addr = (void *)(m->base + first * PAGE);

    n = n > 20 && draw(state) % 4 ? n % 20 + 1 : n;
    switch (draw(state) % 4) {
    case 0:
        CHECK_EQ((long)mmap(addr, n * PAGE, prot, ANON | MAP_FIXED, -1, 0), (long)addr);
        memset(m->prot + first, prot, n);
        memset(m->value + first, 0, n);
        break;
    case 1:
        CHECK_OK(munmap(addr, n * PAGE));
        memset(m->prot + first, UNMAPPED, n);
        memset(m->value + first, 0, n);
        break;
    case 2:
        if (m->prot[first] == UNMAPPED) {
            CHECK_ERR(mprotect(addr, n * PAGE, prot), ENOMEM);
            break;
        }
        /* Only up to the first hole: what an error leaves behind is not promised. */
        for (unsigned i = 0; i < n; i++)
            if (m->prot[first + i] == UNMAPPED)
                n = i;
        CHECK_OK(mprotect(addr, n * PAGE, prot));
        memset(m->prot + first, prot, n);
        break;
    default:
        for (unsigned i = first; i < first + n; i++)
            if (m->prot[i] == RW) {
                m->value[i] = step;
                write_byte(m->base + i * PAGE, step);
                write_byte(m->base + i * PAGE + PAGE - 1, step);
            }
    }
}

static void random_child(void *arg)
{
    compare_contents(arg, -1);
}

static void random_operations(void)
{
    static struct model m = {.pages = 96};
    unsigned long state = seed;
    int steps = stress ? 20000 : 500;

    m.base = strip(m.pages, PROT_NONE);
    for (int i = 0; i < steps; i++) {
        random_step(&m, &state, i);
        compare_contents(&m, i);
        if (i % 5 == 0)
            compare_maps(&m, i);
        if (i % 100 == 50)
            JOIN(spawn(random_child, &m));
    }
}

/*
 * As many areas as a process may have, nearly, made and dropped in random order. In the end they
 * are what they were at first: room.
 */
static void sixty_thousand(void)
{
    enum {
        N = 60000
    };
    static unsigned short order[N];
    unsigned long p = (unsigned long)map(2 * N * PAGE, PROT_NONE), state = seed, at;

    CHECK_OK(munmap((void *)p, 2 * N * PAGE));
    for (int i = 0; i < N; i++) {
        int k = draw(&state) % (i + 1);
        order[i] = order[k];
        order[k] = i;
    }
    for (int i = 0; i < N; i++) {
        at = p + 2ul * order[i] * PAGE;
        CHECK_EQ((long)mmap((void *)at, PAGE, i % 2 ? RW : PROT_READ, ANON | MAP_FIXED, -1, 0), at);
    }
    CHECK_EQ(areas_in(p, p + 2 * N * PAGE), N);
    for (int i = 1; i < N; i += 100) {
        at = p + 2ul * order[i] * PAGE;
        write_byte(at, i);
        CHECK_EQ(*(unsigned char *)at, i & 255);
    }
    EXPECT_SIGNAL(do_read, p + PAGE, SIGSEGV);
    EXPECT_SIGNAL(do_write, p + 2ul * order[0] * PAGE, SIGSEGV);
    for (int i = N - 1; i >= 0; i--)
        CHECK_OK(munmap((void *)(p + 2ul * order[i] * PAGE), PAGE));
    CHECK_EQ(areas_in(p, p + 2 * N * PAGE), 0);
}

const struct test areas_tests[] = {
    {"areas-split", split, 0},
    {"areas-merge", merge, 0},
    {"areas-merge-new", merge_new, 0},
    {"areas-arena", arena, 0},
    {"areas-unmap-across", unmap_across, 0},
    {"areas-thousands", thousands, 0},
    {"areas-sixty-thousand", sixty_thousand, 0},
    {"areas-limit", limit, T_STRESS},
    {"areas-random", random_operations, 0},
    {NULL, NULL, 0},
};
