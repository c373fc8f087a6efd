/* SPDX-License-Identifier: MIT */
/* sys/sysinfo.h: memory and load of the whole system. */
#ifndef SYS_SYSINFO_H
#define SYS_SYSINFO_H

#include <sys/types.h>

struct sysinfo {
    long uptime; /* seconds */
    unsigned long loads[3];
    unsigned long totalram, freeram, sharedram, bufferram, totalswap, freeswap; /* in mem_unit */
    unsigned short procs, pad;
    unsigned long totalhigh, freehigh;
    unsigned int mem_unit; /* bytes */
};

int sysinfo(struct sysinfo *info);

#endif
