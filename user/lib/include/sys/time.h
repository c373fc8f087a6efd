/* SPDX-License-Identifier: MIT */
/* sys/time.h: time in microseconds. */
#ifndef SYS_TIME_H
#define SYS_TIME_H

#include <sys/types.h>

struct timeval {
    time_t tv_sec;
    suseconds_t tv_usec;
};

struct timezone {
    int tz_minuteswest, tz_dsttime;
};

struct itimerval {
    struct timeval it_interval, it_value;
};

#define ITIMER_REAL 0

int gettimeofday(struct timeval *restrict tv, void *restrict tz);
int setitimer(int which, const struct itimerval *restrict new, struct itimerval *restrict old);

#endif
