/* SPDX-License-Identifier: MIT */
/* Memory from the kernel: the break and mappings. */
#include "internal.h"
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

/* The kernel's brk answers the break as it is now: the old one when it did not move. */
int brk(void *end)
{
    if (raw(SYS_brk, end) == (long)end)
        return 0;
    errno = ENOMEM;
    return -1;
}

void *sbrk(intptr_t increment)
{
    intptr_t old = raw(SYS_brk, 0), new;

    if (__builtin_add_overflow(old, increment, &new)) {
        errno = ENOMEM;
        return (void *)-1;
    }
    return increment && brk((void *)new) < 0 ? (void *)-1 : (void *)old;
}

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
    return (void *)sys(SYS_mmap, addr, len, prot, flags, fd, off);
}

int munmap(void *addr, size_t len)
{
    return sys(SYS_munmap, addr, len);
}

int mprotect(void *addr, size_t len, int prot)
{
    return sys(SYS_mprotect, addr, len, prot);
}

void *mremap(void *old, size_t oldlen, size_t newlen, int flags, ...)
{
    va_list ap;
    void *new = NULL;

    if (flags & MREMAP_FIXED) {
        va_start(ap, flags);
        new = va_arg(ap, void *);
        va_end(ap);
    }
    return (void *)sys(SYS_mremap, old, oldlen, newlen, flags, new);
}

int msync(void *addr, size_t len, int flags)
{
    return sys(SYS_msync, addr, len, flags);
}

int madvise(void *addr, size_t len, int advice)
{
    return sys(SYS_madvise, addr, len, advice);
}

int mincore(void *addr, size_t len, unsigned char *vec)
{
    return sys(SYS_mincore, addr, len, vec);
}

int mlock(const void *addr, size_t len)
{
    return sys(SYS_mlock, addr, len);
}

int mlock2(const void *addr, size_t len, unsigned int flags)
{
    return sys(SYS_mlock2, addr, len, flags);
}

int munlock(const void *addr, size_t len)
{
    return sys(SYS_munlock, addr, len);
}

int mlockall(int flags)
{
    return sys(SYS_mlockall, flags);
}

int munlockall(void)
{
    return sys(SYS_munlockall);
}

int memfd_create(const char *name, unsigned int flags)
{
    return sys(SYS_memfd_create, name, flags);
}

/* "/name" as the path of a file in /dev/shm; false, with errno, when it is no such name. */
static int shm_path(const char *name, char path[NAME_MAX + sizeof("/dev/shm/")])
{
    name += strspn(name, "/");
    if (!*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        errno = EINVAL;
        return 0;
    }
    if (strlen(name) > NAME_MAX) {
        errno = ENAMETOOLONG;
        return 0;
    }
    strcat(strcpy(path, "/dev/shm/"), name);
    return 1;
}

int shm_open(const char *name, int flags, mode_t mode)
{
    char path[NAME_MAX + sizeof("/dev/shm/")];

    return shm_path(name, path) ? open(path, flags | O_NOFOLLOW | O_CLOEXEC, mode) : -1;
}

int shm_unlink(const char *name)
{
    char path[NAME_MAX + sizeof("/dev/shm/")];

    return shm_path(name, path) ? unlink(path) : -1;
}
