/* SPDX-License-Identifier: MIT */
/* /proc/PID/smaps and smaps_rollup say of each area what the program has done to its pages. */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)

static char text[256 * 1024];

/* The line behind the area that holds `addr` in a text of smaps, or NULL. */
static const char *area_lines(const char *p, unsigned long addr)
{
    for (; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
        char *end;
        unsigned long start = strtoul(p, &end, 16);
        if (*end != '-' || end == p)
            continue;
        if (addr >= start && addr < strtoul(end + 1, NULL, 16))
            return strchr(p, '\n') + 1;
    }
    return NULL;
}

/* KiB behind a label, the first from p on. */
static long value(const char *p, const char *label)
{
    size_t n = strlen(label);

    for (; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
        if (strncmp(p, label, n) == 0 && p[n] == ':')
            return strtol(p + n + 1, NULL, 10);
    FAIL("no line \"%s:\"", label);
}

/* What is said of the area that holds p, in this process. */
static long area_value(const void *p, const char *label)
{
    const char *lines;

    read_file("/proc/self/smaps", text, sizeof(text));
    lines = area_lines(text, (unsigned long)p);
    CHECK(lines != NULL);
    return value(lines, label);
}

static bool has_flag(const void *p, const char *flag)
{
    const char *lines, *flags, *end;

    read_file("/proc/self/smaps", text, sizeof(text));
    lines = area_lines(text, (unsigned long)p);
    CHECK(lines && (flags = strstr(lines, "VmFlags:")) && (end = strchr(flags, '\n')));
    for (const char *f = flags + 8; f < end; f += 3)
        if (f[0] == ' ' && strncmp(f + 1, flag, 2) == 0)
            return true;
    return false;
}

/* Every area of maps, with these lines behind it; others may be between them. */
static void lines(void)
{
    static const char *const labels[] = {
        "Size:",          "KernelPageSize:", "MMUPageSize:",     "Rss:",
        "Pss:",           "Pss_Dirty:",      "Shared_Clean:",    "Shared_Dirty:",
        "Private_Clean:", "Private_Dirty:",  "Referenced:",      "Anonymous:",
        "KSM:",           "LazyFree:",       "AnonHugePages:",   "ShmemPmdMapped:",
        "FilePmdMapped:", "Shared_Hugetlb:", "Private_Hugetlb:", "Swap:",
        "SwapPss:",       "Locked:",         "THPeligible:",     "VmFlags:"};
    static char maps[64 * 1024];
    char *line, *save, *area, *save_area;

    map(5 * PAGE, PROT_READ);
    read_file("/proc/self/smaps", text, sizeof(text));
    read_file("/proc/self/maps", maps, sizeof(maps));
    line = strtok_r(text, "\n", &save);
    area = strtok_r(maps, "\n", &save_area);
    while (area) {
        CHECK(line && strcmp(line, area) == 0);
        for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
            do {
                line = strtok_r(NULL, "\n", &save);
                if (!line || line[0] < 'A' || line[0] > 'Z')
                    FAIL("no line %s behind %s", labels[i], area);
            } while (strncmp(line, labels[i], strlen(labels[i])) != 0);
            size_t n = strlen(line);
            if (n > 27 && strncmp(line, "VmFlags", 7) != 0)
                FAIL("%s", line);
            if (strncmp(line, "THP", 3) != 0 && strncmp(line, "VmFlags", 7) != 0)
                CHECK(n == 27 && strcmp(line + 24, " kB") == 0);
        }
        /* Another line may follow: ProtectionKey. */
        do
            line = strtok_r(NULL, "\n", &save);
        while (line && line[0] >= 'A' && line[0] <= 'Z');
        area = strtok_r(NULL, "\n", &save_area);
    }
    CHECK(line == NULL);
}

static void check_private(const char *p, long touched)
{
    CHECK_EQ(area_value(p, "Rss"), touched * 4);
    CHECK_EQ(area_value(p, "Pss"), touched * 4);
    CHECK_EQ(area_value(p, "Private_Dirty"), touched * 4);
    CHECK_EQ(area_value(p, "Pss_Dirty"), touched * 4);
    CHECK_EQ(area_value(p, "Anonymous"), touched * 4);
    CHECK_EQ(area_value(p, "Shared_Dirty"), 0);
    CHECK_EQ(area_value(p, "Private_Clean"), 0);
}

/* What was written counts; what was read of the zero page does not. */
static void anonymous(void)
{
    char *p = map(20 * PAGE, RW);

    CHECK_EQ(area_value(p, "Size"), 80);
    CHECK_EQ(area_value(p, "KernelPageSize"), 4);
    check_private(p, 0);
    for (int i = 0; i < 5; i++)
        p[i * PAGE] = 1;
    for (int i = 10; i < 14; i++)
        CHECK_EQ(p[i * PAGE], 0);
    check_private(p, 5);
    CHECK_EQ(area_value(p, "Referenced"), 20);
    CHECK_EQ(area_value(p, "Swap"), 0);
    /* Still there, though no access is allowed. */
    CHECK_OK(mprotect(p + 2 * PAGE, 2 * PAGE, PROT_NONE));
    check_private(p, 2);
    check_private(p + 2 * PAGE, 2);
    check_private(p + 4 * PAGE, 1);
    CHECK_OK(munmap(p + PAGE, 3 * PAGE));
    check_private(p, 1);
    CHECK_OK(munmap(p, 20 * PAGE));
    /* More than is looked at without a pause. */
    p = map(1500 * PAGE, RW);
    memset(p, 1, 1500 * PAGE);
    check_private(p, 1500);
}

struct family {
    char *p;
    int ready[2], go[2];
};

static void sharer(void *arg)
{
    struct family *f = arg;
    char c;

    write_full(f->ready[1], "r", 1);
    read(f->go[0], &c, 1);
}

/* A page that three processes have is a third of a page to each; fractions add up. */
static void shared_after_fork(void)
{
    struct family f = {.p = map(8 * PAGE, RW)};
    pid_t children[2];
    char c;

    CHECK_OK(pipe(f.ready));
    CHECK_OK(pipe(f.go));
    memset(f.p, 1, 3 * PAGE);
    for (int i = 0; i < 2; i++)
        children[i] = spawn(sharer, &f);
    CHECK(read(f.ready[0], &c, 1) == 1 && read(f.ready[0], &c, 1) == 1);
    CHECK_EQ(area_value(f.p, "Rss"), 12);
    CHECK_EQ(area_value(f.p, "Pss"), 3); /* 3 * 4096 / 3, less what rounding takes */
    CHECK_EQ(area_value(f.p, "Shared_Dirty"), 12);
    CHECK_EQ(area_value(f.p, "Private_Dirty"), 0);
    f.p[PAGE] = 2;
    CHECK_EQ(area_value(f.p, "Rss"), 12);
    CHECK_EQ(area_value(f.p, "Pss"), 6);
    CHECK_EQ(area_value(f.p, "Shared_Dirty"), 8);
    CHECK_EQ(area_value(f.p, "Private_Dirty"), 4);
    write_full(f.go[1], "gg", 2);
    JOIN(children[0]);
    JOIN(children[1]);
    check_private(f.p, 3);
}

/* Pages of a file are clean until they are copied. */
static void of_a_file(void)
{
    static char data[3 * PAGE];
    char *p;
    int fd;

    fill_pattern(data, sizeof(data), 1);
    write_file("file", data, sizeof(data));
    fd = CHECK_OK(open("file", O_RDWR));
    CHECK_OK(fsync(fd));
    p = mmap(NULL, sizeof(data), RW, MAP_PRIVATE, fd, 0);
    CHECK(p != MAP_FAILED);
    for (size_t i = 0; i < sizeof(data); i += PAGE)
        CHECK_EQ(p[i], data[i]);
    CHECK_EQ(area_value(p, "Rss"), 12);
    CHECK_EQ(area_value(p, "Pss"), 12);
    CHECK_EQ(area_value(p, "Anonymous"), 0);
    CHECK_EQ(area_value(p, "Private_Clean"), 12);
    p[PAGE] ^= 1;
    CHECK_EQ(area_value(p, "Rss"), 12);
    CHECK_EQ(area_value(p, "Anonymous"), 4);
    CHECK_EQ(area_value(p, "Private_Clean"), 8);
    CHECK_EQ(area_value(p, "Private_Dirty"), 4);
    close(fd);
}

/* What a store through a shared mapping changes is dirty until it is on the disk. */
static void of_a_shared_file(void)
{
    static char data[2 * PAGE];
    char *p;
    int fd;

    write_file("file", data, sizeof(data));
    fd = CHECK_OK(open("file", O_RDWR));
    CHECK_OK(fsync(fd));
    CHECK((p = mmap(NULL, sizeof(data), RW, MAP_SHARED, fd, 0)) != MAP_FAILED);
    read_byte((unsigned long)p);
    read_byte((unsigned long)p + PAGE);
    CHECK_EQ(area_value(p, "Private_Clean"), 8);
    p[0] = 1;
    CHECK_EQ(area_value(p, "Rss"), 8);
    CHECK(area_value(p, "Private_Dirty") == 4 || reference); /* Linux may take two pages as one */
    CHECK(area_value(p, "Private_Dirty") >= 4);
    CHECK_EQ(area_value(p, "Anonymous"), 0);
    CHECK_OK(msync(p, sizeof(data), MS_SYNC));
    CHECK_EQ(area_value(p, "Private_Clean"), 8);
    CHECK(has_flag(p, "sh") && has_flag(p, "ms"));
    close(fd);
    fd = CHECK_OK(open("file", O_RDONLY));
    CHECK((p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0)) != MAP_FAILED);
    CHECK(!has_flag(p, "sh") && has_flag(p, "ms") && !has_flag(p, "mw"));
    close(fd);
}

static void touch(void *arg)
{
    struct family *f = arg;

    for (int i = 0; i < 3; i++)
        f->p[i * PAGE] = 3;
    sharer(arg);
}

/* Shared memory is a file's, and yet no file's. */
static void shared_memory(void)
{
    long before = self_status("RssShmem");
    struct family f;
    pid_t child;
    char c;

    CHECK_OK(pipe(f.ready));
    CHECK_OK(pipe(f.go));
    f.p = mmap(NULL, 8 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(f.p != MAP_FAILED);
    CHECK_EQ(area_value(f.p, "Rss"), 0);
    memset(f.p, 1, 3 * PAGE);
    CHECK_EQ(area_value(f.p, "Rss"), 12);
    CHECK_EQ(area_value(f.p, "Private_Dirty"), 12);
    CHECK_EQ(area_value(f.p, "Anonymous"), 0);
    CHECK(reference || self_status("RssShmem") == before + 12);
    child = spawn(touch, &f);
    CHECK_EQ(read(f.ready[0], &c, 1), 1);
    CHECK_EQ(area_value(f.p, "Shared_Dirty"), 12);
    CHECK_EQ(area_value(f.p, "Pss"), 6);
    write_full(f.go[1], "g", 1);
    JOIN(child);
    CHECK_EQ(area_value(f.p, "Private_Dirty"), 12);
}

static void locked(void)
{
    char *p = map(8 * PAGE, RW);
    long before = self_status("VmLck");

    CHECK_OK(mlock(p + 2 * PAGE, 3 * PAGE));
    CHECK_EQ(self_status("VmLck"), before + 12);
    CHECK_EQ(area_value(p + 2 * PAGE, "Locked"), 12);
    CHECK_EQ(area_value(p + 2 * PAGE, "Rss"), 12);
    CHECK_EQ(area_value(p, "Locked"), 0);
    CHECK(has_flag(p + 2 * PAGE, "lo") && !has_flag(p, "lo"));
    CHECK_OK(munlock(p, 8 * PAGE));
    CHECK_EQ(self_status("VmLck"), before);
    CHECK_EQ(area_value(p, "Locked"), 0);
}

static void advised_flags(void)
{
    static const struct {
        int advice, back;
        const char *flag;
    } pairs[] = {{MADV_DONTFORK, MADV_DOFORK, "dc"},
                 {MADV_WIPEONFORK, MADV_KEEPONFORK, "wf"},
                 {MADV_DONTDUMP, MADV_DODUMP, "dd"},
                 {MADV_SEQUENTIAL, MADV_NORMAL, "sr"},
                 {MADV_RANDOM, MADV_NORMAL, "rr"}};
    char *p = map(4 * PAGE, RW);

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        CHECK(!has_flag(p, pairs[i].flag));
        CHECK_OK(madvise(p, 4 * PAGE, pairs[i].advice));
        CHECK(has_flag(p, pairs[i].flag));
        CHECK_OK(madvise(p, 4 * PAGE, pairs[i].back));
        CHECK(!has_flag(p, pairs[i].flag));
    }
}

/* What MADV_FREE was said of may go, until it is written to. Linux marks pages in batches. */
static void lazily_freed(void)
{
    char *p = map(4 * PAGE, RW);

    memset(p, 1, 4 * PAGE);
    CHECK_EQ(area_value(p, "LazyFree"), 0);
    CHECK_OK(madvise(p, 4 * PAGE, MADV_FREE));
    CHECK_EQ(area_value(p, "LazyFree"), 16);
    CHECK_EQ(area_value(p, "Private_Clean"), 16);
    p[0] = 1;
    CHECK_EQ(area_value(p, "LazyFree"), 12);
    CHECK_EQ(area_value(p, "Private_Dirty"), 4);
}

static void flags(void)
{
    char *p = map(4 * PAGE, RW);
    int local;

    CHECK(has_flag(p, "rd") && has_flag(p, "wr") && !has_flag(p, "ex") && !has_flag(p, "sh"));
    CHECK(has_flag(p, "mr") && has_flag(p, "mw") && has_flag(p, "me"));
    CHECK_OK(mprotect(p, 4 * PAGE, PROT_NONE));
    CHECK(!has_flag(p, "rd") && !has_flag(p, "wr") && has_flag(p, "mw"));
    CHECK(has_flag(&local, "gd"));
    CHECK(has_flag((void *)(uintptr_t)flags, "ex") && !has_flag((void *)(uintptr_t)flags, "wr"));
}

/* Sums over smaps are what smaps_rollup, status and statm say. */
static void sums(void)
{
    static char rollup[4096];
    static const char *const labels[] = {"Rss",          "Pss",           "Shared_Clean",
                                         "Shared_Dirty", "Private_Clean", "Private_Dirty",
                                         "Anonymous",    "Swap",          "Locked"};
    char *p = map(200 * PAGE, RW);
    long size = 0, areas = 0;

    memset(p, 1, 150 * PAGE);
    read_file("/proc/self/smaps_rollup", rollup, sizeof(rollup)); /* touches what it needs */
    read_file("/proc/self/smaps", text, sizeof(text));
    read_file("/proc/self/smaps_rollup", rollup, sizeof(rollup));
    CHECK(strstr(rollup, " ---p 00000000 00:00 0  ") != NULL);
    CHECK(strncmp(rollup + 73, "[rollup]\n", 9) == 0);
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        long sum = 0;
        areas = 0;
        for (char *s = text; (s = strstr(s, "\nSize:")); areas++) {
            s++;
            sum += value(s, labels[i]);
        }
        if (labs(value(rollup, labels[i]) - sum) > areas + 16)
            FAIL("%s: %ld kB in all areas, %ld kB says the rollup", labels[i], sum,
                 value(rollup, labels[i]));
    }
    for (char *s = text; (s = strstr(s, "\nSize:")); s++)
        size += value(s + 1, "Size");
    if (strstr(text, "[vsyscall]"))
        size -= 4;
    CHECK_EQ(size, self_status("VmSize"));
    CHECK(labs(value(rollup, "Rss") - self_status("VmRSS")) < 512);
    CHECK(value(rollup, "Pss_Anon") >= 600);
    CHECK(labs(value(rollup, "Pss_Anon") + value(rollup, "Pss_File") + value(rollup, "Pss_Shmem") -
               value(rollup, "Pss")) <= 3);
}

/* Pages that may not be accessed for a while keep their marks, until they are given up. */
static void hidden_marks(void)
{
    char *p = map(4 * PAGE, RW);
    char *shared = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    memset(p, 1, 4 * PAGE);
    shared[0] = 1;
    CHECK_OK(mprotect(p, 4 * PAGE, PROT_NONE));
    CHECK_OK(mprotect(shared, PAGE, PROT_NONE));
    CHECK_EQ(area_value(p, "Referenced"), 16);
    CHECK_EQ(area_value(p, "Private_Dirty"), 16);
    CHECK_EQ(area_value(shared, "Referenced"), 4);
    CHECK_EQ(area_value(shared, "Private_Dirty"), 4);
    CHECK_OK(mprotect(shared, PAGE, PROT_READ));
    CHECK_EQ(area_value(shared, "Private_Dirty"), 4);
    CHECK_OK(madvise(p, 4 * PAGE, MADV_FREE));
    CHECK_EQ(area_value(p, "Referenced"), 0);
    CHECK_EQ(area_value(p, "Private_Dirty"), 0);
}

/* Shared memory that was only read is clean. */
static void shared_clean(void)
{
    volatile char *p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    CHECK_EQ(p[0] + p[PAGE], 0);
    CHECK_EQ(area_value((void *)p, "Private_Clean"), 8);
    CHECK_EQ(area_value((void *)p, "Private_Dirty"), 0);
    p[0] = 1;
    CHECK_EQ(area_value((void *)p, "Private_Clean"), 4);
    CHECK_EQ(area_value((void *)p, "Private_Dirty"), 4);
}

const struct test smaps_tests[] = {
    {"proc-smaps-lines", lines, 0},
    {"proc-smaps-anonymous", anonymous, 0},
    {"proc-smaps-shared", shared_after_fork, 0},
    {"proc-smaps-file", of_a_file, 0},
    {"proc-smaps-shared-file", of_a_shared_file, 0},
    {"proc-smaps-shared-memory", shared_memory, 0},
    {"proc-smaps-locked", locked, 0},
    {"proc-smaps-advice", advised_flags, 0},
    {"proc-smaps-lazyfree", lazily_freed, T_OWN},
    {"proc-smaps-flags", flags, 0},
    {"proc-smaps-sums", sums, 0},
    {"proc-smaps-hidden-marks", hidden_marks, 0},
    {"proc-smaps-shared-clean", shared_clean, 0},
    {NULL, NULL, 0},
};
