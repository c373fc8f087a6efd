/* SPDX-License-Identifier: MIT */
/* rm: removes files; -r: directories with all that is in them; -f: what is not there is fine. */
#include <cli.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int recursive, force;

static int complain(const char *path)
{
    if (force && errno == ENOENT)
        return 0;
    warn("%s", path);
    return 1;
}

static int is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int remove_path(const char *path);

static int empty_directory(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *d;
    int status = 0;

    if (!dir)
        return complain(path);
    while ((d = readdir(dir))) {
        char *below;
        if (is_dot(d->d_name))
            continue;
        below = join_path(path, d->d_name);
        status |= remove_path(below);
        free(below);
    }
    closedir(dir);
    return status;
}

static int remove_path(const char *path)
{
    struct stat st;

    if (lstat(path, &st) < 0)
        return complain(path);
    if (!S_ISDIR(st.st_mode))
        return unlink(path) < 0 ? complain(path) : 0;
    if (!recursive) {
        errno = EISDIR;
        return complain(path);
    }
    if (empty_directory(path))
        return 1;
    return rmdir(path) < 0 ? complain(path) : 0;
}

int main(int argc, char **argv)
{
    int opt, status = 0;

    while ((opt = getopt(argc, argv, "rf")) != -1) {
        if (opt == '?')
            usage("rm [-rf] file ...");
        recursive |= opt == 'r';
        force |= opt == 'f';
    }
    if (optind == argc && !force)
        usage("rm [-rf] file ...");
    for (int i = optind; i < argc; i++) {
        if (is_dot(base_name(argv[i]))) {
            warnx("%s: will not be removed", argv[i]);
            status = 1;
            continue;
        }
        status |= remove_path(argv[i]);
    }
    return status;
}
