/* SPDX-License-Identifier: MIT */
/* Files made and read in one step, patterns, and numbers drawn at random. */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *self_path(void)
{
    static char path[256];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (n <= 0)
        return "/bin/usertests";
    path[n] = 0;
    return path;
}

void write_file(const char *path, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);

    if (fd < 0)
        FAIL("cannot create %s: %s", path, strerror(errno));
    write_full(fd, data, size);
    CHECK_OK(close(fd));
}

size_t read_file(const char *path, char *buf, size_t size)
{
    int fd = open(path, O_RDONLY);
    size_t n;

    if (fd < 0)
        FAIL("cannot open %s: %s", path, strerror(errno));
    n = read_full(fd, buf, size - 1);
    close(fd);
    buf[n] = 0;
    return n;
}

int numbered_file(const char *path, int pages)
{
    int fd = (int)CHECK_OK(open(path, O_RDWR | O_CREAT | O_TRUNC, 0666));
    char page[PAGE];

    for (int i = 0; i < pages; i++) {
        memset(page, i + 1, PAGE);
        write_full(fd, page, PAGE);
    }
    return fd;
}

bool exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

size_t read_full(int fd, void *buf, size_t n)
{
    size_t done = 0;

    while (done < n) {
        ssize_t r = CHECK_OK(read(fd, (char *)buf + done, n - done));
        if (r == 0)
            break;
        done += r;
    }
    return done;
}

void write_full(int fd, const void *buf, size_t n)
{
    for (size_t done = 0; done < n;)
        done += CHECK_OK(write(fd, (const char *)buf + done, n - done));
}

/* Eight bytes at a time: every word differs from its neighbours and from other seeds. */
static uint64_t pattern_word(size_t i, unsigned long seed)
{
    uint64_t x = (i + 1) * 0x9e3779b97f4a7c15ull ^ seed * 0xd1342543de82ef95ull;

    return x ^ x >> 29;
}

typedef uint64_t __attribute__((may_alias)) word;

void fill_pattern(void *buf, size_t n, unsigned long seed)
{
    word *p = buf;

    for (size_t i = 0; i < n / 8; i++)
        p[i] = pattern_word(i, seed);
    for (size_t i = n & ~7ul; i < n; i++)
        ((unsigned char *)buf)[i] = pattern_word(n / 8, seed) >> i % 8 * 8;
}

void check_pattern(const void *buf, size_t n, unsigned long seed)
{
    const word *p = buf;
    size_t i;

    for (i = 0; i < n / 8; i++)
        if (p[i] != pattern_word(i, seed))
            FAIL("wrong contents at %p, byte %zu of %zu, pattern %lu", &p[i], i * 8, n, seed);
    for (i = n & ~7ul; i < n; i++)
        if (((const unsigned char *)buf)[i] !=
            (unsigned char)(pattern_word(n / 8, seed) >> i % 8 * 8))
            FAIL("wrong contents in the last bytes of %zu, pattern %lu", n, seed);
}

bool all_bytes(const void *buf, size_t n, int value)
{
    const unsigned char *p = buf;

    for (size_t i = 0; i < n; i++)
        if (p[i] != (unsigned char)value)
            return false;
    return true;
}

unsigned long draw(unsigned long *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15ull;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}
