/* SPDX-License-Identifier: MIT */
/*
 * Terminal settings and job control: ioctl_tty(2), and which session a terminal belongs to.
 *
 * tty->session, tty->pgrp and every task's `tty` change under tasklist_lock only, so that a
 * terminal and the session it controls always agree.
 */
#include "kernel/errno.h"
#include "kernel/fs/tty.h"
#include "kernel/sched.h"
#include "mm/uaccess.h"

/* --- settings --- */

static int get_termios(struct tty *tty, uaddr_t arg)
{
    irqflags_t flags = spin_lock_irqsave(&tty->lock);
    struct termios t = tty->termios;

    spin_unlock_irqrestore(&tty->lock, flags);
    return put_user(arg, t);
}

static int set_termios(struct tty *tty, uaddr_t arg, bool flush)
{
    struct termios t;

    if (get_user(t, arg) != 0)
        return -EFAULT;
    irqflags_t flags = spin_lock_irqsave(&tty->lock);
    if (flush)
        tty_flush_input(tty);
    /* What was typed in raw mode counts as finished when line editing begins. */
    if ((t.c_lflag & ICANON) && !(tty->termios.c_lflag & ICANON))
        tty->in_canon = tty->in_head;
    tty->termios = t;
    spin_unlock_irqrestore(&tty->lock, flags);
    wake_up_all(&tty->read_wait);
    wake_up_all(&tty->raw_wait);
    return 0;
}

static int flush_queues(struct tty *tty, uint64_t which)
{
    if (which > TCIOFLUSH)
        return -EINVAL;
    if (which != TCOFLUSH) { /* output is never kept back */
        irqflags_t flags = spin_lock_irqsave(&tty->lock);
        tty_flush_input(tty);
        spin_unlock_irqrestore(&tty->lock, flags);
        wake_up_all(&tty->raw_wait);
    }
    return 0;
}

static int get_winsize(struct tty *tty, uaddr_t arg)
{
    irqflags_t flags = spin_lock_irqsave(&tty->lock);
    struct winsize size = tty->winsize;

    spin_unlock_irqrestore(&tty->lock, flags);
    return put_user(arg, size);
}

static int set_winsize(struct tty *tty, uaddr_t arg)
{
    struct winsize size;

    if (get_user(size, arg) != 0)
        return -EFAULT;
    irqflags_t flags = spin_lock_irqsave(&tty->lock);
    bool changed = size.ws_row != tty->winsize.ws_row || size.ws_col != tty->winsize.ws_col;
    tty->winsize = size;
    spin_unlock_irqrestore(&tty->lock, flags);

    pid_t pgrp = READ_ONCE(tty->pgrp);
    if (changed && pgrp > 0)
        kill_pgrp(pgrp, SIGWINCH, FROM_KERNEL);
    return 0;
}

static int get_readable(struct tty *tty, uaddr_t arg)
{
    int n = (int)tty_available(tty);
    return put_user(arg, n);
}

/* --- job control --- */

/* Takes the terminal away from every task of its session. tasklist_lock held. */
static void detach_session(struct tty *tty)
{
    struct task_struct *t;

    for_each_task (t)
        if (t->tty == tty)
            t->tty = NULL;
    tty->session = 0;
    WRITE_ONCE(tty->pgrp, 0);
}

int tty_acquire(struct tty *tty, bool steal)
{
    int err = 0;

    spin_lock(&tasklist_lock);
    if (current->tty == tty && tty->session == current->session) {
        err = 0;
    } else if (current->tgid != current->session || current->tty || (tty->session && !steal)) {
        err = -EPERM;
    } else {
        detach_session(tty);
        tty->session = current->session;
        WRITE_ONCE(tty->pgrp, current->pgrp);
        current->tty = tty;
    }
    spin_unlock(&tasklist_lock);
    return err;
}

void tty_disassociate(void)
{
    struct tty *tty = current->tty;
    pid_t pgrp = 0;

    if (!tty)
        return;
    spin_lock(&tasklist_lock);
    if (tty->session == current->tgid) {
        pgrp = tty->pgrp;
        detach_session(tty);
    }
    current->tty = NULL;
    spin_unlock(&tasklist_lock);

    if (pgrp > 0) {
        kill_pgrp(pgrp, SIGHUP, FROM_KERNEL);
        kill_pgrp(pgrp, SIGCONT, FROM_KERNEL);
    }
}

static int put_pid(struct tty *tty, uaddr_t arg, pid_t pid)
{
    return current->tty == tty ? put_user(arg, pid) : -ENOTTY;
}

/* The group must be one of the caller's own session. */
static int set_foreground(struct tty *tty, uaddr_t arg)
{
    struct task_struct *t;
    pid_t pgrp;
    int err = -EPERM;

    if (get_user(pgrp, arg) != 0)
        return -EFAULT;
    if (pgrp <= 0)
        return -EINVAL;
    spin_lock(&tasklist_lock);
    if (current->tty != tty || tty->session != current->session) {
        err = -ENOTTY;
    } else {
        for_each_task (t)
            if (t->pgrp == pgrp && t->session == current->session)
                err = 0;
        if (!err)
            WRITE_ONCE(tty->pgrp, pgrp);
    }
    spin_unlock(&tasklist_lock);
    return err;
}

long tty_ioctl(struct tty *tty, unsigned cmd, uaddr_t arg)
{
    switch (cmd) {
    case TCGETS:
        return get_termios(tty, arg);
    case TCSETS:
    case TCSETSW: /* output is gone when write() returns: nothing to wait for */
        return set_termios(tty, arg, false);
    case TCSETSF:
        return set_termios(tty, arg, true);
    case TCSBRK:
    case TCXONC:
        return 0;
    case TCFLSH:
        return flush_queues(tty, arg);
    case FIONREAD:
        return get_readable(tty, arg);
    case TIOCOUTQ:
        return put_user(arg, (int){0});
    case TIOCGWINSZ:
        return get_winsize(tty, arg);
    case TIOCSWINSZ:
        return set_winsize(tty, arg);
    case TIOCSCTTY:
        return tty_acquire(tty, arg == 1);
    case TIOCNOTTY:
        if (current->tty != tty)
            return -ENOTTY;
        tty_disassociate();
        return 0;
    case TIOCGPGRP:
        return put_pid(tty, arg, tty->pgrp);
    case TIOCSPGRP:
        return set_foreground(tty, arg);
    case TIOCGSID:
        return put_pid(tty, arg, tty->session);
    }
    return -ENOTTY;
}
