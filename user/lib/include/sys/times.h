/* SPDX-License-Identifier: MIT */
/* sys/times.h: processor time in clock ticks, sysconf(_SC_CLK_TCK) a second. */
#ifndef SYS_TIMES_H
#define SYS_TIMES_H

#include <sys/types.h>

struct tms {
    clock_t tms_utime, tms_stime, tms_cutime, tms_cstime;
};

clock_t times(struct tms *tms);

#endif
