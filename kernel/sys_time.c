/* SPDX-License-Identifier: MIT */
/* System calls about time. */
#include "kernel/errno.h"
#include "kernel/rusage.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/uaccess.h"

enum {
    CLOCK_REALTIME,
    CLOCK_MONOTONIC,
    CLOCK_PROCESS_CPUTIME_ID,
    CLOCK_THREAD_CPUTIME_ID,
    CLOCK_MONOTONIC_RAW,
    CLOCK_REALTIME_COARSE,
    CLOCK_MONOTONIC_COARSE,
    CLOCK_BOOTTIME,
    TIMER_ABSTIME = 1,
};

static struct timespec to_timespec(int64_t ns)
{
    return (struct timespec){ns / NSEC_PER_SEC, ns % NSEC_PER_SEC};
}

/* Nanoseconds, or -EINVAL; what does not fit is as good as for ever. */
static int64_t from_timespec(const struct timespec *ts)
{
    if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= NSEC_PER_SEC)
        return -EINVAL;
    if (ts->tv_sec > KTIME_NEVER / NSEC_PER_SEC / 2)
        return KTIME_NEVER / 2;
    return ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}

static int read_clock(int clock, int64_t *ns)
{
    ktime_t utime, stime;

    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
        *ns = wall_clock();
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        *ns = arch_clock();
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
        task_times(current, &utime, &stime);
        *ns = utime + stime;
        return 0;
    default:
        return -EINVAL;
    }
}

SYSCALL2(clock_gettime, int, clock, uaddr_t, out)
{
    int64_t ns;
    int err = read_clock(clock, &ns);

    if (err)
        return err;
    struct timespec ts = to_timespec(ns);
    return put_user(out, ts);
}

SYSCALL2(clock_getres, int, clock, uaddr_t, out)
{
    struct timespec ts = {0, 1};
    int64_t ns;
    int err = read_clock(clock, &ns);

    return err || !out ? err : put_user(out, ts);
}

SYSCALL2(clock_settime, int, clock, uaddr_t, in)
{
    struct timespec ts;

    if (clock != CLOCK_REALTIME)
        return -EINVAL;
    if (get_user(ts, in))
        return -EFAULT;
    int64_t ns = from_timespec(&ts);
    if (ns < 0)
        return (long)ns;
    set_wall_clock(ns);
    return 0;
}

SYSCALL2(gettimeofday, uaddr_t, tv, uaddr_t, tz)
{
    struct timeval now = ns_to_timeval(wall_clock());
    int32_t zone[2] = {0, 0};

    if (tv && put_user(tv, now))
        return -EFAULT;
    return tz ? put_user(tz, zone) : 0;
}

/*
 * Sleeps so many nanoseconds; `remaining` (0: not wanted) gets what a signal cut off. If no handler
 * ran for it, the call is made anew, and goes on to the same end.
 */
static long sleep_for(int64_t ns, uaddr_t remaining)
{
    struct signals *sig = &current->sig;

    /* Otherwise this is the call made anew. */
    if (sig->restart != ERESTARTNOHAND)
        sig->sleep_end = arch_clock() + ns;
    if (sleep_until(sig->sleep_end) == 0)
        return 0;
    if (remaining) {
        struct timespec left = to_timespec(max(sig->sleep_end - arch_clock(), (ktime_t)0));
        if (put_user(remaining, left))
            return -EFAULT;
    }
    return -ERESTARTNOHAND;
}

SYSCALL2(nanosleep, uaddr_t, request, uaddr_t, remaining)
{
    struct timespec ts;

    if (get_user(ts, request))
        return -EFAULT;
    int64_t ns = from_timespec(&ts);
    return ns < 0 ? (long)ns : sleep_for(ns, remaining);
}

SYSCALL4(clock_nanosleep, int, clock, int, flags, uaddr_t, request, uaddr_t, remaining)
{
    struct timespec ts;
    int64_t now;

    if (clock == CLOCK_THREAD_CPUTIME_ID || read_clock(clock, &now))
        return -EINVAL;
    if (get_user(ts, request))
        return -EFAULT;
    int64_t ns = from_timespec(&ts);
    if (ns < 0)
        return (long)ns;
    if (!(flags & TIMER_ABSTIME))
        return sleep_for(ns, remaining);
    return sleep_until(arch_clock() + (ns - now)) ? -ERESTARTNOHAND : 0;
}
