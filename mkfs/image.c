/* SPDX-License-Identifier: MIT */
/* The image file; see image.h. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ext2_format.h"
#include "image.h"
#include "util.h"

static const char *image_path;
static int image_fd = -1;

/* Set while the temporary file exists; read by the signal handler. */
static char *volatile temporary;

static void remove_temporary(void)
{
    if (temporary)
        unlink(temporary);
    temporary = NULL;
}

static void die_of_signal(int number)
{
    remove_temporary();
    signal(number, SIG_DFL);
    raise(number);
}

/* mkstemp() makes the file private; give it the permissions of any other new file. */
static void make_public(void)
{
    mode_t mask = umask(0);

    umask(mask);
    if (fchmod(image_fd, 0666 & ~mask) < 0)
        fail_errno(image_path);
}

void image_create(const char *path, uint64_t blocks)
{
    static const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM};
    char *name = xasprintf("%s.XXXXXX", path);
    sigset_t set, old;

    image_path = path;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
        sigaddset(&set, deadly[i]);
        if (signal(deadly[i], die_of_signal) == SIG_IGN)
            signal(deadly[i], SIG_IGN);
    }
    signal(SIGXFSZ, SIG_IGN); /* a write beyond the limit then fails with EFBIG */
    atexit(remove_temporary);

    /* No signal may come between the file's birth and our knowing its name. */
    sigprocmask(SIG_BLOCK, &set, &old);
    image_fd = mkstemp(name);
    if (image_fd >= 0)
        temporary = name;
    sigprocmask(SIG_SETMASK, &old, NULL);

    if (image_fd < 0)
        fail_errno(path);
    make_public();
    if (ftruncate(image_fd, (off_t)(blocks * EXT2_BLOCK_SIZE)) < 0)
        fail_errno(path);
}

void image_write(uint64_t offset, const void *data, size_t size)
{
    const char *from = data;

    while (size) {
        ssize_t n = pwrite(image_fd, from, size, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            fail_errno(image_path);
        from += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
}

void image_write_block(uint32_t block, const void *data)
{
    image_write((uint64_t)block * EXT2_BLOCK_SIZE, data, EXT2_BLOCK_SIZE);
}

void image_commit(void)
{
    if (close(image_fd) < 0 || rename(temporary, image_path) < 0)
        fail_errno(image_path);
    temporary = NULL;
}
