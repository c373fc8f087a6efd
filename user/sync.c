/* SPDX-License-Identifier: MIT */
/* sync: has everything written to the disk that is only in memory. */
#include <cli.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (getopt(argc, argv, "") != -1 || optind < argc)
        usage("sync");
    sync();
    return 0;
}
