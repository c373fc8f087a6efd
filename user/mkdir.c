/* SPDX-License-Identifier: MIT */
/* mkdir: makes directories; -p: the missing ones above too, and one that exists is fine. */
#include <cli.h>
#include <err.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int make(const char *path, int existing_is_fine)
{
    struct stat st;

    if (mkdir(path, 0777) == 0)
        return 0;
    if (errno == EEXIST && existing_is_fine && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return 0;
    warn("%s", path);
    return 1;
}

static int make_with_parents(char *path)
{
    for (char *p = path + strspn(path, "/"); (p = strchr(p, '/')); p += strspn(p, "/")) {
        int failed;
        *p = '\0';
        failed = make(path, 1);
        *p = '/';
        if (failed)
            return 1;
    }
    return make(path, 1);
}

int main(int argc, char **argv)
{
    int opt, parents = 0, status = 0;

    while ((opt = getopt(argc, argv, "p")) != -1) {
        if (opt == '?')
            usage("mkdir [-p] directory ...");
        parents = 1;
    }
    if (optind == argc)
        usage("mkdir [-p] directory ...");
    for (int i = optind; i < argc; i++)
        status |= parents ? make_with_parents(argv[i]) : make(argv[i], 0);
    return status;
}
