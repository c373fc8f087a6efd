/* SPDX-License-Identifier: MIT */
/* System calls about the machine: sysinfo, reboot, processors, the log. */
#include <arch/early.h>
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/printk.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "kernel/syscall.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/uaccess.h"

struct sysinfo {
    int64_t uptime;
    uint64_t loads[3];
    uint64_t totalram, freeram, sharedram, bufferram, totalswap, freeswap;
    uint16_t procs, pad;
    uint32_t pad2; /* with a name, what would be padding is zero too */
    uint64_t totalhigh, freehigh;
    uint32_t mem_unit, pad3;
};
_Static_assert(sizeof(struct sysinfo) == 112, "sysinfo(2)");

SYSCALL1(sysinfo, uaddr_t, out)
{
    struct page_counts counts;

    page_alloc_counts(&counts);
    struct sysinfo info = {
        .uptime = arch_clock() / NSEC_PER_SEC,
        .totalram = counts.total * PAGE_SIZE,
        .freeram = counts.free * PAGE_SIZE,
        .procs = (uint16_t)min(nr_tasks, (size_t)UINT16_MAX),
        .mem_unit = 1,
    };
    return put_user(out, info);
}

/* reboot(2): the two magic numbers keep an accident from being one. */
SYSCALL4(reboot, uint32_t, magic, uint32_t, magic2, uint32_t, cmd, uaddr_t, arg)
{
    enum {
        MAGIC2 = 672274793,
        MAGIC2A = 85072278,
        MAGIC2B = 369367448,
        MAGIC2C = 537993216
    };

    (void)arg;
    if (magic != 0xfee1dead ||
        (magic2 != MAGIC2 && magic2 != MAGIC2A && magic2 != MAGIC2B && magic2 != MAGIC2C))
        return -EINVAL;
    switch (cmd) {
    case 0: /* ctrl-alt-del off and on: there is no such key */
    case 0x89abcdef:
        return 0;
    case 0x01234567:
        end_all_processes();
        vfs_shutdown();
        arch_reboot();
    case 0x4321fedc:
    case 0xcdef0123:
        end_all_processes();
        vfs_shutdown();
        pr_info("power off\n");
        arch_power_off(0);
    default:
        return -EINVAL;
    }
}

SYSCALL3(sched_getaffinity, pid_t, pid, size_t, size, uaddr_t, mask)
{
    uint64_t all = (1ull << nr_cpus) - 1;

    if (size < sizeof(all) || size % sizeof(all))
        return -EINVAL;
    if (pid) {
        spin_lock(&tasklist_lock);
        bool found = find_task(pid);
        spin_unlock(&tasklist_lock);
        if (!found)
            return -ESRCH;
    }
    return put_user(mask, all) ? -EFAULT : (long)sizeof(all);
}

SYSCALL3(getcpu, uaddr_t, cpu, uaddr_t, node, uaddr_t, unused)
{
    uint32_t id = this_cpu()->id, zero = 0;

    (void)unused;
    if (cpu && put_user(cpu, id))
        return -EFAULT;
    return node ? put_user(node, zero) : 0;
}

/* syslog(2): reading all of the log, and its size. */
SYSCALL3(syslog, int, type, uaddr_t, buf, int, len)
{
    enum {
        READ_ALL = 3,
        SIZE_BUFFER = 10,
        LOG_SIZE = 64 * 1024
    };
    char chunk[256];
    uint64_t pos = 0;
    long done = 0;
    size_t n;

    if (type == SIZE_BUFFER)
        return LOG_SIZE;
    if (type != READ_ALL || len < 0)
        return -EINVAL;
    while (done < len &&
           (n = log_read(&pos, chunk, min(sizeof(chunk), (size_t)(len - done)))) > 0) {
        if (copy_to_user(buf + (uaddr_t)done, chunk, n))
            return -EFAULT;
        done += (long)n;
    }
    return done;
}
