/* SPDX-License-Identifier: MIT */
/* The clock: one tick for each time that somebody looks, so that runs repeat exactly. */
#ifndef ARCH_TIMER_H
#define ARCH_TIMER_H

#include "kernel/types.h"

#define KTIME_NEVER INT64_MAX

ktime_t arch_clock(void);

#endif
