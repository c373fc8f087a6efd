/* SPDX-License-Identifier: MIT */
/* ln: makes another name for a file; -s: a symbolic link; -f: in place of what is there. */
#include <cli.h>
#include <err.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int opt, symbolic = 0, force = 0;
    const char *to;
    struct stat st;

    while ((opt = getopt(argc, argv, "sf")) != -1) {
        if (opt == '?')
            usage("ln [-sf] target [name | directory]");
        symbolic |= opt == 's';
        force |= opt == 'f';
    }
    if (argc - optind < 1 || argc - optind > 2)
        usage("ln [-sf] target [name | directory]");
    to = argc - optind == 2 ? argv[optind + 1] : ".";
    if (stat(to, &st) == 0 && S_ISDIR(st.st_mode))
        to = join_path(to, base_name(argv[optind]));
    if (force && unlink(to) < 0 && errno != ENOENT)
        err(1, "%s", to);
    if ((symbolic ? symlink : link)(argv[optind], to) < 0)
        err(1, "%s -> %s", to, argv[optind]);
    return 0;
}
