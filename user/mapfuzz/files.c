/* SPDX-License-Identifier: MIT */
/* The files that are mapped: one on the disk, opened in three ways, a memfd, /dev/zero. */
#include "mapfuzz.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_PAGES 8

int fds[NFDS];
static uint64_t block[3 * PAGE / 8];

static void must(long r, const char *what)
{
    if (r < 0) {
        perror(what);
        _exit(98);
    }
}

static void fill_block(void)
{
    uint64_t x = draw();

    for (size_t i = 0; i < sizeof(block) / 8; i++)
        block[i] = x += 0x9e3779b97f4a7c15;
}

/* Anew for each sequence; without names, so that they are gone with its process. */
void open_files(const char *name)
{
    unsigned long size = below(FILE_PAGES * PAGE);

    must(fds[FD_DISK] = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600), name);
    must(fds[FD_DISK_READ] = open(name, O_RDONLY), name);
    must(fds[FD_DISK_WRITE] = open(name, O_WRONLY), name);
    must(unlink(name), name);
    must(ftruncate(fds[FD_DISK], size), "ftruncate");
    must(fds[FD_ZERO] = open("/dev/zero", O_RDWR), "/dev/zero");
    fds[FD_MEMFD] = -1;
    if (features & WITH_MEMFD) {
        must(fds[FD_MEMFD] = memfd_create("fuzz", 0), "memfd_create");
        must(ftruncate(fds[FD_MEMFD], below(FILE_PAGES * PAGE)), "ftruncate");
    }
    fill_block();
    must(pwrite(fds[FD_DISK], block, size < sizeof(block) ? size : sizeof(block), 0), "pwrite");
}

unsigned long file_size(int which)
{
    struct stat st;

    must(fstat(fds[which], &st), "fstat");
    return st.st_size;
}

void op_file(void)
{
    int which = below(2) && features & WITH_MEMFD ? FD_MEMFD : FD_DISK;
    const char *name = which == FD_DISK ? "disk" : "memfd";
    unsigned long at = one_in(2) ? below(FILE_PAGES) * PAGE + spots[below(4)] : below(10000);
    unsigned long len = 1 + below(one_in(2) ? sizeof(block) : 100);
    ssize_t n;

    switch (below(8)) {
    case 0:
    case 1:
        at = one_in(3) ? below(FILE_PAGES + 1) * PAGE : below(FILE_PAGES * PAGE);
        say("ftruncate %s %lx", name, at);
        say_result(ftruncate(fds[which], at));
        break;
    case 2:
    case 3:
    case 4:
        fill_block();
        say("pwrite %s at %lx, %lx bytes = %ld\n", name, at, len,
            (long)pwrite(fds[which], block, len, at));
        break;
    case 5:
    case 6:
        n = pread(fds[which], block, len, at);
        say("pread %s at %lx, %lx bytes = %ld", name, at, len, (long)n);
        say(" hash %llx\n", (unsigned long long)hash(1, block, n > 0 ? n : 0));
        break;
    default:
        say("fsync %s", name);
        say_result(one_in(4) ? fsync(fds[which]) : 0);
    }
}
