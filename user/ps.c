/* SPDX-License-Identifier: MIT */
/* ps: the processes, from /proc/N/stat and /proc/N/cmdline. Sizes are in KiB. */
#include <cli.h>
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads a small file whole; its length, or -1 when the process is gone already. */
static ssize_t slurp(int pid, const char *name, char *buf, size_t size)
{
    char path[40];
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
    fd = open(path, O_RDONLY);
    if (fd < 0)
        return -1;
    n = read(fd, buf, size - 1);
    close(fd);
    buf[n > 0 ? n : 0] = '\0';
    return n;
}

/* The nth field (from 1) of a line of fields, where s is at field `first`. */
static const char *field(const char *s, int first, int nth)
{
    for (; first < nth && *s; first++) {
        s += strcspn(s, " ");
        s += strspn(s, " ");
    }
    return s;
}

static void print_process(int pid)
{
    char stat[1024], command[256], *name, *rest;
    ssize_t n;

    /* The name in brackets may itself hold spaces and brackets: the last bracket ends it. */
    if (slurp(pid, "stat", stat, sizeof(stat)) <= 0 || !(name = strchr(stat, '(')) ||
        !(rest = strrchr(stat, ')')))
        return;
    *rest = '\0';
    rest += rest[1] == ' ' ? 2 : 1;

    n = slurp(pid, "cmdline", command, sizeof(command));
    for (ssize_t i = 0; i + 1 < n; i++)
        if (!isprint((unsigned char)command[i]))
            command[i] = ' ';
    printf("%5d %5ld %c %9lu %8lu ", pid, atol(field(rest, 3, 4)), *rest,
           strtoul(field(rest, 3, 23), NULL, 10) / 1024,
           strtoul(field(rest, 3, 24), NULL, 10) * getpagesize() / 1024);
    if (n > 0)
        printf("%s\n", command);
    else
        printf("[%s]\n", name + 1);
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

int main(int argc, char **argv)
{
    int *pids = NULL;
    size_t count = 0;
    struct dirent *d;
    DIR *dir;

    if (getopt(argc, argv, "") != -1 || optind < argc)
        usage("ps");
    dir = opendir("/proc");
    if (!dir)
        err(1, "/proc");
    while ((d = readdir(dir))) {
        if (!isdigit((unsigned char)d->d_name[0]))
            continue;
        if (count % 64 == 0 && !(pids = reallocarray(pids, count + 64, sizeof(*pids))))
            err(1, "/proc");
        pids[count++] = atoi(d->d_name);
    }
    closedir(dir);
    if (count)
        qsort(pids, count, sizeof(*pids), by_number);
    printf("  PID  PPID S       VSZ      RSS COMMAND\n");
    for (size_t i = 0; i < count; i++)
        print_process(pids[i]);
    free(pids);
    return finish(0);
}
