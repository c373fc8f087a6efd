/* SPDX-License-Identifier: MIT */
/* The clock and this CPU's one-shot timer, in nanoseconds since boot. */
#ifndef ARCH_TIMER_H
#define ARCH_TIMER_H

#include "kernel/types.h"

/* Monotonic, the same on every CPU. */
ktime_t arch_clock(void);

/* timer_interrupt() (kernel/time.h) is called on this CPU at `when` or soon after. */
#define KTIME_NEVER INT64_MAX /* no interrupt */
void arch_timer_set(ktime_t when);

/* Seconds since 1970 from the machine's real-time clock, 0 when it has none. */
int64_t arch_wall_clock(void);

#endif
