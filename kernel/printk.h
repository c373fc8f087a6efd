/* SPDX-License-Identifier: MIT */
/*
 * The kernel log: a ring of text that log_printf() appends to, mirrored to the console.
 *
 * Callable from anywhere, interrupts included; log_lock (leaf) orders lines from several CPUs.
 * Below the console's level (the word `quiet` on the command line) lines only go to the ring, from
 * where a panic and /proc/kmsg show them.
 */
#ifndef KERNEL_PRINTK_H
#define KERNEL_PRINTK_H

#include "kernel/types.h"

enum log_level {
    LOG_ERR,  /* always on the console */
    LOG_WARN, /* something a user did or hardware lacks: a killed process, an unknown call */
    LOG_INFO, /* the boot's own account */
};

void log_printf(enum log_level level, const char *fmt, ...) __printf(2, 3);
#define pr_err(...)  log_printf(LOG_ERR, __VA_ARGS__)
#define pr_warn(...) log_printf(LOG_WARN, __VA_ARGS__)
#define pr_info(...) log_printf(LOG_INFO, __VA_ARGS__)

/*
 * From now on the console is what `write` writes to, no longer the firmware's. It is called with
 * the log's lock held and interrupts off, also from a panic: it takes no lock and waits for the
 * device. Lines end in "\r\n".
 */
void log_set_console(void (*write)(const char *text, size_t n));

/* Lines above `level` stay off the console from now on. */
void log_set_console_level(enum log_level level);

/* Shows on the console what the ring holds from `mark` on: what a quiet run kept back. */
uint64_t log_mark(void);
void log_replay(uint64_t mark);

/*
 * The kernel is about to panic: shows what a quiet console kept back, and from now on everything,
 * no longer waiting for a lock whose holder may have been stopped.
 */
void log_panic(void);

/* Copies up to `size` bytes of the ring from *pos on, and moves *pos. Returns bytes copied. */
size_t log_read(uint64_t *pos, char *buf, size_t size);

#endif
