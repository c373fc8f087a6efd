/* SPDX-License-Identifier: MIT */
/* dmesg: prints the kernel's log. */
#include <cli.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/klog.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int size, n;
    char *log;

    if (getopt(argc, argv, "") != -1 || optind < argc)
        usage("dmesg");
    size = klogctl(SYSLOG_ACTION_SIZE_BUFFER, NULL, 0);
    if (size < 0)
        err(1, "kernel log");
    log = malloc(size + 1);
    if (!log)
        err(1, "kernel log");
    n = klogctl(SYSLOG_ACTION_READ_ALL, log, size);
    if (n < 0)
        err(1, "kernel log");
    fwrite(log, 1, n, stdout);
    return finish(0);
}
