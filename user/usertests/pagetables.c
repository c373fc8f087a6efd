/* SPDX-License-Identifier: MIT */
/*
 * The page tables as /proc shows them, raw (page_tables, kernel_page_tables, kernel_format) and in
 * Linux's form (pagemap): the views agree with each other, with what a program does, and with the
 * rules of the kernel half.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define RW           (PROT_READ | PROT_WRITE)
#define PM_PRESENT   (1ul << 63)
#define PM_FILE      (1ul << 61)
#define PM_EXCLUSIVE (1ul << 56)
#define PM_PFN(word) ((word) & ((1ul << 55) - 1))

static char text[512 * KiB];

/* --- reading --- */

/* A line of page_tables. */
struct line {
    unsigned long start, last; /* both inclusive */
    int level;
    char kind; /* 't'able, 'l'eaf, 's'oft */
    unsigned long entry, step, count, table;
    char prot[12];
};

/* The lines of such a file, one after the other, from `text`. */
struct lines {
    char *save;
};

static void parse_line(char *s, struct line *l)
{
    char *p, *kind;

    l->start = strtoul(s, &p, 16);
    CHECK(*p == '-');
    l->last = strtoul(p + 1, &p, 16) - 1;
    l->level = strtol(p, &p, 10);
    kind = p + strspn(p, " ");
    l->kind = *kind;
    CHECK(strncmp(kind, "table ", 6) == 0 || strncmp(kind, "leaf ", 5) == 0 ||
          strncmp(kind, "soft ", 5) == 0);
    p = strchr(kind, ' ');
    l->entry = strtoul(p, &p, 16);
    l->step = strtoul(p, &p, 16);
    l->count = strtoul(p, &p, 10);
    l->table = strtoul(p, &p, 16);
    CHECK(*p == ' ');
    snprintf(l->prot, sizeof(l->prot), "%s", p + 1);
    if (strlen(l->prot) != (l->kind == 'l' ? 9 : 1) || l->start > l->last)
        FAIL("%s", s);
}

static void open_lines(const char *path, struct lines *f)
{
    size_t n = read_file(path, text, sizeof(text));

    CHECK(n < sizeof(text) - 1);
    CHECK(strncmp(text, "# START-END LEVEL KIND ENTRY STEP COUNT TABLE PROT\n", 51) == 0);
    strtok_r(text, "\n", &f->save);
}

static bool next(struct lines *f, struct line *l)
{
    char *s = strtok_r(NULL, "\n", &f->save);

    if (s)
        parse_line(s, l);
    return s != NULL;
}

/* The number behind `key` at the start of a line of /proc/kernel_format. */
static unsigned long format_value(const char *key)
{
    size_t n = strlen(key);
    static char format[4096];

    read_file("/proc/kernel_format", format, sizeof(format));
    for (char *p = format; p; p = strchr(p, '\n')) {
        p += *p == '\n';
        if (strncmp(p, key, n) == 0 && p[n] == ' ')
            return strtoul(p + n, NULL, 0);
    }
    FAIL("/proc/kernel_format has no line %s", key);
}

/* The page frame number in an entry: the field with the address, as the format names it. */
static unsigned long entry_pfn(unsigned long entry)
{
    static int low, high;

    if (high == 0) {
        char *p;
        read_file("/proc/kernel_format", text, sizeof(text));
        p = strstr(text, "field leaf PPN ");
        p = p ? p : strstr(text, "field leaf PFN ");
        CHECK(p != NULL);
        low = strtol(p + 15, &p, 10);
        high = strtol(p, NULL, 10);
        CHECK(low >= 10 && high >= 39 && high < 63);
    }
    return (entry & ((2ul << high) - 1)) >> low;
}

static size_t page_of(unsigned long addr)
{
    return addr / PAGE;
}

/* The line of the last entry that a walk for `addr` comes to; false: there is none. */
static bool find_line(const char *path, unsigned long addr, struct line *out)
{
    struct lines f;
    struct line l;
    bool found = false;

    open_lines(path, &f);
    while (next(&f, &l)) {
        if (l.kind != 't' && addr >= l.start && addr <= l.last) {
            CHECK(!found);
            *out = l;
            found = true;
        }
    }
    return found;
}

/* The word of this process's pagemap. */
static unsigned long pagemap_word(const void *addr)
{
    int fd = CHECK_OK(open("/proc/self/pagemap", O_RDONLY));
    unsigned long word;

    CHECK_EQ(pread(fd, &word, 8, page_of((unsigned long)addr) * 8), 8);
    close(fd);
    return word;
}

/* The page frame number of `addr` in this process, of which all views must tell the same. */
static unsigned long pfn_of(const void *addr, char kind)
{
    unsigned long at = (unsigned long)addr, word = pagemap_word(addr), entry, pfn;
    struct line l;

    entry_pfn(0);
    CHECK(word & PM_PRESENT);
    CHECK(find_line("/proc/self/page_tables", at, &l));
    CHECK_EQ(l.level, 0);
    CHECK_EQ(l.kind, kind);
    entry = l.entry + l.step * page_of(at - l.start);
    pfn = kind == 'l' ? entry_pfn(entry) : entry / PAGE;
    CHECK_EQ(PM_PFN(word), pfn);
    return pfn;
}

/* --- a process's own --- */

/* A page that was never touched is nowhere; one that was is where both files say. */
static void frames(void)
{
    char *p = map(5 * PAGE, RW);
    struct line l;

    CHECK_EQ(pagemap_word(p), 0);
    CHECK(!find_line("/proc/self/page_tables", (unsigned long)p, &l));
    for (int i = 0; i < 5; i++)
        p[i * PAGE] = i;
    for (int i = 0; i < 5; i++) {
        unsigned long pfn = pfn_of(p + i * PAGE, 'l');
        CHECK(pfn > 0);
        for (int j = 0; j < i; j++)
            CHECK(pfn_of(p + j * PAGE, 'l') != pfn);
    }
    CHECK_EQ(pagemap_word(p) & (PM_FILE | PM_EXCLUSIVE), PM_EXCLUSIVE);
    CHECK(pagemap_word(frames) & PM_FILE);
    CHECK_OK(munmap(p, 5 * PAGE));
    CHECK_EQ(pagemap_word(p), 0);
}

/* Two addresses of one page of a file are one page. */
static void shared_frame(void)
{
    int fd = CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
    char *p, *q;

    CHECK_OK(ftruncate(fd, PAGE));
    p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    q = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
    CHECK(p != MAP_FAILED && q != MAP_FAILED);
    read_byte((unsigned long)p);
    CHECK(pagemap_word(p) & PM_EXCLUSIVE);
    read_byte((unsigned long)q);
    CHECK_EQ(pfn_of(p, 'l'), pfn_of(q, 'l'));
    CHECK_EQ(pagemap_word(p) & (PM_FILE | PM_EXCLUSIVE), PM_FILE);
}

struct family {
    volatile char *p;
    unsigned long pfn;
};

static void check_copy(void *arg)
{
    struct family *f = arg;

    CHECK_EQ(pfn_of((void *)f->p, 'l'), f->pfn);
    CHECK_EQ(pagemap_word((void *)f->p) & PM_EXCLUSIVE, 0);
    *f->p = 2;
    CHECK(pfn_of((void *)f->p, 'l') != f->pfn);
    CHECK(pagemap_word((void *)f->p) & PM_EXCLUSIVE);
}

/* After fork both have the page, until one writes. */
static void fork_shares(void)
{
    struct family f = {.p = map(PAGE, RW)};

    *f.p = 1;
    f.pfn = pfn_of((void *)f.p, 'l');
    CHECK(pagemap_word((void *)f.p) & PM_EXCLUSIVE);
    JOIN(spawn(check_copy, &f));
    CHECK_EQ(pfn_of((void *)f.p, 'l'), f.pfn);
    CHECK_EQ(*f.p, 1);
}

/* A page that may not be accessed is kept, out of the hardware's sight. */
static void hidden_page(void)
{
    char *p = map(3 * PAGE, RW);
    unsigned long pfn;

    memset(p, 1, 3 * PAGE);
    pfn = pfn_of(p + PAGE, 'l');
    CHECK_OK(mprotect(p, 3 * PAGE, PROT_NONE));
    CHECK_EQ(pfn_of(p + PAGE, 's'), pfn);
    CHECK_OK(mprotect(p, 3 * PAGE, PROT_READ));
    CHECK_EQ(pfn_of(p + PAGE, 'l'), pfn);
}

/* What hardware may do with a page is what its area allows. */
static void rights(void)
{
    struct area a;
    struct lines f;
    struct line l;

    open_lines("/proc/self/page_tables", &f);
    while (next(&f, &l)) {
        CHECK(l.last < USER_LIMIT || l.kind == 't');
        if (l.kind != 'l')
            continue;
        CHECK(area_at(l.start, &a) && l.last < a.end);
        CHECK(l.prot[0] == 'r' && l.prot[3] == 'u' && l.prot[4] == '-');
        CHECK(l.prot[1] == '-' || a.perms[1] == 'w');
        CHECK(l.prot[2] == (a.perms[2] == 'x' ? 'x' : '-'));
        CHECK(l.prot[1] == '-' || l.prot[2] == '-');
    }
}

/* --- all tables --- */

/*
 * The file is a tree: ascending, each table's lines directly behind the line that points to it,
 * inside its range and in the table that it points to. Returns the number of tables below the root.
 */
static long check_tree(const char *path, unsigned long levels, bool kernel)
{
    struct line above[8], l;
    unsigned long next_start[8] = {0};
    long tables = 0;
    struct lines f;

    entry_pfn(0);
    CHECK(levels >= 3 && levels <= 5);
    open_lines(path, &f);
    above[levels] = (struct line){.last = -1ul, .level = -1};
    while (next(&f, &l)) {
        const struct line *up = &above[l.level + 1];
        unsigned long size = PAGE << 9 * l.level;
        CHECK(l.level >= 0 && l.level < (int)levels);
        CHECK(l.start >= next_start[l.level] && l.last - l.start == l.count * size - 1);
        CHECK(l.start >= up->start && l.last <= up->last);
        CHECK((l.start >> 63) == kernel && l.start % size == 0 && l.entry != 0);
        if (up->level == -1)
            above[levels].table = above[levels].table ? above[levels].table : l.table;
        CHECK_EQ(l.table, up->level == -1 ? up->table : entry_pfn(up->entry) * PAGE);
        next_start[l.level] = l.last + 1;
        if (l.kind == 't') {
            CHECK(l.level > 0 && l.count == 1);
            tables++;
            above[l.level] = l;
            next_start[l.level - 1] = l.start;
        } else {
            CHECK(l.level < (int)levels - 1);
            above[l.level] = (struct line){.start = 1}; /* nothing lies in a leaf */
        }
    }
    return tables;
}

static void tree(void)
{
    unsigned long levels = format_value("levels");

    check_tree("/proc/self/page_tables", levels, false);
    check_tree("/proc/kernel_page_tables", levels, true);
}

/* As many tables as VmPTE counts, before and after there are more. */
static void table_count(void)
{
    unsigned long levels = format_value("levels");
    long kib = self_status("VmPTE");
    char *p;

    CHECK_EQ(check_tree("/proc/self/page_tables", levels, false) * 4, kib);
    p = map(64 * MiB, RW);
    for (int i = 0; i < 64; i += 2)
        p[i * MiB] = 1;
    CHECK(self_status("VmPTE") >= kib + 31 * 4);
    CHECK_EQ(check_tree("/proc/self/page_tables", levels, false) * 4, self_status("VmPTE"));
    CHECK_OK(munmap(p, 64 * MiB));
    CHECK_EQ(check_tree("/proc/self/page_tables", levels, false) * 4, self_status("VmPTE"));
}

/* Every second page: none continues another, so each has its line. */
static void long_text(void)
{
    unsigned long start, size = 12 * MiB, pages = 0;
    char *p = map(size, RW);
    struct lines f;
    struct line l;

    start = (unsigned long)p;
    for (unsigned long i = 0; i < size; i += 2 * PAGE)
        p[i] = 1;
    open_lines("/proc/self/page_tables", &f);
    while (next(&f, &l)) {
        if (l.kind != 'l' || l.start < start || l.start >= start + size)
            continue;
        CHECK_EQ(l.start, start + 2 * PAGE * pages++);
        CHECK_EQ(l.count, 1);
    }
    CHECK_EQ(pages, size / PAGE / 2);
}

/* No kernel page is the user's or of one process only, none can be written and executed. */
static void kernel_rights(void)
{
    int leaf_max = format_value("leaf_max");
    bool executable = false;
    struct lines f;
    struct line l;

    open_lines("/proc/kernel_page_tables", &f);
    while (next(&f, &l)) {
        CHECK(l.kind != 's');
        if (l.kind != 'l')
            continue;
        if (l.prot[3] != '-' || l.prot[4] != 'g' || l.prot[6] != 'a' ||
            (l.prot[1] == 'w' && l.prot[2] == 'x'))
            FAIL("%lx %s", l.start, l.prot);
        CHECK(l.level <= leaf_max);
        executable |= l.prot[2] == 'x';
    }
    CHECK(executable);
}

/* The direct map shows all memory, each page where it belongs. */
static void direct_map(void)
{
    unsigned long offset = format_value("page_offset"), bytes = 0;
    struct lines f;
    struct line l;

    entry_pfn(0);
    CHECK_EQ(offset, slot_va(272));
    open_lines("/proc/kernel_page_tables", &f);
    while (next(&f, &l)) {
        unsigned long size = PAGE << 9 * l.level;
        if (l.kind != 'l' || l.start < offset || l.start >= slot_va(400))
            continue;
        for (unsigned long i = 0; i < l.count; i++) {
            unsigned long pa = l.start + i * size - offset;
            /* Below a large page's size the field may hold something else. */
            CHECK_EQ((entry_pfn(l.entry + i * l.step) * PAGE) & -size, pa);
        }
        bytes += l.last - l.start + 1;
    }
    CHECK(bytes / KiB >= (unsigned long)meminfo("MemTotal"));
    CHECK_EQ(format_value("mem_total") / KiB, meminfo("MemTotal"));
}

/* The fields of an entry come in order, and none lies over another. */
static void format(void)
{
    char *save, *line;
    int end = -1, fields = 0;

    read_file("/proc/kernel_format", text, sizeof(text));
    for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *p = line;
        int low, high;
        if (strncmp(p, "field ", 6) != 0)
            continue;
        if (strncmp(p, "field table ", 12) == 0 && fields++ == 0)
            end = -1;
        p = strchr(strchr(p + 6, ' ') + 1, ' ');
        CHECK(p != NULL);
        low = strtol(p, &p, 10);
        high = strtol(p, &p, 10);
        if (*p || low <= end || high < low || high > 63)
            FAIL("%s", line);
        end = high;
    }
    CHECK(fields > 1);
    CHECK_EQ(format_value("page_size"), PAGE);
    CHECK_EQ(format_value("task_size"), USER_LIMIT);
    CHECK_EQ(format_value("root_slot_size"), user_end() / 256);
    CHECK_EQ(1ul << (format_value("va_bits") - 1), user_end());
}

/* --- another process's, while they change --- */

/* Makes and drops tables of every level, with all sorts of pages in them, until it is killed. */
static void churn(void *arg)
{
    unsigned long state = (unsigned long)arg;

    for (;;) {
        unsigned long at = user_end() / 64 * (1 + draw(&state) % 40), size = 512 * MiB;
        char *p = mmap((void *)at, size, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (p == MAP_FAILED)
            continue;
        for (unsigned i = 0; i < 64; i++)
            memset(p + draw(&state) % (size / PAGE) * PAGE, 1, PAGE);
        mprotect(p + MiB, MiB, PROT_NONE);
        if (draw(&state) % 8 == 0) {
            pid_t pid = fork();
            if (pid == 0)
                _exit(0);
            waitpid(pid, NULL, 0);
        }
        munmap(p, size);
    }
}

/* Every reading is of one moment: a whole tree, though it changes all the time. */
static void changing(void)
{
    unsigned long levels = format_value("levels"), *words = map(64 * KiB, RW);
    char path[64], map_path[64];
    pid_t pid = spawn(churn, (void *)seed);
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/page_tables", (int)pid);
    snprintf(map_path, sizeof(map_path), "/proc/%d/pagemap", (int)pid);
    fd = CHECK_OK(open(map_path, O_RDONLY));
    for (int i = 0; i < (stress ? 100000 : 800); i++) {
        unsigned long at = user_end() / 64 * (1 + i % 40);
        check_tree(path, levels, false);
        if (i % 8 == 0)
            check_tree("/proc/kernel_page_tables", levels, true);
        CHECK_EQ(pread(fd, words, 8 * KiB, page_of(at) * 8), 8 * KiB);
    }
    CHECK_OK(kill(pid, SIGKILL));
    CHECK_OK(waitpid(pid, NULL, 0));
}

const struct test pagetables_tests[] = {
    {"pagetables-frames", frames, T_OWN},
    {"pagetables-shared-frame", shared_frame, T_OWN},
    {"pagetables-fork-shares", fork_shares, T_OWN},
    {"pagetables-hidden-page", hidden_page, T_OWN},
    {"pagetables-rights", rights, T_OWN},
    {"pagetables-tree", tree, T_OWN},
    {"pagetables-count", table_count, T_OWN},
    {"pagetables-long-text", long_text, T_OWN},
    {"pagetables-kernel-rights", kernel_rights, T_OWN},
    {"pagetables-direct-map", direct_map, T_OWN},
    {"pagetables-format", format, T_OWN},
    {"pagetables-changing", changing, T_OWN},
    {NULL, NULL, 0},
};
