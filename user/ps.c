/* SPDX-License-Identifier: MIT */
/* ps: the processes, from /proc/N/stat and /proc/N/cmdline. Sizes are in KiB. */
#include <cli.h>
#include <procfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void print_process(int pid)
{
    struct proc_stat stat;
    char command[256];

    /* One that has ended since the list was made is left out. */
    if (proc_stat(pid, &stat) < 0 || proc_command(pid, command, sizeof(command)) < 0)
        return;
    printf("%5d %5lu %c %9lu %8lu %s\n", pid, stat.field[STAT_PPID], stat.state,
           stat.field[STAT_VSIZE] / 1024, stat.field[STAT_RSS] * getpagesize() / 1024, command);
}

int main(int argc, char **argv)
{
    size_t count;
    int *pids;

    if (getopt(argc, argv, "") != -1 || optind < argc)
        usage("ps");
    pids = proc_pids(&count);
    printf("  PID  PPID S       VSZ      RSS COMMAND\n");
    for (size_t i = 0; i < count; i++)
        print_process(pids[i]);
    free(pids);
    return finish(0);
}
