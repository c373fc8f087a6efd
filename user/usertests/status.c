/* SPDX-License-Identifier: MIT */
/* /proc/PID/{status,stat,limits,auxv,mem} and /proc/{meminfo,vmstat,zoneinfo}, line by line. */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)

static char text[64 * 1024];
static int initialized = 1;

/* These names begin lines of the file, in this order; others may be between them. */
static void check_order(const char *path, const char *const names[], size_t n)
{
    const char *line = text;

    read_file(path, text, sizeof(text));
    for (size_t i = 0; i < n; i++) {
        while (strncmp(line, names[i], strlen(names[i])) != 0) {
            line = strchr(line, '\n');
            if (!line || !*++line)
                FAIL("%s: no line \"%s\" where it belongs", path, names[i]);
        }
    }
}

/* The beginnings of lines of /proc/self/status, in their order. */
static const char *const status_starts[] = {
    "Name:\t",
    "Umask:\t0",
    "State:\tR (running)",
    "Tgid:\t",
    "Ngid:\t",
    "Pid:\t",
    "PPid:\t",
    "TracerPid:\t0",
    "Uid:\t",
    "Gid:\t",
    "FDSize:\t",
    "Groups:\t",
    "NStgid:\t",
    "NSpid:\t",
    "NSpgid:\t",
    "NSsid:\t",
    "VmPeak:\t",
    "VmSize:\t",
    "VmLck:\t",
    "VmPin:\t",
    "VmHWM:\t",
    "VmRSS:\t",
    "RssAnon:\t",
    "RssFile:\t",
    "RssShmem:\t",
    "VmData:\t",
    "VmStk:\t",
    "VmExe:\t",
    "VmLib:\t",
    "VmPTE:\t",
    "VmSwap:\t",
    "HugetlbPages:",
    "CoreDumping:\t0",
    "THP_enabled:",
    "Threads:\t1\n",
    "SigQ:\t",
    "SigPnd:\t0000",
    "ShdPnd:\t0000",
    "SigBlk:\t0000",
    "SigIgn:\t",
    "SigCgt:\t",
    "CapInh:\t",
    "CapPrm:\t",
    "CapEff:\t",
    "CapBnd:\t",
    "CapAmb:\t",
    "NoNewPrivs:\t",
    "Seccomp:\t",
    "Cpus_allowed:",
    "Cpus_allowed_list:",
    "Mems_allowed",
    "voluntary_ctxt_switches:\t",
    "nonvoluntary_ctxt_switches:\t",
};

static void status_lines(void)
{
    check_order("/proc/self/status", status_starts,
                sizeof(status_starts) / sizeof(status_starts[0]));
}

/* RSS is anonymous and file pages together, and follows what is touched. */
static void status_rss(void)
{
    long anon = self_status("RssAnon");
    char *p = map(400 * PAGE, RW);

    CHECK(labs(self_status("RssAnon") - anon) < 128);
    memset(p, 1, 400 * PAGE);
    CHECK(labs(self_status("RssAnon") - anon - 1600) < 384); /* Linux counts in batches */
    CHECK(labs(self_status("VmRSS") - self_status("RssAnon") - self_status("RssFile") -
               self_status("RssShmem")) < 64);
    CHECK_OK(munmap(p, 400 * PAGE));
    CHECK(labs(self_status("RssAnon") - anon) < 384);
    CHECK(self_status("VmHWM") >= anon + 1200);
}

/* Field n of /proc/self/stat, counted from 1 as in proc(5). */
static unsigned long stat_field(int n)
{
    char *p;

    read_file("/proc/self/stat", text, sizeof(text));
    CHECK((p = strrchr(text, ')')) != NULL);
    for (int i = 2; i < n; i++)
        CHECK((p = strchr(p + 1, ' ')) != NULL);
    return strtoul(p + 1, NULL, 10);
}

static void stat_fields(void)
{
    static char cmdline[4096];
    unsigned long code = (unsigned long)stat_fields, data = (unsigned long)&initialized;
    int fields = 2;
    size_t n;

    read_file("/proc/self/stat", text, sizeof(text));
    for (char *p = strrchr(text, ')'); (p = strchr(p, ' ')); p++)
        fields++;
    CHECK_EQ(fields, 52);
    CHECK_EQ(stat_field(4), getppid());
    CHECK_EQ(stat_field(5), getpgid(0));
    CHECK_EQ(stat_field(20), 1);                           /* threads */
    CHECK_EQ(stat_field(23), self_status("VmSize") * KiB); /* vsize */
    CHECK(labs((long)stat_field(24) * 4 - self_status("VmRSS")) < 512);
    CHECK_EQ(stat_field(25), -1ul); /* rsslim */
    CHECK(stat_field(26) <= code && code < stat_field(27));
    CHECK(stat_field(28) > (unsigned long)&fields); /* startstack */
    CHECK(stat_field(28) - (unsigned long)&fields < 1 * MiB);
    CHECK(stat_field(45) <= data && data < stat_field(46));
    CHECK(stat_field(46) <= stat_field(47) && stat_field(47) <= (unsigned long)sbrk(0));
    n = read_file("/proc/self/cmdline", cmdline, sizeof(cmdline));
    CHECK_EQ(stat_field(49) - stat_field(48), n);
    CHECK(memcmp((void *)stat_field(48), cmdline, n) == 0);
    n = read_file("/proc/self/environ", cmdline, sizeof(cmdline));
    CHECK(stat_field(50) >= stat_field(49));
    CHECK_EQ(stat_field(51) - stat_field(50), n);
    CHECK(memcmp((void *)stat_field(50), cmdline, n) == 0);
    CHECK_EQ(stat_field(52), 0);
}

static void statm_fields(void)
{
    long v[7];
    char *p = text;

    read_file("/proc/self/statm", text, sizeof(text));
    for (int i = 0; i < 7; i++)
        v[i] = strtol(p, &p, 10);
    CHECK(p[0] == '\n' && p[1] == 0);
    CHECK_EQ(v[0] * 4, self_status("VmSize"));
    /* Linux counts for each processor, and brings the sums up to date in batches. */
    CHECK(labs(v[2] * 4 - self_status("RssFile") - self_status("RssShmem")) <
          (reference ? 2048 : 256));
    CHECK_EQ(v[3] * 4, self_status("VmExe"));
    CHECK_EQ(v[5] * 4, self_status("VmData") + self_status("VmStk"));
    CHECK(v[4] == 0 && v[6] == 0);
}

static void limits(void)
{
    struct rlimit r;
    char line[200];

    CHECK_OK(getrlimit(RLIMIT_NOFILE, &r));
    r.rlim_cur = 333;
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &r));
    read_file("/proc/self/limits", text, sizeof(text));
    CHECK(strncmp(text,
                  "Limit                     Soft Limit           Hard Limit           "
                  "Units     \n",
                  79) == 0);
    snprintf(line, sizeof(line),
             "\nMax open files            333                  %-20lu files     \n",
             (unsigned long)r.rlim_max);
    CHECK(strstr(text, line) != NULL);
    CHECK(strstr(text, "\nMax cpu time              unlimited            unlimited            "
                       "seconds   \n") != NULL);
    CHECK(strstr(text, "\nMax nice priority         ") && strstr(text, "\nMax realtime timeout "));
}

static void auxv(void)
{
    unsigned long *pair = (unsigned long *)text;
    size_t n = read_file("/proc/self/auxv", text, sizeof(text));

    CHECK(n >= 64 && n % 16 == 0);
    CHECK_EQ(pair[n / 8 - 2], AT_NULL);
    /* A C library may have an opinion of its own about the processor. */
    for (size_t i = 0; i < n / 8 - 2; i += 2)
        if (pair[i] != AT_HWCAP)
            CHECK_EQ(getauxval(pair[i]), pair[i + 1]);
}

static void mem(void)
{
    char *p = map(3 * PAGE, RW), buf[200];
    int fd = CHECK_OK(open("/proc/self/mem", O_RDONLY));

    fill_pattern(p, 3 * PAGE, 5);
    CHECK_EQ(pread(fd, buf, sizeof(buf), (unsigned long)p + PAGE - 77), sizeof(buf));
    CHECK(memcmp(buf, p + PAGE - 77, sizeof(buf)) == 0);
    CHECK_OK(munmap(p + 2 * PAGE, PAGE));
    CHECK_EQ(pread(fd, buf, sizeof(buf), (unsigned long)p + 2 * PAGE - 50), 50);
    CHECK_ERR(pread(fd, buf, sizeof(buf), (unsigned long)p + 2 * PAGE), EIO);
    CHECK_ERR(pread(fd, buf, sizeof(buf), user_end() + 64 * PAGE), EIO);
    close(fd);
}

/* --- of the whole system --- */

/* Behind a name in `text`. */
static long number(const char *name)
{
    const char *p = strstr(text, name);

    CHECK(p && p[-1] == '\n');
    return strtol(p + strlen(name), NULL, 10);
}

static void meminfo_lines(void)
{
    static const char *const names[] = {
        "MemTotal:  ",     "MemFree:  ",      "MemAvailable:  ",  "Buffers:  ",
        "Cached:  ",       "SwapCached:  ",   "Active:  ",        "Inactive:  ",
        "Active(anon):  ", "Inactive(anon):", "Active(file):",    "Inactive(file):",
        "Unevictable:  ",  "Mlocked:  ",      "SwapTotal:  ",     "SwapFree:  ",
        "Dirty:  ",        "Writeback:  ",    "AnonPages:  ",     "Mapped:  ",
        "Shmem:  ",        "KReclaimable:  ", "Slab:  ",          "SReclaimable:  ",
        "SUnreclaim:  ",   "KernelStack:  ",  "PageTables:  ",    "SecPageTables: ",
        "CommitLimit:  ",  "Committed_AS:  ", "VmallocTotal: ",   "VmallocUsed:  ",
        "VmallocChunk:  ", "Percpu:  ",       "HugePages_Total:", "HugePages_Free",
        "HugePages_Rsvd:", "HugePages_Surp:", "Hugepagesize:  ",  "DirectMap4k: "};

    check_order("/proc/meminfo", names, sizeof(names) / sizeof(names[0]));
    /* The numbers stand in a column. */
    CHECK(strchr(text, '\n') == text + 27 && memcmp(text + 24, " kB", 3) == 0);
    CHECK_EQ(number("Active:"), number("Active(anon):") + number("Active(file):"));
    CHECK_EQ(number("Inactive:"), number("Inactive(anon):") + number("Inactive(file):"));
    CHECK_EQ(number("Slab:"), number("SReclaimable:") + number("SUnreclaim:"));
}

/* What is private and may be written is promised, touched or not. */
static void committed(void)
{
    long before = meminfo("Committed_AS");
    char *p = mmap(NULL, 32 * MiB, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(p != MAP_FAILED);
    CHECK(meminfo("Committed_AS") - before >= 31 * 1024);
    CHECK_OK(munmap(p, 32 * MiB));
    CHECK(labs(meminfo("Committed_AS") - before) < 1024);
}

/* The number behind a name at the start of a line of /proc/vmstat. */
static unsigned long vmstat(const char *name)
{
    size_t n = strlen(name);

    read_file("/proc/vmstat", text, sizeof(text));
    for (char *p = text; p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
        if (strncmp(p, name, n) == 0 && p[n] == ' ')
            return strtoul(p + n + 1, NULL, 10);
    FAIL("/proc/vmstat has no line \"%s\"", name);
}

static void vmstat_counts(void)
{
    static const char *const names[] = {
        "nr_free_pages ",  "nr_inactive_anon ", "nr_active_anon ",      "nr_inactive_file ",
        "nr_active_file ", "nr_unevictable ",   "nr_slab_reclaimable ", "nr_slab_unreclaimable ",
        "nr_anon_pages ",  "nr_mapped ",        "nr_file_pages ",       "nr_dirty ",
        "nr_writeback ",   "nr_shmem ",         "nr_kernel_stack ",     "nr_page_table_pages ",
        "pgpgin ",         "pgpgout "};
    unsigned long faults = vmstat("pgfault"), freed = vmstat("pgfree");
    char *p = map(300 * PAGE, RW);

    check_order("/proc/vmstat", names, sizeof(names) / sizeof(names[0]));
    memset(p, 1, 300 * PAGE);
    CHECK(vmstat("pgfault") - faults >= 300);
    CHECK_OK(munmap(p, 300 * PAGE));
    CHECK(reference || vmstat("pgfree") - freed >= 300);
    CHECK(labs((long)vmstat("nr_free_pages") * 4 - meminfo("MemFree")) < meminfo("MemTotal") / 20);
    CHECK(labs((long)vmstat("nr_page_table_pages") * 4 - meminfo("PageTables")) < 1024);
    CHECK(vmstat("pgmajfault") <= vmstat("pgfault"));
    CHECK_EQ(vmstat("pswpin"), 0);
}

/* "Node 0, zone NAME", then "name number" lines: together they hold all memory. */
static void zones(void)
{
    long managed = 0, free = 0, n = 0;
    char *save, *line;

    read_file("/proc/zoneinfo", text, sizeof(text));
    CHECK(strncmp(text, "Node 0, zone ", 13) == 0);
    CHECK(strstr(text, "\n  per-node stats\n      nr_inactive_anon "));
    CHECK(strstr(text, "\n  pagesets\n    cpu: 0\n              count:    "));
    CHECK(strstr(text, "\n        protection: (") && strstr(text, "\n  start_pfn:           "));
    for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        n += strncmp(line, "Node ", 5) == 0;
        if (strncmp(line, "        managed  ", 17) == 0)
            managed += strtol(line + 17, NULL, 10);
        if (strncmp(line, "  pages free     ", 17) == 0)
            free += strtol(line + 17, NULL, 10);
    }
    CHECK(n >= 1);
    CHECK_EQ(managed * 4, meminfo("MemTotal"));
    CHECK(labs(free * 4 - meminfo("MemFree")) < meminfo("MemTotal") / 20);
}

/* A paragraph for each processor, of lines "name<tabs>: what it is". */
static void cpuinfo(void)
{
    int processors = 0;

    read_file("/proc/cpuinfo", text, sizeof(text));
    for (char *line = text, *end; *line; line = end + 1) {
        char *colon = strchr(line, ':');
        CHECK((end = strchr(line, '\n')) != NULL);
        if (end == line)
            continue;
        CHECK(colon && colon < end);
        if (strncmp(line, "processor\t: ", 12) == 0)
            CHECK_EQ(strtol(line + 12, NULL, 10), processors++);
    }
    CHECK(processors >= 1);
    CHECK(strncmp(text, "processor\t: 0\n", 14) == 0);
    CHECK(strstr(text, "\nflags\t\t: fpu ") || strstr(text, "\nmmu\t\t: sv"));
}

const struct test status_tests[] = {
    {"proc-status-lines", status_lines, 0},
    {"proc-status-rss", status_rss, 0},
    {"proc-stat-fields", stat_fields, 0},
    {"proc-statm-fields", statm_fields, 0},
    {"proc-limits", limits, 0},
    {"proc-auxv", auxv, 0},
    {"proc-mem", mem, 0},
    {"proc-meminfo-lines", meminfo_lines, 0},
    {"proc-committed", committed, 0},
    {"proc-vmstat", vmstat_counts, 0},
    {"proc-cpuinfo", cpuinfo, 0},
    {"proc-zoneinfo", zones, 0},
    {NULL, NULL, 0},
};
