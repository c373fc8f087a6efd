/* SPDX-License-Identifier: MIT */
/* Clocks, sleeping, and the calendar (UTC only). */
#include "internal.h"
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *ts)
{
    return sys(SYS_clock_gettime, clock, ts);
}

int clock_getres(clockid_t clock, struct timespec *ts)
{
    return sys(SYS_clock_getres, clock, ts);
}

int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
    return sys(SYS_gettimeofday, tv, tz);
}

time_t time(time_t *t)
{
    struct timeval tv;

    if (gettimeofday(&tv, NULL) < 0)
        return -1;
    if (t)
        *t = tv.tv_sec;
    return tv.tv_sec;
}

clock_t times(struct tms *tms)
{
    return sys(SYS_times, tms);
}

clock_t clock(void)
{
    struct timespec ts;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) < 0)
        return -1;
    return ts.tv_sec * CLOCKS_PER_SEC + ts.tv_nsec / (1000000000 / CLOCKS_PER_SEC);
}

int nanosleep(const struct timespec *req, struct timespec *rem)
{
    return sys(SYS_nanosleep, req, rem);
}

unsigned int sleep(unsigned int seconds)
{
    struct timespec ts = {.tv_sec = seconds};

    return nanosleep(&ts, &ts) < 0 ? ts.tv_sec + (ts.tv_nsec > 0) : 0;
}

int usleep(unsigned int microseconds)
{
    struct timespec ts = {microseconds / 1000000, microseconds % 1000000 * 1000L};

    return nanosleep(&ts, NULL);
}

static int is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int month, int year)
{
    static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month] + (month == 1 && is_leap(year));
}

struct tm *gmtime_r(const time_t *restrict t, struct tm *restrict tm)
{
    long days = *t / 86400, seconds = *t % 86400;
    int year = 1970, month = 0;

    if (seconds < 0) {
        seconds += 86400;
        days--;
    }
    tm->tm_sec = seconds % 60;
    tm->tm_min = seconds / 60 % 60;
    tm->tm_hour = seconds / 3600;
    tm->tm_wday = ((days + 4) % 7 + 7) % 7; /* 1970 began on a Thursday */
    year += days / 146097 * 400;            /* the calendar repeats after 400 years */
    days %= 146097;
    for (; days < 0; days += 365 + is_leap(year))
        year--;
    for (; days >= 365 + is_leap(year); year++)
        days -= 365 + is_leap(year);
    tm->tm_yday = days;
    for (; days >= days_in_month(month, year); month++)
        days -= days_in_month(month, year);
    tm->tm_mday = days + 1;
    tm->tm_mon = month;
    tm->tm_year = year - 1900;
    tm->tm_isdst = 0;
    return tm;
}

struct tm *gmtime(const time_t *t)
{
    static struct tm tm;

    return gmtime_r(t, &tm);
}

struct tm *localtime(const time_t *t)
{
    return gmtime(t);
}
