/* SPDX-License-Identifier: MIT */
/*
 * The kernel log; see printk.h.
 *
 * log_lock is a plain flag taken with interrupts off and not a struct spinlock: the lock checker
 * itself reports through here, whatever locks are held.
 */
#include <stdatomic.h>
#include <arch/early.h>
#include <arch/timer.h>
#include "kernel/cpu.h"
#include "kernel/printk.h"
#include "kernel/string.h"
#include "kernel/time.h"

#define RING_SIZE      (64 * KiB)
#define LINE_SIZE      512 /* one message; longer ones are cut */
#define PANIC_PATIENCE 1000000

static char ring[RING_SIZE];
static uint64_t ring_head; /* bytes ever written; the last RING_SIZE of them are there */
static bool at_line_start = true;

static enum log_level console_level = LOG_INFO;
static void (*console)(const char *text, size_t n);

static atomic_flag log_lock = ATOMIC_FLAG_INIT;
static atomic_bool panicking;

static irqflags_t lock_log(void)
{
    irqflags_t flags = arch_irq_save();
    unsigned long tries = 0;

    while (atomic_flag_test_and_set_explicit(&log_lock, memory_order_acquire)) {
        if (atomic_load(&panicking) && ++tries > PANIC_PATIENCE)
            break;
        arch_relax();
    }
    return flags;
}

static void unlock_log(irqflags_t flags)
{
    atomic_flag_clear_explicit(&log_lock, memory_order_release);
    arch_irq_restore(flags);
}

static void console_write(const char *text, size_t n)
{
    if (console) {
        console(text, n);
        return;
    }
    while (n--)
        arch_early_putc(*text++);
}

/* To the console with line ends as terminals want them. */
static void show(const char *text, size_t n)
{
    while (n) {
        const char *newline = memchr(text, '\n', n);
        size_t part = newline ? (size_t)(newline - text) : n;
        console_write(text, part);
        if (!newline)
            return;
        console_write("\r\n", 2);
        text += part + 1;
        n -= part + 1;
    }
}

static void append(const char *text, size_t n, bool visible)
{
    for (size_t i = 0; i < n; i++)
        ring[ring_head++ % RING_SIZE] = text[i];
    if (visible)
        show(text, n);
}

/* Appends a message line by line, each with the time in front. */
static void append_stamped(const char *text, bool visible)
{
    while (*text) {
        const char *newline = strchr(text, '\n');
        size_t n = newline ? (size_t)(newline + 1 - text) : strlen(text);
        if (at_line_start) {
            char stamp[24];
            ktime_t us = arch_clock() / 1000;
            int len = snprintf(stamp, sizeof(stamp), "[%5lu.%06lu] ", us / 1000000, us % 1000000);
            append(stamp, min((size_t)len, sizeof(stamp) - 1), visible);
        }
        append(text, n, visible);
        at_line_start = newline;
        text += n;
    }
}

void log_printf(enum log_level level, const char *fmt, ...)
{
    char text[LINE_SIZE];
    va_list args;

    va_start(args, fmt);
    if (vsnprintf(text, sizeof(text), fmt, args) >= LINE_SIZE)
        text[LINE_SIZE - 2] = '\n';
    va_end(args);

    irqflags_t flags = lock_log();
    append_stamped(text, level <= console_level);
    unlock_log(flags);
}

void log_set_console(void (*write)(const char *text, size_t n))
{
    irqflags_t flags = lock_log();
    console = write;
    unlock_log(flags);
}

void log_set_console_level(enum log_level level)
{
    console_level = level;
}

uint64_t log_mark(void)
{
    irqflags_t flags = lock_log();
    uint64_t mark = ring_head;
    unlock_log(flags);
    return mark;
}

/* Copies the ring's part from *pos on, as much as there is and fits. Lock held. */
static size_t read_ring(uint64_t *pos, char *buf, size_t size)
{
    size_t n = 0;

    if (ring_head > RING_SIZE)
        *pos = max(*pos, ring_head - RING_SIZE);
    while (n < size && *pos < ring_head)
        buf[n++] = ring[(*pos)++ % RING_SIZE];
    return n;
}

size_t log_read(uint64_t *pos, char *buf, size_t size)
{
    irqflags_t flags = lock_log();
    size_t n = read_ring(pos, buf, size);
    unlock_log(flags);
    return n;
}

void log_replay(uint64_t mark)
{
    char text[128];
    irqflags_t flags = lock_log();

    /* A console that shows all has shown it already. */
    while (console_level < LOG_INFO) {
        size_t n = read_ring(&mark, text, sizeof(text));
        if (n == 0)
            break;
        show(text, n);
    }
    unlock_log(flags);
}

void log_panic(void)
{
    atomic_store(&panicking, true);
    log_replay(0);
    console_level = LOG_INFO;
}
