/* SPDX-License-Identifier: MIT */
/* rmdir: removes empty directories. */
#include <cli.h>
#include <err.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int status = 0;

    if (getopt(argc, argv, "") != -1 || optind == argc)
        usage("rmdir directory ...");
    for (int i = optind; i < argc; i++)
        if (rmdir(argv[i]) < 0) {
            warn("%s", argv[i]);
            status = 1;
        }
    return status;
}
