/* SPDX-License-Identifier: MIT */
/* Terminals as files: /dev/console, /dev/tty, /dev/ttyS0. See tty.h. */
#include "kernel/errno.h"
#include "kernel/fs/tty.h"
#include "kernel/fs/vfs.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "mm/slab.h"
#include "mm/uaccess.h"

#define MAX_TTYS 4

enum {
    MAJOR_SERIAL = 4,
    MINOR_SERIAL = 64,
    MAJOR_TTY = 5,
    MINOR_TTY = 0,
    MINOR_CONSOLE = 1
};

/* VTIME counts tenths of a second. */
#define VTIME_UNIT (100 * NSEC_PER_MSEC)

/* Filled while the machine is set up, by one CPU; constant afterwards. */
static struct tty *ttys[MAX_TTYS];
static unsigned nr_ttys;

static const struct termios default_termios = {
    .c_iflag = ICRNL | IUTF8,
    .c_oflag = OPOST | ONLCR,
    .c_cflag = B38400 | CS8 | CREAD | CLOCAL,
    .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    .c_cc = {[VINTR] = 3,  /* ^C */
             [VQUIT] = 28, /* ^\ */
             [VERASE] = 127,
             [VKILL] = 21, /* ^U */
             [VEOF] = 4,   /* ^D */
             [VMIN] = 1,
             [VSUSP] = 26,    /* ^Z */
             [VWERASE] = 23}, /* ^W */
};

struct tty *tty_create(const struct tty_driver *driver, void *driver_data)
{
    struct tty *tty = nr_ttys < MAX_TTYS ? kzalloc(sizeof(*tty), GFP_KERNEL) : NULL;

    if (!tty)
        return NULL;
    snprintf(tty->name, sizeof(tty->name), "ttyS%u", nr_ttys);
    tty->dev = MKDEV(MAJOR_SERIAL, MINOR_SERIAL + nr_ttys);
    tty->driver = driver;
    tty->driver_data = driver_data;
    spin_lock_init(&tty->raw_lock, "tty input", RANK_TTY);
    wait_queue_init(&tty->raw_wait);
    spin_lock_init(&tty->lock, "tty", RANK_TTY);
    wait_queue_init(&tty->read_wait);
    mutex_init(&tty->write_lock, "tty write", RANK_TTY_READ);
    tty->termios = default_termios;
    tty->winsize = (struct winsize){.ws_row = 24, .ws_col = 80};
    ttys[nr_ttys++] = tty;
    return tty;
}

static struct tty *tty_by_number(dev_t dev)
{
    unsigned minor = MINOR(dev);

    if (MAJOR(dev) == MAJOR_TTY && minor == MINOR_TTY)
        return current->tty;
    if (MAJOR(dev) == MAJOR_TTY)
        return ttys[0];
    return minor - MINOR_SERIAL < nr_ttys ? ttys[minor - MINOR_SERIAL] : NULL;
}

/*
 * A session leader without a terminal gets the one it opens. Unlike on Linux the console is no
 * exception: often there is no other.
 */
static int tty_open(struct inode *inode, struct file *f)
{
    struct tty *tty = tty_by_number(inode->i_rdev);

    if (!tty)
        return -ENXIO;
    f->private = tty;
    if (!(f->f_flags & O_NOCTTY))
        tty_acquire(tty, false);
    return 0;
}

/* --- reading --- */

struct read_timeout {
    struct timer timer;
    struct tty *tty;
    atomic_bool expired;
};

static void read_timed_out(struct timer *t)
{
    struct read_timeout *timeout = container_of(t, struct read_timeout, timer);

    atomic_store(&timeout->expired, true);
    wake_up_all(&timeout->tty->read_wait);
}

/* Sleeps until `count` entries can be read: 0, -ERESTARTSYS; -ETIMEDOUT after `ns` (0: never). */
static int wait_for_input(struct tty *tty, unsigned count, ktime_t ns)
{
    struct read_timeout timeout = {.tty = tty};

    if (tty_available(tty) >= count)
        return 0;
    if (ns)
        timer_start(&timeout.timer, arch_clock() + ns, read_timed_out);
    int err = wait_event_interruptible(&tty->read_wait, tty_available(tty) >= count ||
                                                            atomic_load(&timeout.expired));
    if (ns)
        timer_cancel(&timeout.timer);
    if (!err && tty_available(tty) < count)
        return -ETIMEDOUT;
    return err;
}

/* Sleeps as c_cc[VMIN] and c_cc[VTIME] ask (termios(3)). 0 when read() may take what there is. */
static int wait_raw(struct tty *tty, size_t n)
{
    size_t need = min((size_t)tty->termios.c_cc[VMIN], n);
    ktime_t gap = tty->termios.c_cc[VTIME] * VTIME_UNIT;
    int err = 0;

    if (need == 0)
        return gap ? wait_for_input(tty, 1, gap) : 0;
    if (gap == 0)
        return wait_for_input(tty, (unsigned)need, 0);

    err = wait_for_input(tty, 1, 0);
    while (err == 0 && tty_available(tty) < need)
        err = wait_for_input(tty, tty_available(tty) + 1, gap);
    return err;
}

enum take_result {
    TAKE_NOTHING, /* there was none: another reader was faster */
    TAKE_MORE,    /* the buffer is full and the line goes on */
    TAKE_DONE,    /* read() has what it may return */
};

/* Moves up to n bytes to buf, in canonical mode no further than the end of the line. */
static enum take_result take_input(struct tty *tty, char *buf, size_t n, size_t *taken)
{
    irqflags_t flags = spin_lock_irqsave(&tty->lock);
    enum take_result result = tty_available(tty) ? TAKE_DONE : TAKE_NOTHING;
    bool canonical = tty->termios.c_lflag & ICANON;

    *taken = 0;
    while (tty_available(tty)) {
        if (*taken == n) {
            result = TAKE_MORE;
            break;
        }
        uint16_t entry = tty->in[tty->in_tail % TTY_IN_SIZE];
        WRITE_ONCE(tty->in_tail, tty->in_tail + 1);
        if (!(entry & TTY_EOF))
            buf[(*taken)++] = (char)entry;
        if (canonical && (entry & TTY_LINE_END))
            break;
    }
    spin_unlock_irqrestore(&tty->lock, flags);
    wake_up_all(&tty->raw_wait);
    return result;
}

static ssize_t read_available(struct tty *tty, uaddr_t buf, size_t n, bool *nothing)
{
    enum take_result result = TAKE_MORE;
    size_t done = 0;

    *nothing = false;
    while (done < n && result == TAKE_MORE) {
        char chunk[128];
        size_t got;

        result = take_input(tty, chunk, min(n - done, sizeof(chunk)), &got);
        if (got && copy_to_user(buf + done, chunk, got) != 0)
            return -EFAULT;
        done += got;
    }
    *nothing = result == TAKE_NOTHING && done == 0;
    return (ssize_t)done;
}

/*
 * Only the foreground group may read its terminal: the others are stopped, or told so if they do
 * not want to be.
 */
static int check_foreground(struct tty *tty)
{
    pid_t pgrp = READ_ONCE(tty->pgrp);

    if (current->tty != tty || pgrp == 0 || pgrp == current->pgrp)
        return 0;
    kill_pgrp(current->pgrp, SIGTTIN, FROM_KERNEL);
    return signal_pending(current) ? -ERESTARTSYS : -EIO;
}

static ssize_t tty_read(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    struct tty *tty = f->private;
    (void)pos;

    if (n == 0)
        return 0;
    for (;;) {
        bool canonical = tty->termios.c_lflag & ICANON;
        bool nothing;
        int err = check_foreground(tty);

        if (err)
            return err;
        if (f->f_flags & O_NONBLOCK)
            err = tty_available(tty) ? 0 : -EAGAIN;
        else
            err = canonical ? wait_for_input(tty, 1, 0) : wait_raw(tty, n);
        if (err && err != -ETIMEDOUT)
            return err;

        ssize_t got = read_available(tty, buf, n, &nothing);
        bool may_be_empty = !canonical && (err == -ETIMEDOUT || tty->termios.c_cc[VMIN] == 0);
        if (!nothing || may_be_empty)
            return got;
    }
}

/* --- writing --- */

static ssize_t tty_write(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    struct tty *tty = f->private;
    size_t done = 0;
    int err = 0;
    (void)pos;

    mutex_lock(&tty->write_lock);
    while (done < n) {
        char chunk[64];
        size_t len = min(n - done, sizeof(chunk));

        err =
            done && signal_pending(current) ? -ERESTARTSYS : copy_from_user(chunk, buf + done, len);
        if (err)
            break;
        irqflags_t flags = spin_lock_irqsave(&tty->lock);
        tty_output(tty, chunk, len);
        spin_unlock_irqrestore(&tty->lock, flags);
        done += len;
        cond_resched();
    }
    mutex_unlock(&tty->write_lock);
    return done ? (ssize_t)done : err;
}

static unsigned tty_poll(struct file *f)
{
    return POLLOUT | (tty_available(f->private) ? POLLIN : 0);
}

static long tty_file_ioctl(struct file *f, unsigned cmd, uaddr_t arg)
{
    return tty_ioctl(f->private, cmd, arg);
}

static const struct file_operations tty_fops = {
    .open = tty_open,
    .read = tty_read,
    .write = tty_write,
    .poll = tty_poll,
    .ioctl = tty_file_ioctl,
};

void tty_init(void)
{
    register_chrdev(MAJOR_TTY, MINOR_TTY, &tty_fops, "tty");
    register_chrdev(MAJOR_TTY, MINOR_CONSOLE, &tty_fops, "console");
    for (unsigned i = 0; i < nr_ttys; i++) {
        register_chrdev(MAJOR_SERIAL, MINOR_SERIAL + i, &tty_fops, ttys[i]->name);
        if (!kthread_create(tty_thread, ttys[i], ttys[i]->name))
            panic("no memory for %s's thread", ttys[i]->name);
    }
}
