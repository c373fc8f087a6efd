/* SPDX-License-Identifier: MIT */
/*
 * The line discipline: what typed bytes become, what is echoed, how output is spelled.
 *
 * Runs in the terminal's own thread, a byte at a time. Columns are tracked so that erasing takes
 * exactly what was echoed off the screen: a control character is two columns wide, a tab up to
 * eight, the second byte of a UTF-8 character none.
 */
#include "kernel/fs/tty.h"
#include "kernel/fs/vfs.h"
#include "kernel/random.h"
#include "kernel/sched.h"
#include "kernel/string.h"

#define OUTPUT_CHUNK 64

static bool has_flag(const struct tty *tty, unsigned lflag)
{
    return tty->termios.c_lflag & lflag;
}

static bool is_char(const struct tty *tty, uint8_t c, int which)
{
    return c != 0 && c == tty->termios.c_cc[which];
}

/* --- output --- */

/* Writes what `c` is sent as, at most two bytes, to `out`, and follows the column. */
static size_t output_char(struct tty *tty, uint8_t c, char *out)
{
    unsigned oflag = tty->termios.c_oflag;
    size_t n = 0;

    if (c == '\r' && (oflag & OPOST) && (oflag & OCRNL))
        c = '\n';
    if (c == '\n' && (oflag & OPOST) && (oflag & ONLCR))
        out[n++] = '\r';
    out[n++] = (char)c;

    if (c == '\r' || n == 2)
        tty->column = 0;
    else if (c == '\b')
        tty->column -= tty->column > 0;
    else if (c == '\t')
        tty->column = (tty->column | 7) + 1;
    else if (c >= ' ' && c != 0x7f && !((tty->termios.c_iflag & IUTF8) && (c & 0xc0) == 0x80))
        tty->column++;
    return n;
}

void tty_output(struct tty *tty, const char *s, size_t n)
{
    char out[OUTPUT_CHUNK];
    size_t used = 0;

    for (size_t i = 0; i < n; i++) {
        used += output_char(tty, (uint8_t)s[i], out + used);
        if (used > sizeof(out) - 2) {
            tty->driver->write(tty, out, used);
            used = 0;
        }
    }
    if (used)
        tty->driver->write(tty, out, used);
}

static bool shown_as_caret(const struct tty *tty, uint8_t c)
{
    return has_flag(tty, ECHOCTL) && (c == 0x7f || (c < ' ' && c != '\t' && c != '\n'));
}

static void echo(struct tty *tty, uint8_t c)
{
    char caret[2] = {'^', (char)(c ^ 0x40)};

    if (!has_flag(tty, ECHO)) {
        if (c == '\n' && has_flag(tty, ECHONL) && has_flag(tty, ICANON))
            tty_output(tty, "\n", 1);
    } else if (shown_as_caret(tty, c)) {
        tty_output(tty, caret, 2);
    } else {
        tty_output(tty, (const char *)&c, 1);
    }
}

/* --- the input ring --- */

static unsigned used_entries(const struct tty *tty)
{
    return READ_ONCE(tty->in_head) - READ_ONCE(tty->in_tail);
}

static uint8_t entry_at(const struct tty *tty, unsigned index)
{
    return (uint8_t)tty->in[index % TTY_IN_SIZE];
}

static void put_entry(struct tty *tty, uint16_t entry)
{
    tty->in[tty->in_head % TTY_IN_SIZE] = entry;
    WRITE_ONCE(tty->in_head, tty->in_head + 1);
}

unsigned tty_available(struct tty *tty)
{
    unsigned end = has_flag(tty, ICANON) ? READ_ONCE(tty->in_canon) : READ_ONCE(tty->in_head);
    return end - READ_ONCE(tty->in_tail);
}

void tty_flush_input(struct tty *tty)
{
    tty->in_tail = tty->in_canon = tty->in_head;
}

/* Columns that the line being edited takes on the screen up to its entry `end`. */
static unsigned echo_width(const struct tty *tty, unsigned end)
{
    unsigned column = tty->line_column;

    for (unsigned i = tty->in_canon; i != end; i++) {
        uint8_t c = entry_at(tty, i);
        if (shown_as_caret(tty, c))
            column += 2;
        else if (c == '\t')
            column = (column | 7) + 1;
        else if (!((tty->termios.c_iflag & IUTF8) && (c & 0xc0) == 0x80))
            column++;
    }
    return column - tty->line_column;
}

/* Cuts the line being edited to end at entry `end`, on the screen as well. */
static void erase_to(struct tty *tty, unsigned end)
{
    unsigned columns = echo_width(tty, tty->in_head) - echo_width(tty, end);

    tty->in_head = end;
    if (has_flag(tty, ECHO) && has_flag(tty, ECHOE))
        while (columns--)
            tty_output(tty, "\b \b", 3);
}

/* The entry that the last character (of one or several bytes) of the line up to `end` begins at. */
static unsigned last_char(const struct tty *tty, unsigned end)
{
    while (end != tty->in_canon) {
        end--;
        if (!(tty->termios.c_iflag & IUTF8) || (entry_at(tty, end) & 0xc0) != 0x80)
            break;
    }
    return end;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static unsigned last_word(const struct tty *tty, unsigned end)
{
    while (end != tty->in_canon && is_blank(entry_at(tty, end - 1)))
        end--;
    while (end != tty->in_canon && !is_blank(entry_at(tty, end - 1)))
        end--;
    return end;
}

/* --- input --- */

/*
 * Terminals disagree about what their backspace key sends: where one of ^H and DEL erases, the
 * other does too.
 */
static bool is_erase(const struct tty *tty, uint8_t c)
{
    uint8_t set = tty->termios.c_cc[VERASE];
    return is_char(tty, c, VERASE) || ((c == '\b' || c == 0x7f) && (set == '\b' || set == 0x7f));
}

static void finish_line(struct tty *tty, uint16_t entry)
{
    put_entry(tty, entry);
    WRITE_ONCE(tty->in_canon, tty->in_head);
}

static void receive_canonical(struct tty *tty, uint8_t c)
{
    if (tty->in_head == tty->in_canon)
        tty->line_column = tty->column;

    if (is_erase(tty, c)) {
        erase_to(tty, last_char(tty, tty->in_head));
    } else if (is_char(tty, c, VKILL)) {
        erase_to(tty, tty->in_canon);
    } else if (is_char(tty, c, VWERASE) && has_flag(tty, IEXTEN)) {
        erase_to(tty, last_word(tty, tty->in_head));
    } else if (is_char(tty, c, VEOF)) {
        finish_line(tty, TTY_LINE_END | TTY_EOF);
    } else if (c == '\n' || is_char(tty, c, VEOL) || is_char(tty, c, VEOL2)) {
        echo(tty, c);
        finish_line(tty, c | TTY_LINE_END);
    } else if (used_entries(tty) >= TTY_IN_SIZE - 1) {
        tty_output(tty, "\a", 1); /* the last place is kept for the line's end */
    } else {
        echo(tty, c);
        put_entry(tty, c);
    }
}

static int signal_for(const struct tty *tty, uint8_t c)
{
    if (!has_flag(tty, ISIG))
        return 0;
    if (is_char(tty, c, VINTR))
        return SIGINT;
    if (is_char(tty, c, VQUIT))
        return SIGQUIT;
    return is_char(tty, c, VSUSP) ? SIGTSTP : 0;
}

/* Takes one typed byte. Returns the signal that the foreground group is due, or 0. */
static int receive(struct tty *tty, uint8_t c)
{
    unsigned iflag = tty->termios.c_iflag;

    if (iflag & ISTRIP)
        c &= 0x7f;
    if (c == '\r' && (iflag & IGNCR))
        return 0;
    if (c == '\r' && (iflag & ICRNL))
        c = '\n';
    else if (c == '\n' && (iflag & INLCR))
        c = '\r';

    int signo = signal_for(tty, c);
    if (signo) {
        if (!has_flag(tty, NOFLSH))
            tty_flush_input(tty);
        echo(tty, c);
    } else if (has_flag(tty, ICANON)) {
        receive_canonical(tty, c);
    } else {
        echo(tty, c);
        put_entry(tty, c);
        WRITE_ONCE(tty->in_canon, tty->in_head);
    }
    return signo;
}

/*
 * How many bytes may be taken from raw[] now. A line too long for the ring that has no end yet must
 * go on being taken (and dropped), or its end would never be seen.
 */
static unsigned input_room(struct tty *tty)
{
    unsigned room = TTY_IN_SIZE - 1 - min(used_entries(tty), (unsigned)TTY_IN_SIZE - 1);
    if (room == 0 && tty_available(tty) == 0)
        return 1;
    return room;
}

static bool work_to_do(struct tty *tty)
{
    return READ_ONCE(tty->raw_head) != READ_ONCE(tty->raw_tail) && input_room(tty);
}

/* Moves up to n bytes out of raw[]. */
static size_t take_raw(struct tty *tty, uint8_t *bytes, size_t n)
{
    irqflags_t flags = spin_lock_irqsave(&tty->raw_lock);
    size_t taken = 0;

    while (taken < n && tty->raw_tail != tty->raw_head)
        bytes[taken++] = tty->raw[tty->raw_tail++ % TTY_RAW_SIZE];
    bool throttled = tty->throttled;
    tty->throttled = false;
    spin_unlock_irqrestore(&tty->raw_lock, flags);

    if (throttled)
        tty->driver->unthrottle(tty);
    return taken;
}

bool tty_receive(struct tty *tty, uint8_t byte)
{
    spin_lock(&tty->raw_lock);
    if (tty->raw_head - tty->raw_tail < TTY_RAW_SIZE)
        tty->raw[tty->raw_head++ % TTY_RAW_SIZE] = byte;
    tty->throttled = tty->raw_head - tty->raw_tail == TTY_RAW_SIZE;
    bool more = !tty->throttled;
    spin_unlock(&tty->raw_lock);

    wake_up_all(&tty->raw_wait);
    return more;
}

void tty_thread(void *arg)
{
    struct tty *tty = arg;

    for (;;) {
        uint8_t bytes[32];

        wait_event(&tty->raw_wait, work_to_do(tty));
        ktime_t now = arch_clock();
        random_add(&now, sizeof(now)); /* when people press keys, nobody knows beforehand */
        size_t n = take_raw(tty, bytes, min(sizeof(bytes), (size_t)input_room(tty)));

        for (size_t i = 0; i < n; i++) {
            irqflags_t flags = spin_lock_irqsave(&tty->lock);
            int signo = receive(tty, bytes[i]);
            spin_unlock_irqrestore(&tty->lock, flags);

            pid_t pgrp = READ_ONCE(tty->pgrp);
            /*
             * When the foreground job has just ended, and the shell has not taken the terminal back
             * yet, the key is the shell's: nobody else would ever hear of it.
             */
            if (signo && pgrp > 0 && kill_pgrp(pgrp, signo, FROM_KERNEL) <= 0)
                kill_pgrp(READ_ONCE(tty->session), signo, FROM_KERNEL);
        }
        if (tty_available(tty)) {
            wake_up_all(&tty->read_wait);
            poll_notify();
        }
    }
}
