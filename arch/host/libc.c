/* SPDX-License-Identifier: MIT */
/* The host's services. See libc.h. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "arch/host/libc.h"

static void check(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    exit(2);
}

void *host_reserve(size_t size, bool accessible)
{
    int prot = accessible ? PROT_READ | PROT_WRITE : PROT_NONE;
    void *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    check(p != MAP_FAILED, "mmap");
    return p;
}

void host_make_accessible(void *start, size_t size)
{
    check(mprotect(start, size, PROT_READ | PROT_WRITE) == 0, "mprotect");
}

void *host_malloc(size_t size)
{
    void *p = malloc(size);

    check(p, "malloc");
    return p;
}

void host_free(void *p)
{
    free(p);
}

void host_vprintf(const char *fmt, va_list args)
{
    vprintf(fmt, args);
}

void host_abort(void)
{
    fflush(stdout);
    abort();
}
