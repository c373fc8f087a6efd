/* SPDX-License-Identifier: MIT */
/*
 * Time: the time-stamp counter, which all CPUs start together and which runs at one rate; the local
 * APIC's timer; and the calendar of the CMOS clock (MC146818).
 *
 * How fast the first two count is measured against the programmable interval timer (8254), whose
 * rate is known. Ticks and nanoseconds convert by multiplication with a 32.32 fixed-point number,
 * in 128 bits, so that neither overflows nor drifts.
 */
#include <arch/cpu.h>
#include <arch/timer.h>
#include "arch/x86_64/machine.h"
#include "arch/x86_64/regs.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/string.h"
#include "kernel/time.h"

/*
 * The interval timer's ports and commands, its output as its status shows it, and its rate. A
 * one-shot count is told in two bytes, and the output rises at its end; a latch makes the next
 * three bytes that are read the status and the count of one moment.
 */
#define PIT_CHANNEL0 0x40
#define PIT_COMMAND  0x43
#define PIT_ONE_SHOT 0x30 /* both of channel 0 */
#define PIT_LATCH    0xc2
#define PIT_OUTPUT   (1 << 7)
#define PIT_HZ       1193182

/* What is measured: 25 ms, of the 55 that one count lasts. */
#define PIT_WINDOW (PIT_HZ / 40)

/* A measurement is good when what its ends were read in is so small a part of it. */
#define GOOD_PART  2000
#define MAX_TRIES  5   /* for a good one */
#define MAX_MISSES 100 /* for any at all: a busy host may let each count end unseen */
#define READS      8

static uint64_t boot_tsc;
static uint64_t ns_per_tick;  /* of the time-stamp counter; 32.32; 0: not measured yet */
static uint64_t timer_per_ns; /* ticks of the APIC timer; 32.32 */

static uint64_t scale(uint64_t n, uint64_t factor)
{
    return (uint64_t)((unsigned __int128)n * factor >> 32);
}

/* --- measuring --- */

/* The three clocks at one moment, within `width` ticks of the time-stamp counter. */
struct sample {
    uint64_t tsc, width;
    uint32_t timer;
    uint16_t pit;
    bool pit_done;
};

static struct sample read_clocks(void)
{
    struct sample s;

    uint64_t begin = read_tsc();
    s.timer = lapic_timer_count();
    out8(PIT_COMMAND, PIT_LATCH);
    s.tsc = read_tsc();
    s.width = s.tsc - begin;
    s.pit_done = in8(PIT_CHANNEL0) & PIT_OUTPUT;
    s.pit = in8(PIT_CHANNEL0);
    s.pit |= (uint16_t)(in8(PIT_CHANNEL0) << 8);
    return s;
}

/* The narrowest of several: between the reads of one, a host may have run something else. */
static struct sample read_well(void)
{
    struct sample best = read_clocks();

    for (int i = 1; i < READS; i++) {
        struct sample s = read_clocks();
        if (s.width < best.width)
            best = s;
    }
    return best;
}

/* Two samples, at least PIT_WINDOW apart. False when the count ended before the second. */
static bool measure(struct sample *from, struct sample *to)
{
    out8(PIT_COMMAND, PIT_ONE_SHOT);
    out8(PIT_CHANNEL0, 0xff);
    out8(PIT_CHANNEL0, 0xff);
    lapic_timer_arm(UINT32_MAX);
    *from = read_well();
    do
        *to = read_clocks();
    while (!to->pit_done && from->pit - to->pit < PIT_WINDOW);
    *to = read_well();
    lapic_timer_arm(0);
    return !to->pit_done && !from->pit_done;
}

static void set_rates(const struct sample *from, const struct sample *to)
{
    uint64_t pit = from->pit - to->pit, timer = from->timer - to->timer;
    uint64_t tsc = to->tsc - from->tsc;
    uint64_t tsc_hz = tsc * PIT_HZ / pit, timer_hz = timer * PIT_HZ / pit;

    if (tsc_hz == 0 || timer_hz == 0)
        panic("a clock stands still: TSC %lu Hz, APIC timer %lu Hz", tsc_hz, timer_hz);
    ns_per_tick = ((uint64_t)NSEC_PER_SEC << 32) / tsc_hz;
    timer_per_ns = (timer_hz << 32) / NSEC_PER_SEC;
    pr_info("tsc %lu kHz, apic timer %lu kHz\n", tsc_hz / 1000, timer_hz / 1000);
}

void time_calibrate(void)
{
    struct sample from, to, best_from = {0}, best_to = {0};
    uint64_t best_part = 0; /* length in widths: the larger the better */
    int tries = 0, misses = 0;

    boot_tsc = read_tsc();
    while (tries < MAX_TRIES && misses < MAX_MISSES && best_part < GOOD_PART) {
        if (!measure(&from, &to)) {
            misses++;
            continue;
        }
        tries++;
        uint64_t part = (to.tsc - from.tsc) / (from.width + to.width + 1);
        if (part >= best_part) {
            best_part = part;
            best_from = from;
            best_to = to;
        }
    }
    if (best_from.pit == best_to.pit)
        panic("the clocks cannot be measured: the interval timer does not count");
    set_rates(&best_from, &best_to);
}

/* --- the clock and the timer --- */

ktime_t arch_clock(void)
{
    return ns_per_tick ? (ktime_t)scale(read_tsc() - boot_tsc, ns_per_tick) : 0;
}

/*
 * What is further away than the timer counts comes as an interrupt that is early, and so may be any
 * by the error of the measurement: the handler looks at the clock and sets the timer again.
 */
void arch_timer_set(ktime_t when)
{
    if (when == KTIME_NEVER) {
        lapic_timer_arm(0);
        return;
    }
    ktime_t now = arch_clock();
    uint64_t ticks = when > now ? scale((uint64_t)(when - now), timer_per_ns) + 1 : 1;
    lapic_timer_arm((uint32_t)min(ticks, (uint64_t)UINT32_MAX));
}

/* --- the calendar --- */

#define RTC_INDEX     0x70
#define RTC_DATA      0x71
#define RTC_UPDATING  (1 << 7) /* of status A */
#define RTC_24_HOURS  (1 << 1) /* of status B */
#define RTC_BINARY    (1 << 2)
#define RTC_AFTERNOON (1 << 7) /* of the hours, where there are 12 */

/* Registers. The century's has its place by convention only: it may hold anything. */
enum {
    RTC_SECONDS = 0,
    RTC_MINUTES = 2,
    RTC_HOURS = 4,
    RTC_DAY = 7,
    RTC_MONTH = 8,
    RTC_YEAR = 9,
    RTC_STATUS_A = 10,
    RTC_STATUS_B = 11,
    RTC_CENTURY = 50,
};

static const uint8_t rtc_fields[] = {RTC_SECONDS, RTC_MINUTES, RTC_HOURS,  RTC_DAY,
                                     RTC_MONTH,   RTC_YEAR,    RTC_CENTURY};
enum {
    SECONDS,
    MINUTES,
    HOURS,
    DAY,
    MONTH,
    YEAR,
    CENTURY,
    NR_FIELDS
};

static uint8_t read_rtc(uint8_t reg)
{
    out8(RTC_INDEX, reg);
    return in8(RTC_DATA);
}

/* All fields, not in the middle of an update. False where no clock is: it would update for ever. */
static bool read_fields(uint8_t fields[NR_FIELDS])
{
    ktime_t deadline = arch_clock() + 10 * NSEC_PER_MSEC;

    while (read_rtc(RTC_STATUS_A) & RTC_UPDATING)
        if (arch_clock() > deadline)
            return false;
    for (int i = 0; i < NR_FIELDS; i++)
        fields[i] = read_rtc(rtc_fields[i]);
    return true;
}

static unsigned from_bcd(uint8_t value)
{
    return (value >> 4) * 10u + (value & 15);
}

/* Days from 1 January 1970, in the Gregorian calendar. Years are counted from March here. */
static int64_t days_since_1970(int64_t year, unsigned month, unsigned day)
{
    int64_t y = month > 2 ? year : year - 1;
    unsigned months = month > 2 ? month - 3 : month + 9;
    int64_t days_before_month = (153 * months + 2) / 5; /* 31 and 30 in turn, August 31 too */

    return y * 365 + y / 4 - y / 100 + y / 400 + days_before_month + day - 1 - 719468;
}

static int64_t to_seconds(const uint8_t raw[NR_FIELDS], uint8_t status_b)
{
    uint8_t hours = raw[HOURS] & (uint8_t)~RTC_AFTERNOON;
    unsigned value[NR_FIELDS];

    for (int i = 0; i < NR_FIELDS; i++) {
        uint8_t field = i == HOURS && !(status_b & RTC_24_HOURS) ? hours : raw[i];
        value[i] = status_b & RTC_BINARY ? field : from_bcd(field);
    }
    /* 12 o'clock is the hour 0 of its half of the day. */
    if (!(status_b & RTC_24_HOURS))
        value[HOURS] = value[HOURS] % 12 + (raw[HOURS] & RTC_AFTERNOON ? 12 : 0);
    if (value[MONTH] < 1 || value[MONTH] > 12 || value[DAY] < 1 || value[DAY] > 31)
        return 0;
    unsigned century = value[CENTURY] >= 19 && value[CENTURY] <= 22 ? value[CENTURY] : 20;
    int64_t days = days_since_1970(century * 100 + value[YEAR], value[MONTH], value[DAY]);
    return ((days * 24 + value[HOURS]) * 60 + value[MINUTES]) * 60 + value[SECONDS];
}

/* An update may begin while the fields are read: they count when they are read twice alike. */
int64_t arch_wall_clock(void)
{
    uint8_t fields[NR_FIELDS], again[NR_FIELDS];

    do {
        if (!read_fields(fields) || !read_fields(again))
            return 0;
    } while (memcmp(fields, again, sizeof(fields)));
    return to_seconds(again, read_rtc(RTC_STATUS_B));
}
