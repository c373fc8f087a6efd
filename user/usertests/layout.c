/* SPDX-License-Identifier: MIT */
/*
 * The user half, as a process sees it: text, data, bss, heap, mappings, stack, arguments and
 * environment lie in this order, where /proc/self/maps says, and with the rights that they need.
 */
#include "test.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

extern char **environ;
extern char __executable_start[], etext[], edata[], end[]; /* the linker's */

static const char literal[] = "in read-only data";
static long initialized = 39;
static long zeroed[4];

/* One address in each part of the space. */
struct places {
    unsigned long text, rodata, data, bss, heap, mapping, stack, env;
};

/* No function may be inlined here, or `stack` would be somebody else's. */
static __attribute__((noinline)) void find(struct places *p)
{
    unsigned long here;

    p->text = (unsigned long)find;
    p->rodata = (unsigned long)literal;
    p->data = (unsigned long)&initialized;
    p->bss = (unsigned long)zeroed;
    p->heap = (unsigned long)sbrk(2 * PAGE);
    CHECK(p->heap != -1ul);
    p->mapping = (unsigned long)map(PAGE, PROT_READ | PROT_WRITE);
    p->stack = (unsigned long)&here;
    p->env = getauxval(AT_EXECFN);
    CHECK(p->env != 0);
}

static void order(void)
{
    struct places p;

    find(&p);
    CHECK(p.text > 0xffff);
    CHECK((unsigned long)__executable_start < p.text && p.text < (unsigned long)etext);
    CHECK(p.text < p.rodata);
    CHECK(p.rodata < p.data);
    CHECK(p.data < (unsigned long)edata && (unsigned long)edata <= p.bss);
    CHECK(p.data < p.bss && p.bss < (unsigned long)end);
    CHECK((unsigned long)end <= p.heap);
    CHECK(p.heap < p.mapping);
    CHECK(p.mapping < p.stack);
    CHECK(p.stack < p.env);
    CHECK(p.env < USER_LIMIT);
}

static void check_area(const char *what, unsigned long addr, const char *perms, const char *name)
{
    struct area a;

    if (!area_at(addr, &a))
        FAIL("%s at %#lx is in no area", what, addr);
    if (strcmp(a.perms, perms) != 0)
        FAIL("%s at %#lx is in an area %s instead of %s", what, addr, a.perms, perms);
    if (name && strcmp(a.name, name) != 0)
        FAIL("%s at %#lx is in an area named '%s' instead of '%s'", what, addr, a.name, name);
}

static void areas(void)
{
    const char *self = self_path();
    struct places p;

    find(&p);
    check_area("text", p.text, "r-xp", self);
    check_area("rodata", p.rodata, "r--p", self);
    check_area("data", p.data, "rw-p", self);
    check_area("bss", p.bss, "rw-p", NULL);
    check_area("heap", p.heap, "rw-p", "[heap]");
    check_area("mapping", p.mapping, "rw-p", "");
    check_area("stack", p.stack, "rw-p", "[stack]");
    check_area("environment", p.env, "rw-p", "[stack]");
}

/* Ascending, page-aligned, inside the user half, nothing both writable and executable. */
static void wellformed(void)
{
    static struct area a[100];
    int n = read_areas(0, a, 100);

    CHECK(n >= 5 && n < 100);
    for (int i = 0; i < n; i++) {
        if (strcmp(a[i].name, "[vsyscall]") == 0)
            continue;
        CHECK(a[i].start < a[i].end);
        CHECK((a[i].start | a[i].end | a[i].offset) % PAGE == 0);
        CHECK(a[i].start >= 0x10000 && a[i].end <= USER_LIMIT);
        CHECK(i == 0 || a[i - 1].end <= a[i].start);
        CHECK(a[i].perms[1] != 'w' || a[i].perms[2] != 'x');
        CHECK(a[i].perms[3] == 'p');
    }
}

/* Text and data come from the file at the offsets that maps tells. */
static void from_file(void)
{
    static const unsigned char magic[4] = {0x7f, 'E', 'L', 'F'};
    struct area a, data;

    CHECK(area_at((unsigned long)__executable_start, &a));
    CHECK_EQ(a.offset, 0);
    CHECK(memcmp((void *)a.start, magic, 4) == 0);
    CHECK(area_at((unsigned long)&initialized, &data));
    CHECK(data.offset > 0);
    CHECK_EQ(initialized, 39);
}

/* Argument strings, then environment strings, then the file name, at the very top of the stack. */
static void strings(void)
{
    unsigned long execfn = getauxval(AT_EXECFN);
    struct area stack;

    CHECK(area_named("[stack]", &stack));
    CHECK(environ[0] != NULL);
    for (char **e = environ; e[1]; e++)
        CHECK(e[0] < e[1]);
    CHECK((unsigned long)environ < (unsigned long)environ[0]);
    for (char **e = environ; *e; e++)
        CHECK((unsigned long)*e > stack.start && (unsigned long)*e < execfn);
    CHECK(execfn + strlen((char *)execfn) + 1 <= stack.end);
    CHECK(stack.end - execfn < 2 * PAGE);
    CHECK(stack.end <= USER_LIMIT);
}

/* Between the mappings and the stack there is room for all of the stack that the limit allows. */
static void room_for_stack(void)
{
    unsigned long p = (unsigned long)map(PAGE, PROT_READ);
    struct rlimit limit;
    struct area stack;

    CHECK_OK(getrlimit(RLIMIT_STACK, &limit));
    CHECK_EQ(limit.rlim_cur, 8 * MiB);
    CHECK(area_named("[stack]", &stack));
    CHECK(p + PAGE <= stack.end - limit.rlim_cur);
    CHECK(stack.end - p < user_end() / 8); /* and not in some other place altogether */
}

/* Small blocks come from the heap, large ones are mappings of their own, given back by free(). */
static void allocation(void)
{
    char *small = malloc(1000), *large = malloc(200 * KiB);
    volatile unsigned long at;
    struct area a;

    CHECK(small && large);
    CHECK(area_at((unsigned long)small, &a));
    CHECK_EQ(strcmp(a.name, "[heap]"), 0);
    CHECK(area_at((unsigned long)large, &a));
    CHECK(strcmp(a.name, "[heap]") != 0 && a.start > (unsigned long)sbrk(0));
    memset(small, 1, 1000);
    memset(large, 2, 200 * KiB);
    at = (unsigned long)large;
    free(large);
    EXPECT_SIGNAL(do_read, at, SIGSEGV);
    CHECK(all_bytes(small, 1000, 1));
    free(small);
}

static void check_own(void *arg)
{
    volatile long *p = arg;

    CHECK_EQ(*p, 1);
    *p = 2;
    CHECK_EQ(*p, 2);
}

/* The same address in two processes is two things. */
static void own_space(void)
{
    volatile long *p = (volatile long *)map(PAGE, PROT_READ | PROT_WRITE);

    *p = 1;
    for (int i = 0; i < 3; i++)
        JOIN(spawn(check_own, (void *)p));
    CHECK_EQ(*p, 1);
}

/* Writes to data are in memory only; the file has what it had. */
static void data_is_private(void)
{
    long stored;
    unsigned long offset;
    struct area a;
    int fd;

    CHECK(area_at((unsigned long)&initialized, &a));
    offset = (unsigned long)&initialized - a.start + a.offset;
    initialized = 40;
    fd = CHECK_OK(open(self_path(), O_RDONLY));
    CHECK_EQ(pread(fd, &stored, sizeof(stored), offset), sizeof(long));
    CHECK_EQ(stored, 39);
    CHECK_EQ(initialized, 40);
}

const struct test layout_tests[] = {
    {"layout-order", order, 0},
    {"layout-areas", areas, 0},
    {"layout-wellformed", wellformed, 0},
    {"layout-from-file", from_file, 0},
    {"layout-strings", strings, 0},
    {"layout-room-for-stack", room_for_stack, 0},
    {"layout-malloc", allocation, 0},
    {"layout-own-space", own_space, 0},
    {"layout-data-is-private", data_is_private, 0},
    {NULL, NULL, 0},
};
