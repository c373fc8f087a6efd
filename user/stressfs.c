/* SPDX-License-Identifier: MIT */
/*
 * stressfs: several processes (-p, 4) write, read back, verify, rename and remove files at once,
 * for some rounds (-n, 20) each, in one directory (-d, the working directory). Every byte follows
 * from the seed (-s, 1), so that one that is wrong, or another file's, is found.
 */
#include <cli.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_SIZE (128 * 1024)
#define PIECE    5000 /* of a write: never a multiple of a block */

static const char synopsis[] = "stressfs [-p processes] [-n rounds] [-s seed] [-d directory]";
static unsigned seed = 1;
static const char *directory = ".";

/* The bytes of one file in one round. */
static void fill(unsigned char *buf, size_t size, unsigned process, unsigned round)
{
    unsigned state = seed * 2654435761u + process * 40503u + round + 1;

    for (size_t i = 0; i < size; i++)
        buf[i] = rand_r(&state) >> 8;
}

static void write_file(const char *path, const unsigned char *buf, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

    if (fd < 0)
        err(1, "%s", path);
    for (size_t done = 0; done < size;) {
        ssize_t n = write(fd, buf + done, size - done < PIECE ? size - done : PIECE);
        if (n <= 0)
            err(1, "%s: write at %zu", path, done);
        done += n;
    }
    if (close(fd) < 0)
        err(1, "%s", path);
}

static void check_file(const char *path, const unsigned char *buf, size_t size)
{
    unsigned char part[4096];
    size_t done = 0;
    struct stat st;
    ssize_t n;
    int fd = open(path, O_RDONLY);

    if (fd < 0 || fstat(fd, &st) < 0)
        err(1, "%s", path);
    if ((size_t)st.st_size != size)
        errx(1, "%s: size %ld where %zu was written", path, st.st_size, size);
    while ((n = read(fd, part, sizeof(part))) > 0) {
        for (ssize_t i = 0; i < n; i++)
            if (done + i >= size || part[i] != buf[done + i])
                errx(1, "%s: byte %zu is %02x, not what was written", path, done + i, part[i]);
        done += n;
    }
    if (n < 0)
        err(1, "%s: read at %zu", path, done);
    if (done != size)
        errx(1, "%s: ends at %zu, not %zu", path, done, size);
    close(fd);
}

static void work(unsigned process, long rounds)
{
    unsigned char *buf = malloc(MAX_SIZE);
    char path[PATH_MAX], other[PATH_MAX];
    unsigned state = seed + process * 7919;

    if (!buf)
        err(1, "buffer");
    for (long round = 0; round < rounds; round++) {
        size_t size = rand_r(&state) % (MAX_SIZE + 1);
        snprintf(path, sizeof(path), "%s/stress-%u-%ld", directory, process, round % 3);
        snprintf(other, sizeof(other), "%s/stress-%u-moved", directory, process);
        fill(buf, size, process, round);
        write_file(path, buf, size);
        check_file(path, buf, size);
        if (round % 2 == 0 && rename(path, other) < 0)
            err(1, "%s -> %s", path, other);
        if (round % 2 == 0)
            strcpy(path, other);
        check_file(path, buf, size);
        if (unlink(path) < 0)
            err(1, "%s", path);
        if (access(path, F_OK) == 0 || errno != ENOENT)
            errx(1, "%s: still there after its removal", path);
    }
    free(buf);
}

int main(int argc, char **argv)
{
    long processes = 4, rounds = 20, started = 0, failed = 0;
    int opt, status;

    while ((opt = getopt(argc, argv, "p:n:s:d:")) != -1) {
        if (opt == 'p')
            processes = number_arg(optarg, 1, 10000);
        else if (opt == 'n')
            rounds = number_arg(optarg, 1, LONG_MAX);
        else if (opt == 's')
            seed = number_arg(optarg, 0, UINT_MAX);
        else if (opt == 'd')
            directory = optarg;
        else
            usage(synopsis);
    }
    if (optind < argc)
        usage(synopsis);
    for (; started < processes; started++) {
        pid_t pid = fork();
        if (pid < 0) {
            warn("fork");
            failed++;
            break;
        }
        if (pid == 0) {
            work(started, rounds);
            _exit(0);
        }
    }
    for (long i = 0; i < started; i++)
        if (wait(&status) < 0 || status != 0)
            failed++;
    printf("stressfs: %ld processes, %ld rounds each, seed %u: %s\n", started, rounds, seed,
           failed ? "failed" : "ok");
    return finish(failed != 0);
}
