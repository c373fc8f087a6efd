/* SPDX-License-Identifier: MIT */
/* cp: copies files; -r: directories with all that is in them, links and devices as such. */
#include <cli.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int recursive;

static int complain(const char *path)
{
    warn("%s", path);
    return 1;
}

static int write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t w = write(fd, p, n);
        if (w < 0)
            return -1;
        p += w;
        n -= w;
    }
    return 0;
}

static int copy_bytes(int in, const char *from, int out, const char *to)
{
    static char buf[65536];
    ssize_t n;

    while ((n = read(in, buf, sizeof(buf))) > 0)
        if (write_all(out, buf, n) < 0)
            return complain(to);
    return n < 0 ? complain(from) : 0;
}

static int copy_file(const char *from, const char *to, const struct stat *st)
{
    struct stat there;
    int in, out, status;

    if (stat(to, &there) == 0 && there.st_dev == st->st_dev && there.st_ino == st->st_ino) {
        warnx("%s and %s are the same file", from, to);
        return 1;
    }
    in = open(from, O_RDONLY);
    if (in < 0)
        return complain(from);
    out = open(to, O_WRONLY | O_CREAT | O_TRUNC, st->st_mode & 0777);
    status = out < 0 ? complain(to) : copy_bytes(in, from, out, to);
    if (out >= 0 && close(out) < 0)
        status = complain(to);
    close(in);
    return status;
}

static int copy_link(const char *from, const char *to)
{
    char target[PATH_MAX];
    ssize_t n = readlink(from, target, sizeof(target) - 1);

    if (n < 0)
        return complain(from);
    target[n] = '\0';
    return symlink(target, to) < 0 ? complain(to) : 0;
}

static int copy(const char *from, const char *to);

static int copy_directory(const char *from, const char *to, const struct stat *st)
{
    struct dirent *d;
    int status = 0;
    DIR *dir;

    if (mkdir(to, (st->st_mode & 0777) | S_IWUSR | S_IXUSR) < 0 && errno != EEXIST)
        return complain(to);
    dir = opendir(from);
    if (!dir)
        return complain(from);
    while ((d = readdir(dir))) {
        char *source, *target;
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        source = join_path(from, d->d_name);
        target = join_path(to, d->d_name);
        status |= copy(source, target);
        free(source);
        free(target);
    }
    closedir(dir);
    return status;
}

/* Would `to` come to lie inside the directory that `from` is? Then the copy would never end. */
static int inside_itself(const char *from, const char *to)
{
    size_t n = strlen(from);

    while (n > 1 && from[n - 1] == '/')
        n--;
    return strncmp(from, to, n) == 0 && (to[n] == '/' || from[n - 1] == '/');
}

static int copy(const char *from, const char *to)
{
    struct stat st;

    if ((recursive ? lstat : stat)(from, &st) < 0)
        return complain(from);
    if (S_ISDIR(st.st_mode)) {
        if (recursive && !inside_itself(from, to))
            return copy_directory(from, to, &st);
        warnx("%s: %s", from, recursive ? "cannot be copied into itself" : "a directory (use -r)");
        return 1;
    }
    if (recursive && S_ISLNK(st.st_mode))
        return copy_link(from, to);
    if (recursive && !S_ISREG(st.st_mode))
        return mknod(to, st.st_mode, st.st_rdev) < 0 ? complain(to) : 0;
    return copy_file(from, to, &st);
}

int main(int argc, char **argv)
{
    const char *synopsis = "cp [-r] file name\n       cp [-r] file ... directory";
    int opt, status = 0, into;
    struct stat st;
    char *last;

    while ((opt = getopt(argc, argv, "r")) != -1) {
        if (opt == '?')
            usage(synopsis);
        recursive = 1;
    }
    if (argc - optind < 2)
        usage(synopsis);
    last = argv[argc - 1];
    into = stat(last, &st) == 0 && S_ISDIR(st.st_mode);
    if (!into && argc - optind > 2)
        errx(1, "%s: not a directory", last);
    for (int i = optind; i < argc - 1; i++) {
        char *to = into ? join_path(last, base_name(argv[i])) : last;
        status |= copy(argv[i], to);
        if (into)
            free(to);
    }
    return status;
}
