/* SPDX-License-Identifier: MIT */
/* What the tests know of the machine, its memory, and the areas of their own process. */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

unsigned long user_end(void)
{
    unsigned long here = (unsigned long)__builtin_frame_address(0);

    return here < 1ul << 38 ? 1ul << 38 : here < 1ul << 47 ? 1ul << 47 : 1ul << 56;
}

unsigned long slot_va(unsigned slot)
{
    unsigned long size = user_end() / 256;

    return slot < 256 ? slot * size : -(512ul - slot) * size;
}

/* The number behind "name:" at the start of a line, or -1. */
static long line_value(const char *text, const char *name)
{
    size_t n = strlen(name);

    for (const char *p = text; p; p = strchr(p, '\n')) {
        if (*p == '\n')
            p++;
        if (strncmp(p, name, n) == 0 && p[n] == ':')
            return strtol(p + n + 1, NULL, 10);
    }
    return -1;
}

static long proc_value(const char *path, const char *name)
{
    static char text[8192];
    long value;

    read_file(path, text, sizeof(text));
    value = line_value(text, name);
    if (value < 0)
        FAIL("%s has no line \"%s:\"", path, name);
    return value;
}

long meminfo(const char *name)
{
    return proc_value("/proc/meminfo", name);
}

long self_status(const char *name)
{
    return proc_value("/proc/self/status", name);
}

bool privileged(void)
{
    return geteuid() == 0;
}

void drop_caches(void)
{
    int fd;

    sync();
    fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
    if (fd >= 0) {
        write_full(fd, "3\n", 2);
        close(fd);
    }
}

long free_memory(long want)
{
    const struct timespec pause = {0, 20 * 1000 * 1000};
    long kib = 0;

    for (int i = 0; i < 150; i++) {
        drop_caches();
        kib = meminfo("MemFree");
        if (kib >= want)
            break;
        nanosleep(&pause, NULL);
    }
    return kib;
}

long now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void *map(size_t size, int prot)
{
    void *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (p == MAP_FAILED)
        FAIL("mmap of %zu bytes: %s", size, strerror(errno));
    return p;
}

void *map_file(int fd, size_t size, int prot, int flags)
{
    void *p = mmap(NULL, size, prot, flags, fd, 0);

    if (p == MAP_FAILED)
        FAIL("mmap of %zu bytes of a file: %s", size, strerror(errno));
    return p;
}

int resident(const void *p, size_t n)
{
    unsigned char vec[64];
    int count = 0;

    CHECK_OK(mincore((void *)p, n * PAGE, vec));
    for (size_t i = 0; i < n; i++)
        count += vec[i] & 1;
    return count;
}

/*
 * The shortest function of this machine, from its own text: it takes no argument, so returning is
 * all it does, wherever it is copied to.
 */
__attribute__((noinline, aligned(64))) static void return_at_once(void)
{
    __asm__ volatile("");
}

const void *code_bytes(void)
{
    return (const void *)(uintptr_t)return_at_once;
}

size_t code_size(void)
{
    return 32;
}

/* --- /proc/self/maps --- */

struct reader {
    int fd;
    size_t pos, have;
    char buf[4096];
};

/* A line without its newline, cut to size - 1 bytes; false at the end. */
static bool next_line(struct reader *r, char *line, size_t size)
{
    size_t n = 0;

    for (;;) {
        if (r->pos == r->have) {
            r->pos = 0;
            r->have = CHECK_OK(read(r->fd, r->buf, sizeof(r->buf)));
            if (r->have == 0)
                return false;
        }
        char c = r->buf[r->pos++];
        if (c == '\n')
            break;
        if (n < size - 1)
            line[n++] = c;
    }
    line[n] = 0;
    return true;
}

/* "start-end perms offset dev inode   name" */
static void parse_area(const char *line, struct area *a)
{
    char *p;

    a->start = strtoul(line, &p, 16);
    CHECK(*p == '-');
    a->end = strtoul(p + 1, &p, 16);
    CHECK(*p == ' ' && strlen(p) > 6 && p[5] == ' ');
    memcpy(a->perms, p + 1, 4);
    a->perms[4] = 0;
    a->offset = strtoul(p + 6, &p, 16);
    CHECK(*p == ' ');
    for (int field = 0; field < 2; field++) {
        p += strspn(p, " ");
        p += strcspn(p, " ");
    }
    p += strspn(p, " ");
    snprintf(a->name, sizeof(a->name), "%s", p);
}

/* Calls fn for each area, until it says false. */
static void each_area(bool (*fn)(const struct area *a, void *ctx), void *ctx)
{
    static struct reader r;
    char line[300];
    struct area a;

    r.pos = r.have = 0;
    r.fd = CHECK_OK(open("/proc/self/maps", O_RDONLY));
    while (next_line(&r, line, sizeof(line))) {
        parse_area(line, &a);
        if (!fn(&a, ctx))
            break;
    }
    close(r.fd);
}

struct query {
    unsigned long start, end;
    const char *name;
    struct area *out;
    int n, max;
};

static bool store(const struct area *a, void *ctx)
{
    struct query *q = ctx;

    if (a->end > q->start && q->n < q->max)
        q->out[q->n++] = *a;
    return q->n < q->max;
}

int read_areas(unsigned long from, struct area *out, int max)
{
    struct query q = {.start = from, .out = out, .max = max};

    each_area(store, &q);
    return q.n;
}

static bool count(const struct area *a, void *ctx)
{
    struct query *q = ctx;

    if (a->end > q->start && a->start < q->end)
        q->n++;
    return a->start < q->end;
}

int areas_in(unsigned long start, unsigned long end)
{
    struct query q = {.start = start, .end = end};

    each_area(count, &q);
    return q.n;
}

static bool match(const struct area *a, void *ctx)
{
    struct query *q = ctx;

    if (q->name ? strcmp(a->name, q->name) != 0 : q->start < a->start || q->start >= a->end)
        return true;
    *q->out = *a;
    q->n = 1;
    return false;
}

bool area_at(unsigned long addr, struct area *out)
{
    struct query q = {.start = addr, .out = out};

    each_area(match, &q);
    return q.n;
}

bool area_named(const char *name, struct area *out)
{
    struct query q = {.name = name, .out = out};

    each_area(match, &q);
    return q.n;
}
