/* SPDX-License-Identifier: MIT */
/* cat: copies files, or standard input, to standard output. */
#include <cli.h>
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char buf[16384];

static int copy(int fd, const char *name)
{
    ssize_t n;

    while ((n = read(fd, buf, sizeof(buf))) > 0)
        for (ssize_t done = 0; done < n;) {
            ssize_t w = write(STDOUT_FILENO, buf + done, n - done);
            if (w < 0)
                err(1, "standard output");
            done += w;
        }
    if (n < 0)
        warn("%s", name);
    return n < 0;
}

int main(int argc, char **argv)
{
    int status = 0;

    if (getopt(argc, argv, "") != -1)
        usage("cat [file ...]");
    if (optind == argc)
        return copy(STDIN_FILENO, "standard input");
    for (int i = optind; i < argc; i++) {
        int fd = strcmp(argv[i], "-") == 0 ? STDIN_FILENO : open(argv[i], O_RDONLY);
        if (fd < 0) {
            warn("%s", argv[i]);
            status = 1;
            continue;
        }
        status |= copy(fd, argv[i]);
        if (fd != STDIN_FILENO)
            close(fd);
    }
    return status;
}
