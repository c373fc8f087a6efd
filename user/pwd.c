/* SPDX-License-Identifier: MIT */
/* pwd: prints the working directory. */
#include <cli.h>
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char path[PATH_MAX];

    if (getopt(argc, argv, "") != -1 || optind < argc)
        usage("pwd");
    if (!getcwd(path, sizeof(path)))
        err(1, "getcwd");
    puts(path);
    return finish(0);
}
