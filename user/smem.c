/* SPDX-License-Identifier: MIT */
/*
 * smem: what each process's memory comes to, from /proc/N/smaps_rollup, in KiB. USS: its own pages,
 * which its end would free; PSS: these and its share of those that others map as well; RSS: all
 * that it maps.
 */
#include <cli.h>
#include <err.h>
#include <inttypes.h>
#include <procfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char synopsis[] = "smem [-t] [-k] [-r] [-s column]\n"
                               "  -t  totals below\n"
                               "  -k  sizes in whatever unit reads well\n"
                               "  -r  in falling order\n"
                               "  -s  by pid, command, swap, uss, pss (the default) or rss";

enum {
    COMMAND = 27 /* columns for it */
};

struct process {
    int pid;
    char command[256];
    uint64_t swap, uss, pss, rss;
};

static int by_pid(const void *a, const void *b)
{
    const struct process *x = a, *y = b;

    return x->pid - y->pid;
}

static int by_command(const void *a, const void *b)
{
    const struct process *x = a, *y = b;

    return strcmp(x->command, y->command);
}

/* Equal ones in the order of their pids. */
#define BY(column)                                                                                 \
    static int by_##column(const void *a, const void *b)                                           \
    {                                                                                              \
        const struct process *x = a, *y = b;                                                       \
        return x->column == y->column ? by_pid(a, b) : x->column < y->column ? -1 : 1;             \
    }
BY(swap)
BY(uss)
BY(pss)
BY(rss)
#undef BY

static const struct {
    const char *name;
    int (*compare)(const void *, const void *);
} columns[] = {
    {"pid", by_pid}, {"command", by_command}, {"swap", by_swap},
    {"uss", by_uss}, {"pss", by_pss},         {"rss", by_rss},
};

static int human;

static void print_size(uint64_t kib)
{
    char text[16];

    if (human)
        printf(" %8s", human_size(text, kib * 1024));
    else
        printf(" %8" PRIu64, kib);
}

static void print_sizes(const struct process *p)
{
    print_size(p->swap);
    print_size(p->uss);
    print_size(p->pss);
    print_size(p->rss);
    printf(" \n");
}

/* What a process has; 0 for one that is gone, or that has no memory of its own. */
static int look(int pid, struct process *p)
{
    FILE *f = proc_open(pid, "smaps_rollup");
    struct proc_usage u;
    struct proc_map all;
    int found = f && proc_next_map(f, &all, &u);

    if (f)
        fclose(f);
    if (!found || proc_command(pid, p->command, sizeof(p->command)) < 0)
        return 0;
    p->pid = pid;
    p->swap = u.swap;
    p->uss = u.private_clean + u.private_dirty;
    p->pss = u.pss;
    p->rss = u.rss;
    return 1;
}

static void print_all(const struct process *list, size_t count, int reverse, int totals)
{
    struct process sum = {0};

    printf("  PID %-*s %8s %8s %8s %8s \n", COMMAND, "Command", "Swap", "USS", "PSS", "RSS");
    for (size_t i = 0; i < count; i++) {
        const struct process *p = &list[reverse ? count - 1 - i : i];
        printf("%5d %-*.*s", p->pid, COMMAND, COMMAND, p->command);
        print_sizes(p);
        sum.swap += p->swap;
        sum.uss += p->uss;
        sum.pss += p->pss;
        sum.rss += p->rss;
    }
    if (totals) {
        for (int i = 0; i < 5 + 1 + COMMAND + 4 * 9; i++)
            putchar('-');
        printf("\n%5zu %-*s", count, COMMAND, "");
        print_sizes(&sum);
    }
}

static int (*compare_by(const char *name))(const void *, const void *)
{
    for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
        if (strcmp(name, columns[i].name) == 0)
            return columns[i].compare;
    usage(synopsis);
}

int main(int argc, char **argv)
{
    int (*compare)(const void *, const void *) = by_pss;
    int opt, reverse = 0, totals = 0, *pids;
    struct process *list;
    size_t all, count = 0;

    while ((opt = getopt(argc, argv, "tkrs:")) != -1) {
        if (opt == 't')
            totals = 1;
        else if (opt == 'k')
            human = 1;
        else if (opt == 'r')
            reverse = 1;
        else if (opt == 's')
            compare = compare_by(optarg);
        else
            usage(synopsis);
    }
    if (optind < argc)
        usage(synopsis);
    pids = proc_pids(&all);
    list = calloc(all, sizeof(*list));
    if (!list)
        err(1, "processes");
    for (size_t i = 0; i < all; i++)
        count += look(pids[i], &list[count]);
    if (count)
        qsort(list, count, sizeof(*list), compare);
    print_all(list, count, reverse, totals);
    free(list);
    free(pids);
    return finish(0);
}
