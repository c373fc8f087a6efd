/* SPDX-License-Identifier: MIT */
/* uname() and sethostname(). uts_lock (RANK_LEAF) guards the host's name. */
#include <arch/identity.h>
#include "kernel/spinlock.h"
#include "kernel/string.h"
#include "kernel/syscall.h"
#include "kernel/utsname.h"
#include "mm/uaccess.h"

/* As it crosses the boundary. */
struct utsname {
    char sysname[UTS_LEN], nodename[UTS_LEN], release[UTS_LEN], version[UTS_LEN], machine[UTS_LEN],
        domainname[UTS_LEN];
};
_Static_assert(sizeof(struct utsname) == 390, "the boundary's size");

static struct spinlock uts_lock = SPINLOCK_INIT("hostname", RANK_LEAF);
static char hostname[UTS_LEN] = "xv39";

void get_hostname(char name[UTS_LEN])
{
    irqflags_t flags = spin_lock_irqsave(&uts_lock);
    strlcpy(name, hostname, UTS_LEN);
    spin_unlock_irqrestore(&uts_lock, flags);
}

int set_hostname(const char *name, size_t n)
{
    if (n >= UTS_LEN)
        return -EINVAL;
    irqflags_t flags = spin_lock_irqsave(&uts_lock);
    memcpy(hostname, name, n);
    memset(hostname + n, 0, UTS_LEN - n);
    spin_unlock_irqrestore(&uts_lock, flags);
    return 0;
}

SYSCALL1(uname, uaddr_t, buf)
{
    struct utsname u = {
        .sysname = UTS_SYSNAME,
        .release = UTS_RELEASE,
        .version = UTS_VERSION,
        .machine = ARCH_NAME,
        .domainname = "(none)",
    };

    get_hostname(u.nodename);
    return put_user(buf, u);
}

SYSCALL2(sethostname, uaddr_t, name, size_t, n)
{
    char copy[UTS_LEN];

    if (n >= UTS_LEN)
        return -EINVAL;
    if (copy_from_user(copy, name, n) != 0)
        return -EFAULT;
    return set_hostname(copy, n);
}
