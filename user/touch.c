/* SPDX-License-Identifier: MIT */
/* touch: sets files' times to now, making those that are not there; -c: not making any. */
#include <cli.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int touch(const char *path, int make)
{
    int fd;

    if (utimensat(AT_FDCWD, path, NULL, 0) == 0)
        return 0;
    if (errno == ENOENT && !make)
        return 0;
    if (errno == ENOENT) {
        fd = open(path, O_WRONLY | O_CREAT, 0666);
        if (fd >= 0)
            return close(fd);
    }
    warn("%s", path);
    return 1;
}

int main(int argc, char **argv)
{
    int opt, make = 1, status = 0;

    while ((opt = getopt(argc, argv, "c")) != -1) {
        if (opt == '?')
            usage("touch [-c] file ...");
        make = 0;
    }
    if (optind == argc)
        usage("touch [-c] file ...");
    for (int i = optind; i < argc; i++)
        status |= touch(argv[i], make);
    return status;
}
