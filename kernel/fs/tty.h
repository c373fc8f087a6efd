/* SPDX-License-Identifier: MIT */
/*
 * Terminals: the line discipline between a serial driver and the programs that read and write.
 *
 *   driver's interrupt -> raw[] -> the terminal's kernel thread -> in[] -> read()
 *
 * The interrupt handler only stores bytes in a fixed ring and wakes the thread; editing, echo and
 * signals are done there, where the locks they need may be taken. When raw[] is full the driver is
 * told to keep what comes in its own queue (throttled), so that nothing pasted is lost; the thread
 * in turn leaves bytes in raw[] while in[] holds lines that nobody has read.
 *
 * Canonical mode: in[] holds finished lines in [in_tail, in_canon), each closed by an entry with
 * TTY_LINE_END, and behind them the line being edited. In raw mode in_canon follows in_head. The
 * indices run freely; an entry is at its index modulo the size.
 *
 * Locks: raw_lock (interrupts off) guards raw[]. `lock` (interrupts off) guards everything from
 * `termios` to `line_column`, and keeps output in one piece; the driver's write() is called with it
 * held. write_lock keeps one write() together. tasklist_lock guards pgrp and session. A log line
 * printed under any of these goes straight to the driver and needs none of them.
 */
#ifndef KERNEL_FS_TTY_H
#define KERNEL_FS_TTY_H

#include "kernel/fs/termios.h"
#include "kernel/mutex.h"
#include "kernel/wait.h"

struct tty;

struct tty_driver {
    /* Sends n bytes as they are. Any context, interrupts off; does not sleep. */
    void (*write)(struct tty *tty, const char *s, size_t n);
    /* raw[] has room again after tty_receive() said false. Interrupts may be on. */
    void (*unthrottle)(struct tty *tty);
};

#define TTY_RAW_SIZE 1024
#define TTY_IN_SIZE  4096 /* the longest line, its end included, as Linux has it */

enum {
    TTY_LINE_END = 0x100, /* the line ends with this byte */
    TTY_EOF = 0x200,      /* and the byte is not part of it */
};

struct tty {
    char name[16];
    dev_t dev;
    const struct tty_driver *driver;
    void *driver_data;

    struct spinlock raw_lock; /* RANK_TTY */
    uint8_t raw[TTY_RAW_SIZE];
    unsigned raw_head, raw_tail;
    bool throttled;
    struct wait_queue raw_wait; /* the thread */

    struct spinlock lock; /* RANK_TTY */
    struct termios termios;
    struct winsize winsize;
    uint16_t in[TTY_IN_SIZE]; /* a byte and TTY_* flags */
    unsigned in_tail, in_canon, in_head;
    unsigned column;      /* where output has got to */
    unsigned line_column; /* where the echo of the line being edited began */
    struct wait_queue read_wait;

    struct mutex write_lock; /* RANK_TTY_READ */
    pid_t pgrp, session;     /* the foreground group; the session this terminal controls, or 0 */
};

/*
 * Makes a terminal of a driver's line; the first one is the console. NULL when memory is short. The
 * terminal stays for good. May sleep.
 */
struct tty *tty_create(const struct tty_driver *driver, void *driver_data);

/* Registers the character devices and starts the terminals' threads: after the scheduler. */
void tty_init(void);

/*
 * A byte came in. From the driver's interrupt handler. False: that was the last one there is room
 * for; the driver must not give more until unthrottle().
 */
bool tty_receive(struct tty *tty, uint8_t byte);

/*
 * The current task gives up its controlling terminal; if it leads its session all of the session
 * does, and the foreground group gets SIGHUP. For TIOCNOTTY, and at a session leader's exit.
 */
void tty_disassociate(void);

/* --- tty_line.c: the line discipline, for tty.c and tty_ioctl.c --- */

void tty_thread(void *arg);
/* Sends bytes with output processing. tty->lock held. */
void tty_output(struct tty *tty, const char *s, size_t n);
/* Entries that read() could take now: all, or in canonical mode those of finished lines. */
unsigned tty_available(struct tty *tty);
/* Forgets input that nobody has read. tty->lock held. */
void tty_flush_input(struct tty *tty);

/* --- tty_ioctl.c --- */

long tty_ioctl(struct tty *tty, unsigned cmd, uaddr_t arg);
/*
 * Makes tty the controlling terminal of the session that current leads, if it has none and nobody
 * else has tty (or `steal`). 0, or -EPERM. Takes tasklist_lock.
 */
int tty_acquire(struct tty *tty, bool steal);

#endif
