/* SPDX-License-Identifier: MIT */
/* What a task has used, in getrusage()'s form. */
#ifndef KERNEL_RUSAGE_H
#define KERNEL_RUSAGE_H

#include "kernel/types.h"

struct task_struct;

struct timeval {
    int64_t tv_sec, tv_usec;
};

struct rusage {
    struct timeval ru_utime, ru_stime;
    int64_t ru_maxrss; /* KiB */
    int64_t ru_ixrss, ru_idrss, ru_isrss;
    int64_t ru_minflt, ru_majflt;
    int64_t ru_nswap, ru_inblock, ru_oublock, ru_msgsnd, ru_msgrcv, ru_nsignals;
    int64_t ru_nvcsw, ru_nivcsw;
};

void fill_rusage(struct rusage *out, struct task_struct *t);
struct timeval ns_to_timeval(ktime_t ns);

#endif
