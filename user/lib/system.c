/* SPDX-License-Identifier: MIT */
/* Calls on the system as a whole, and the raw call. */
#include "internal.h"
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/klog.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

long syscall(long nr, ...)
{
    va_list ap;
    long a[6];

    va_start(ap, nr);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(ap, long);
    va_end(ap);
    return sys(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

void sync(void)
{
    raw(SYS_sync);
}

int reboot(unsigned int command)
{
    return sys(SYS_reboot, 0xfee1dead, 672274793, command, NULL);
}

int personality(unsigned long persona)
{
    return sys(SYS_personality, persona);
}

int uname(struct utsname *name)
{
    return sys(SYS_uname, name);
}

int gethostname(char *name, size_t size)
{
    struct utsname u;

    if (uname(&u) < 0)
        return -1;
    if (strlcpy(name, u.nodename, size) >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return 0;
}

int sethostname(const char *name, size_t size)
{
    return sys(SYS_sethostname, name, size);
}

int sysinfo(struct sysinfo *info)
{
    return sys(SYS_sysinfo, info);
}

int klogctl(int action, char *buf, int size)
{
    return sys(SYS_syslog, action, buf, size);
}

ssize_t getrandom(void *buf, size_t n, unsigned int flags)
{
    return sys(SYS_getrandom, buf, n, flags);
}

int getentropy(void *buf, size_t n)
{
    if (n > 256) {
        errno = EIO;
        return -1;
    }
    for (char *p = buf; n > 0;) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0)
            return -1;
        p += got;
        n -= got;
    }
    return 0;
}

int getpagesize(void)
{
    return getauxval(AT_PAGESZ);
}

/* The kernel fills as many words as its processors need and says how many bytes that were. */
static long online_cpus(void)
{
    unsigned long mask[16];
    long n = raw(SYS_sched_getaffinity, 0, sizeof(mask), mask);
    long cpus = 0;

    for (long i = 0; i < n / 8; i++)
        for (unsigned long rest = mask[i]; rest; rest &= rest - 1)
            cpus++;
    return cpus ? cpus : 1;
}

long sysconf(int name)
{
    struct sysinfo info;
    struct rlimit limit;

    switch (name) {
    case _SC_CLK_TCK:
        return getauxval(AT_CLKTCK);
    case _SC_PAGESIZE:
        return getpagesize();
    case _SC_OPEN_MAX:
        return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? -1 : (long)limit.rlim_cur;
    case _SC_NPROCESSORS_CONF:
    case _SC_NPROCESSORS_ONLN:
        return online_cpus();
    case _SC_PHYS_PAGES:
    case _SC_AVPHYS_PAGES:
        if (sysinfo(&info) < 0)
            return -1;
        return (name == _SC_PHYS_PAGES ? info.totalram : info.freeram) * info.mem_unit /
               getpagesize();
    default:
        errno = EINVAL;
        return -1;
    }
}
