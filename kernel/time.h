/* SPDX-License-Identifier: MIT */
/*
 * Time: the clocks, one-shot timers, and sleeping.
 *
 * Each CPU keeps its timers on a red-black tree by expiry (timers_lock of that CPU, RANK_TIMER,
 * interrupts off) and programs the hardware for the earliest, or for the end of the running task's
 * time slice if that comes first. An idle CPU with no timer gets no interrupts at all.
 */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include <arch/timer.h>
#include "kernel/types.h"
#include "mm/rbtree.h"

#define NSEC_PER_SEC  1000000000ll
#define NSEC_PER_MSEC 1000000ll
#define TIME_SLICE    (10 * NSEC_PER_MSEC)

struct timespec {
    int64_t tv_sec;
    int64_t tv_nsec;
};

struct timer {
    struct rb_node node;
    ktime_t expires;
    void (*fn)(struct timer *t); /* in the timer interrupt */
    int cpu;                     /* whose tree it was last on, or -1: never started */
    bool queued;                 /* it is on that tree */
};

void time_init(void);            /* before the scheduler */
void time_init_wall_clock(void); /* once the machine's clock can be read */

/* Nanoseconds since 1970: the machine's clock at boot plus the time since. */
int64_t wall_clock(void);

void set_wall_clock(int64_t ns);

/* Calls t->fn once, on this CPU, not before t->expires. The timer stays the caller's memory. */
void timer_start(struct timer *t, ktime_t expires, void (*fn)(struct timer *));
/* Afterwards it is on no tree, and fn is not running. */
void timer_cancel(struct timer *t);

/* For sleeps that something else may end, and the time does. */
struct wake_timer {
    struct timer timer; /* to be cancelled before the memory goes */
    struct task_struct *task;
};

/* Wakes the caller at `when`, as wake_up_all() would. */
void wake_timer_start(struct wake_timer *t, ktime_t when);

/* From the architecture's timer interrupt, interrupts off. */
void timer_interrupt(void);
/* Another task begins to run: a slice of its own, or, for the idle task, none. Interrupts off. */
void timer_new_slice(bool want_slice);

/* Sleeps until `when`, in TASK_INTERRUPTIBLE. 0, or -ERESTARTSYS when a signal came first. */
int sleep_until(ktime_t when);

#endif
