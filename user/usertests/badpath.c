/* SPDX-License-Identifier: MIT */
/*
 * Bad strings to every system call that takes a path, or several, or vectors of strings: no
 * address, no terminator, too long, empty.
 */
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct path_call {
    const char *name;
    int nr;
    int which; /* the argument that is the path */
    long args[6];
};

static const char there[] = "there", absent[] = "absent";
static char buffer[512];
#define P(s) (long)(s)

/* Each would succeed, or fail for another reason, with a good path in that place. */
static const struct path_call calls[] = {
    {"openat", SYS_openat, 1, {AT_FDCWD, 0, O_RDONLY}},
    {"openat O_CREAT", SYS_openat, 1, {AT_FDCWD, 0, O_RDWR | O_CREAT, 0600}},
    {"newfstatat", SYS_newfstatat, 1, {AT_FDCWD, 0, P(buffer), 0}},
    {"faccessat", SYS_faccessat, 1, {AT_FDCWD, 0, R_OK}},
    {"readlinkat", SYS_readlinkat, 1, {AT_FDCWD, 0, P(buffer), 100}},
    {"mkdirat", SYS_mkdirat, 1, {AT_FDCWD, 0, 0700}},
    {"mknodat", SYS_mknodat, 1, {AT_FDCWD, 0, 0010600, 0}},
    {"unlinkat", SYS_unlinkat, 1, {AT_FDCWD, 0, 0}},
    {"unlinkat dir", SYS_unlinkat, 1, {AT_FDCWD, 0, AT_REMOVEDIR}},
    {"symlinkat target", SYS_symlinkat, 0, {0, AT_FDCWD, P(absent)}},
    {"symlinkat path", SYS_symlinkat, 2, {P(there), AT_FDCWD, 0}},
    {"linkat old", SYS_linkat, 1, {AT_FDCWD, 0, AT_FDCWD, P(absent), 0}},
    {"linkat new", SYS_linkat, 3, {AT_FDCWD, P(there), AT_FDCWD, 0, 0}},
    {"renameat2 old", SYS_renameat2, 1, {AT_FDCWD, 0, AT_FDCWD, P(absent), 0}},
    {"renameat2 new", SYS_renameat2, 3, {AT_FDCWD, P(there), AT_FDCWD, 0, 0}},
    {"truncate", SYS_truncate, 0, {0, 10}},
    {"chdir", SYS_chdir, 0, {0}},
    {"fchmodat", SYS_fchmodat, 1, {AT_FDCWD, 0, 0600}},
    {"fchownat", SYS_fchownat, 1, {AT_FDCWD, 0, 0, 0, 0}},
    {"utimensat", SYS_utimensat, 1, {AT_FDCWD, 0, 0, 0}},
    {"faccessat2", SYS_faccessat2, 1, {AT_FDCWD, 0, R_OK, 0}},
    {"statx", SYS_statx, 1, {AT_FDCWD, 0, 0, 0x7ff, P(buffer)}},
    {"chroot", SYS_chroot, 0, {0}},
    {"umount2", SYS_umount2, 0, {0, 0}},
    {"mount", SYS_mount, 1, {P(there), 0, P(there), 0, 0}},
    {"statfs", SYS_statfs, 0, {0, P(buffer)}},
    {"execve", SYS_execve, 0, {0, 0, 0}},
};
#define NCALLS (sizeof(calls) / sizeof(calls[0]))

/* Every call with this as its path fails, and with this error. */
static void all_calls(const void *path, int error)
{
    for (size_t i = 0; i < NCALLS; i++) {
        const struct path_call *c = &calls[i];
        long a[6], r;

        memcpy(a, c->args, sizeof(a));
        a[c->which] = (long)path;
        r = syscall(c->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
        if (r != -1 || errno != error)
            FAIL("%s with path %p: expected %s, got %ld (%s)", c->name, path, strerror(error), r,
                 strerror(errno));
    }
    CHECK(exists(there));
    CHECK(!exists(absent));
}

static void addresses(void)
{
    char *p = map(2 * PAGE, PROT_READ | PROT_WRITE);

    write_file(there, "x", 1);
    CHECK_OK(munmap(p, PAGE));
    CHECK_OK(mprotect(p + PAGE, PAGE, PROT_NONE));
    all_calls(NULL, EFAULT);
    all_calls(p, EFAULT);
    all_calls(p + PAGE, EFAULT);
    all_calls((void *)8, EFAULT);
    all_calls((void *)USER_LIMIT, EFAULT);
    all_calls((void *)user_end(), EFAULT);
    all_calls((void *)(1ul << 62), EFAULT);
    all_calls((void *)slot_va(256), EFAULT);
    all_calls((void *)slot_va(272), EFAULT);
    all_calls((void *)(slot_va(272) + 2 * GiB + 4 * MiB), EFAULT);
    all_calls((void *)0xffffffff80200000, EFAULT);
    all_calls((void *)-1, EFAULT);
}

/* A string that ends, not with a 0, but with its page. */
static void unterminated(void)
{
    char *p = map(3 * PAGE, PROT_READ | PROT_WRITE);

    write_file(there, "x", 1);
    memset(p, 'a', 3 * PAGE);
    CHECK_OK(munmap(p + 2 * PAGE, PAGE));
    for (unsigned long n = 1; n < 2 * PAGE; n = n * 5 + 2)
        if (n < PAGE)
            all_calls(p + 2 * PAGE - n, EFAULT);
    /* Terminated in the very last byte: only a name that is not there. */
    p[2 * PAGE - 1] = 0;
    CHECK_ERR(open(p + 2 * PAGE - 100, O_RDONLY), ENOENT);
    CHECK_ERR(open(p + PAGE + 3000, O_RDONLY), ENAMETOOLONG); /* 1095 bytes: a component too long */
}

static void too_long(void)
{
    static char path[3 * PAGE];

    write_file(there, "x", 1);
    memset(path, 'b', sizeof(path) - 1);
    all_calls(path, ENAMETOOLONG);
    for (size_t i = 1; i < sizeof(path) - 1; i += 2)
        path[i] = '/';
    all_calls(path, ENAMETOOLONG);
}

static void empty(void)
{
    write_file(there, "x", 1);
    all_calls("", ENOENT);
}

/* The longest path: PATH_MAX counts the terminator. */
static void longest(void)
{
    static char path[4200];

    memset(path, '/', sizeof(path));
    memcpy(path + 4090, "there", 6);
    path[4090] = '.';
    path[4091] = 0;
    CHECK_OK(access(path, F_OK));
    memset(path, '/', sizeof(path));
    path[4095] = 0;
    CHECK_OK(access(path, F_OK));
    path[4095] = '/';
    path[4096] = 0;
    CHECK_ERR(access(path, F_OK), ENAMETOOLONG);
}

static void exec_vectors(void)
{
    char *page = map(2 * PAGE, PROT_READ | PROT_WRITE), **edge;
    char *good[] = {"name", NULL};
    char *bad[] = {"name", (char *)slot_va(272), NULL};
    char *bad2[] = {"name", "x", page + PAGE - 1, NULL};
    const char *self = self_path();

    CHECK_OK(munmap(page + PAGE, PAGE));
    page[PAGE - 1] = 'u'; /* a string without an end */
    CHECK_ERR(syscall(SYS_execve, self, page + PAGE, good), EFAULT);
    CHECK_ERR(syscall(SYS_execve, self, good, page + PAGE), EFAULT);
    CHECK_ERR(syscall(SYS_execve, self, slot_va(272), good), EFAULT);
    CHECK_ERR(syscall(SYS_execve, self, good, 0xffffffff80200000), EFAULT);
    CHECK_ERR(syscall(SYS_execve, self, -8ul, good), EFAULT);
    CHECK_ERR(syscall(SYS_execve, self, bad, good), EFAULT);
    CHECK_ERR(syscall(SYS_execve, self, good, bad), EFAULT);
    CHECK_ERR(syscall(SYS_execve, self, bad2, good), EFAULT);
    /* A vector that its page cuts off before the null pointer. */
    edge = (char **)(page + PAGE - 16);
    edge[0] = edge[1] = "name";
    CHECK_ERR(syscall(SYS_execve, self, edge, good), EFAULT);
    CHECK_ERR(syscall(SYS_execve, self, good, edge), EFAULT);
    CHECK_ERR(syscall(SYS_execve, self, page + PAGE - 4, good), EFAULT);
}

/* Where results of path calls go. */
static void outputs(void)
{
    static const unsigned long bad[] = {0, 8, 1ul << 62, 0xffffffff80200000, -1ul};
    unsigned long p = (unsigned long)map(PAGE, PROT_READ);

    write_file(there, "x", 1);
    CHECK_OK(symlink(there, "symlink"));
    for (size_t i = 0; i <= sizeof(bad) / sizeof(bad[0]); i++) {
        unsigned long out = i < 5 ? bad[i] : p;
        CHECK_ERR(syscall(SYS_newfstatat, AT_FDCWD, there, out, 0), EFAULT);
        CHECK_ERR(syscall(SYS_readlinkat, AT_FDCWD, "symlink", out, 100), EFAULT);
        CHECK_ERR(syscall(SYS_statfs, ".", out), EFAULT);
        CHECK_ERR(syscall(SYS_statx, AT_FDCWD, there, 0, 0x7ff, out), EFAULT);
        if (i > 0 && i < 5) /* a null pointer means now, and read-only is good enough */
            CHECK_ERR(syscall(SYS_utimensat, AT_FDCWD, there, out, 0), EFAULT);
    }
    CHECK_ERR(syscall(SYS_readlinkat, AT_FDCWD, "symlink", buffer, 0), EINVAL);
    CHECK_ERR(syscall(SYS_readlinkat, AT_FDCWD, there, buffer, 100), EINVAL);
    CHECK_ERR(syscall(SYS_getcwd, buffer, 2), ERANGE);
    CHECK_ERR(syscall(SYS_getcwd, buffer, 0), ERANGE);
}

const struct test badpath_tests[] = {
    {"badptr-path-addresses", addresses, 0}, {"badptr-path-unterminated", unterminated, 0},
    {"badptr-path-too-long", too_long, 0},   {"badptr-path-empty", empty, 0},
    {"badptr-path-longest", longest, 0},     {"badptr-exec-vectors", exec_vectors, 0},
    {"badptr-path-outputs", outputs, 0},     {NULL, NULL, 0},
};
