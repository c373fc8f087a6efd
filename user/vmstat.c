/* SPDX-License-Identifier: MIT */
/*
 * vmstat: what memory, disk and processors are doing: a line of averages since boot, then one for
 * each interval; from /proc/stat, meminfo, vmstat and uptime. A number that the kernel does not
 * count is shown as a dash.
 */
#include <cli.h>
#include <err.h>
#include <limits.h>
#include <procfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINES_PER_HEADING 21
#define PAGE_KIB          4
#define NOT_COUNTED       UINT64_MAX

static const char synopsis[] =
    "vmstat [-s] [seconds [count]]\n"
    "  averages since boot, then a line for each so many seconds, count lines in all\n"
    "  -s  sums since boot, one in a line";

enum {
    /* meminfo, KiB */
    TOTAL,
    FREE,
    AVAILABLE,
    ACTIVE,
    INACTIVE,
    BUFFERS,
    CACHED,
    RECLAIMABLE,
    SWAP_CACHED,
    SWAP_TOTAL,
    SWAP_FREE,
    MEMINFO_FIELDS,
    /* stat */
    INTERRUPTS = MEMINFO_FIELDS,
    SWITCHES,
    BOOT_TIME,
    FORKS,
    RUNNING,
    BLOCKED,
    STAT_END,
    /* vmstat: KiB, and pages */
    PAGED_IN = STAT_END,
    PAGED_OUT,
    SWAPPED_IN,
    SWAPPED_OUT,
    FAULTS,
    MAJOR_FAULTS,
    FIELDS
};

static const char *const names[FIELDS] = {
    "MemTotal", "MemFree",      "MemAvailable", "Active",        "Inactive",      "Buffers",
    "Cached",   "SReclaimable", "SwapCached",   "SwapTotal",     "SwapFree",      "intr",
    "ctxt",     "btime",        "processes",    "procs_running", "procs_blocked", "pgpgin",
    "pgpgout",  "pswpin",       "pswpout",      "pgfault",       "pgmajfault",
};

enum {
    USER,
    NICE,
    SYSTEM,
    IDLE,
    WAIT,
    IRQ,
    SOFTIRQ,
    STEAL,
    CPU_TIMES
};

struct sample {
    uint64_t value[FIELDS], cpu[CPU_TIMES];
    uint64_t uptime; /* in hundredths of a second */
};

static void read_values(const char *path, struct sample *s, int first, int end)
{
    if (proc_values(path, names + first, s->value + first, end - first) < 0)
        err(1, "%s", path);
}

/* The first line of a small file. */
static void first_line(const char *path, char *line, int size)
{
    FILE *f = fopen(path, "r");

    if (!f || !fgets(line, size, f))
        err(1, "%s", path);
    fclose(f);
}

static void take_sample(struct sample *s)
{
    char line[256], *p = line;

    memset(s, 0xff, sizeof(*s));
    read_values("/proc/meminfo", s, 0, MEMINFO_FIELDS);
    read_values("/proc/stat", s, MEMINFO_FIELDS, STAT_END);
    read_values("/proc/vmstat", s, STAT_END, FIELDS);
    first_line("/proc/uptime", line, sizeof(line));
    s->uptime = strtoul(line, &p, 10) * 100;
    s->uptime += *p == '.' ? strtoul(p + 1, NULL, 10) : 0;
    first_line("/proc/stat", line, sizeof(line));
    p = line + strcspn(line, " ");
    for (int i = 0; i < CPU_TIMES; i++)
        s->cpu[i] = strtoul(p, &p, 10);
}

/* --- lines --- */

/* Prints a column; one that needs more room takes it from the next, so that a line stays a line. */
static void print_column(int width, uint64_t n, char end)
{
    static int taken;
    char text[24];
    int length;

    if (n == NOT_COUNTED)
        length = snprintf(text, sizeof(text), "-");
    else
        length = snprintf(text, sizeof(text), "%lu", n);
    printf("%*s%c", width - taken, text, end);
    taken = end != '\n' && length > width - taken ? length - (width - taken) : 0;
}

static void print_number(int width, uint64_t n)
{
    print_column(width, n, ' ');
}

/* A sum of what is counted. */
static uint64_t sum(uint64_t a, uint64_t b)
{
    return a == NOT_COUNTED ? b : b == NOT_COUNTED ? a : a + b;
}

/* So many a second between two samples. */
static uint64_t rate(const struct sample *old, const struct sample *new, int field, uint64_t unit)
{
    uint64_t hundredths = new->uptime - old->uptime;

    if (new->value[field] == NOT_COUNTED)
        return NOT_COUNTED;
    if (hundredths == 0)
        hundredths = 1;
    return ((new->value[field] - old->value[field]) * unit * 100 + hundredths / 2) / hundredths;
}

static void print_cpu(const struct sample *old, const struct sample *new)
{
    uint64_t spent[CPU_TIMES], all = 0;

    for (int i = 0; i < CPU_TIMES; i++) {
        /* Sums of several clocks may go back a little. */
        spent[i] = new->cpu[i] > old->cpu[i] ? new->cpu[i] - old->cpu[i] : 0;
        all += spent[i];
    }
    if (all == 0)
        all = spent[IDLE] = 1;

    const uint64_t shown[] = {spent[USER] + spent[NICE],
                              spent[SYSTEM] + spent[IRQ] + spent[SOFTIRQ], spent[IDLE], spent[WAIT],
                              spent[STEAL]};
    for (int i = 0; i < 5; i++)
        print_column(2, (100 * shown[i] + all / 2) / all, i < 4 ? ' ' : '\n');
}

static void print_heading(void)
{
    printf("procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----\n"
           " r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st\n");
}

static void print_line(const struct sample *old, const struct sample *new)
{
    const uint64_t *v = new->value;

    print_number(2, v[RUNNING]);
    print_number(2, v[BLOCKED]);
    print_number(6, v[SWAP_TOTAL] - v[SWAP_FREE]);
    print_number(6, v[FREE]);
    print_number(6, v[BUFFERS]);
    print_number(6, sum(v[CACHED], v[RECLAIMABLE]));
    print_number(4, rate(old, new, SWAPPED_IN, PAGE_KIB));
    print_number(4, rate(old, new, SWAPPED_OUT, PAGE_KIB));
    print_number(5, rate(old, new, PAGED_IN, 1));
    print_number(5, rate(old, new, PAGED_OUT, 1));
    print_number(4, rate(old, new, INTERRUPTS, 1));
    print_number(4, rate(old, new, SWITCHES, 1));
    print_cpu(old, new);
}

static void print_sum(uint64_t n, const char *what)
{
    if (n == NOT_COUNTED)
        printf("%13s %s\n", "-", what);
    else
        printf("%13lu %s\n", n, what);
}

static void print_sums(void)
{
    struct sample s;
    const uint64_t *v = s.value;

    take_sample(&s);
    print_sum(v[TOTAL], "K total memory");
    print_sum(v[TOTAL] - v[AVAILABLE], "K used memory");
    print_sum(v[ACTIVE], "K active memory");
    print_sum(v[INACTIVE], "K inactive memory");
    print_sum(v[FREE], "K free memory");
    print_sum(v[BUFFERS], "K buffer memory");
    print_sum(sum(v[CACHED], v[RECLAIMABLE]), "K page cache");
    print_sum(v[SWAP_TOTAL], "K total swap");
    print_sum(v[SWAP_TOTAL] - v[SWAP_FREE], "K used swap");
    print_sum(v[SWAP_FREE], "K free swap");
    print_sum(s.cpu[USER], "non-nice user cpu ticks");
    print_sum(s.cpu[NICE], "nice user cpu ticks");
    print_sum(s.cpu[SYSTEM], "system cpu ticks");
    print_sum(s.cpu[IDLE], "idle cpu ticks");
    print_sum(s.cpu[WAIT], "IO-wait cpu ticks");
    print_sum(s.cpu[IRQ], "IRQ cpu ticks");
    print_sum(s.cpu[SOFTIRQ], "softirq cpu ticks");
    print_sum(s.cpu[STEAL], "stolen cpu ticks");
    print_sum(v[PAGED_IN], "K paged in");
    print_sum(v[PAGED_OUT], "K paged out");
    print_sum(v[SWAPPED_IN], "pages swapped in");
    print_sum(v[SWAPPED_OUT], "pages swapped out");
    print_sum(v[FAULTS], "page faults");
    print_sum(v[MAJOR_FAULTS], "page faults that had to read");
    print_sum(v[INTERRUPTS], "interrupts");
    print_sum(v[SWITCHES], "CPU context switches");
    print_sum(v[BOOT_TIME], "boot time");
    print_sum(v[FORKS], "forks");
}

static void print_lines(long seconds, long count)
{
    struct sample samples[2] = {0}; /* all zero: the machine's start */

    for (long i = 0; !count || i < count; i++) {
        if (i > 0) {
            fflush(stdout);
            sleep(seconds);
        }
        if (i % LINES_PER_HEADING == 0)
            print_heading();
        take_sample(&samples[1]);
        print_line(&samples[0], &samples[1]);
        samples[0] = samples[1];
    }
}

int main(int argc, char **argv)
{
    long seconds = 0, count = 1;
    int opt, sums = 0;

    while ((opt = getopt(argc, argv, "s")) != -1) {
        if (opt == '?')
            usage(synopsis);
        sums = 1;
    }
    if (optind < argc) {
        seconds = number_arg(argv[optind++], 1, INT_MAX);
        count = 0;
    }
    if (optind < argc)
        count = number_arg(argv[optind++], 1, INT_MAX);
    if (optind < argc)
        usage(synopsis);
    if (sums)
        print_sums();
    else
        print_lines(seconds, count);
    return finish(0);
}
