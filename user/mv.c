/* SPDX-License-Identifier: MIT */
/* mv: renames files, or moves them into a directory. Not from one file system to another. */
#include <cli.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    const char *synopsis = "mv file name\n       mv file ... directory";
    int status = 0, into;
    struct stat st;
    char *last;

    if (getopt(argc, argv, "") != -1 || argc - optind < 2)
        usage(synopsis);
    last = argv[argc - 1];
    into = stat(last, &st) == 0 && S_ISDIR(st.st_mode);
    if (!into && argc - optind > 2)
        errx(1, "%s: not a directory", last);
    for (int i = optind; i < argc - 1; i++) {
        char *to = into ? join_path(last, base_name(argv[i])) : last;
        if (rename(argv[i], to) < 0) {
            warn("%s -> %s", argv[i], to);
            status = 1;
        }
        if (into)
            free(to);
    }
    return status;
}
