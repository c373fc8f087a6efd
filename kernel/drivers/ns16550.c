/* SPDX-License-Identifier: MIT */
/*
 * The NS16550 UART: National Semiconductor's PC16550D data sheet has the registers.
 *
 * Receives by interrupt through the FIFO. Sends by polling: a byte takes as long as the line does,
 * and what is written is on its way when write() returns, which is what a panic needs.
 *
 * Locks: rx_lock (RANK_DRIVER, interrupts off) orders the handler and unthrottle(), so that receive
 * interrupts are never left off for good. tx_lock (RANK_LEAF, interrupts off) keeps a string
 * together; the log's own leaf lock may be held around it.
 */
#include <arch/irq.h>
#include "kernel/drivers/iomem.h"
#include "kernel/drivers/ns16550.h"
#include "kernel/fs/tty.h"
#include "kernel/printk.h"
#include "kernel/spinlock.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

enum {
    UART_DATA = 0, /* receive and transmit; the divisor's low byte with LCR_DLAB */
    UART_IER = 1,  /* interrupt enable; the divisor's high byte with LCR_DLAB */
    UART_FCR = 2,  /* FIFO control, write only */
    UART_LCR = 3,  /* line control */
    UART_MCR = 4,  /* modem control */
    UART_LSR = 5,  /* line status */

    IER_RX = 1 << 0, /* data is there, or has been for a while */
    FCR_ENABLE = 1 << 0,
    FCR_CLEAR = 3 << 1, /* both FIFOs */
    LCR_8N1 = 3,
    LCR_DLAB = 1 << 7,
    MCR_DTR_RTS = 3,
    MCR_OUT2 = 1 << 3, /* a PC's interrupt line passes through it */
    LSR_DATA = 1 << 0,
    LSR_THR_EMPTY = 1 << 5,
};

#define LINE_SPEED 115200

struct ns16550 {
    struct ns16550_regs regs;
    struct spinlock rx_lock, tx_lock;
    bool receiving; /* rx_lock; off while the terminal has no room */
    struct tty *tty;
};

static struct ns16550 *console_uart;

static uint8_t read_reg(const struct ns16550 *uart, unsigned reg)
{
    return uart->regs.read(&uart->regs, reg);
}

static void write_reg(struct ns16550 *uart, unsigned reg, uint8_t value)
{
    uart->regs.write(&uart->regs, reg, value);
}

static void send_byte(struct ns16550 *uart, char c)
{
    while (!(read_reg(uart, UART_LSR) & LSR_THR_EMPTY))
        arch_relax();
    write_reg(uart, UART_DATA, (uint8_t)c);
}

static void uart_write(struct tty *tty, const char *s, size_t n)
{
    struct ns16550 *uart = tty->driver_data;
    irqflags_t flags = spin_lock_irqsave(&uart->tx_lock);

    for (size_t i = 0; i < n; i++)
        send_byte(uart, s[i]);
    spin_unlock_irqrestore(&uart->tx_lock, flags);
}

static void log_write(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        send_byte(console_uart, s[i]);
}

/* rx_lock held. What comes in while this is off waits in the FIFO and before it. */
static void set_receiving(struct ns16550 *uart, bool on)
{
    uart->receiving = on;
    write_reg(uart, UART_IER, on ? IER_RX : 0);
}

/* An interrupt that was under way when receiving was turned off may still come: it finds out. */
static void uart_interrupt(void *data)
{
    struct ns16550 *uart = data;

    spin_lock(&uart->rx_lock);
    while (uart->receiving && (read_reg(uart, UART_LSR) & LSR_DATA))
        if (!tty_receive(uart->tty, read_reg(uart, UART_DATA)))
            set_receiving(uart, false);
    spin_unlock(&uart->rx_lock);
}

static void uart_unthrottle(struct tty *tty)
{
    struct ns16550 *uart = tty->driver_data;
    irqflags_t flags = spin_lock_irqsave(&uart->rx_lock);

    set_receiving(uart, true);
    spin_unlock_irqrestore(&uart->rx_lock, flags);
}

static const struct tty_driver uart_driver = {
    .write = uart_write,
    .unthrottle = uart_unthrottle,
};

static void set_up(struct ns16550 *uart, unsigned clock)
{
    unsigned divisor = clock / (16 * LINE_SPEED);

    write_reg(uart, UART_IER, 0);
    if (divisor) {
        write_reg(uart, UART_LCR, LCR_DLAB | LCR_8N1);
        write_reg(uart, UART_DATA, (uint8_t)divisor);
        write_reg(uart, UART_IER, (uint8_t)(divisor >> 8));
    }
    write_reg(uart, UART_LCR, LCR_8N1);
    write_reg(uart, UART_FCR, FCR_ENABLE | FCR_CLEAR);
    write_reg(uart, UART_MCR, MCR_DTR_RTS | MCR_OUT2);
}

const char *ns16550_probe(const struct ns16550_regs *regs, unsigned irq, unsigned clock)
{
    struct ns16550 *uart = kzalloc(sizeof(*uart), GFP_KERNEL);

    if (!uart)
        goto fail;
    uart->regs = *regs;
    spin_lock_init(&uart->rx_lock, "uart receive", RANK_DRIVER);
    spin_lock_init(&uart->tx_lock, "uart transmit", RANK_LEAF);
    set_up(uart, clock);
    uart->tty = tty_create(&uart_driver, uart);
    if (!uart->tty)
        goto fail;
    if (!console_uart) {
        console_uart = uart;
        log_set_console(log_write);
    }
    /* Without its interrupt a line can still be written to. */
    if (arch_irq_request(irq, uart_interrupt, uart, uart->tty->name) != 0)
        pr_warn("%s: interrupt %u is not to be had: no input\n", uart->tty->name, irq);
    else
        uart_unthrottle(uart->tty);
    return uart->tty->name;

fail:
    kfree(uart);
    pr_warn("uart with interrupt %u: could not be set up\n", irq);
    return NULL;
}

static uint8_t mmio_read(const struct ns16550_regs *regs, unsigned reg)
{
    return arch_mmio_read8((void *)(regs->base + (reg << regs->shift)));
}

static void mmio_write(const struct ns16550_regs *regs, unsigned reg, uint8_t value)
{
    arch_mmio_write8((void *)(regs->base + (reg << regs->shift)), value);
}

void ns16550_probe_mmio(paddr_t base, size_t size, unsigned irq, unsigned reg_shift, unsigned clock)
{
    struct ns16550_regs regs = {.read = mmio_read, .write = mmio_write, .shift = reg_shift};
    void *va = size >= (size_t)NS16550_NR_REGS << reg_shift ? ioremap(base, size) : NULL;

    if (!va) {
        pr_warn("uart at %#lx: its registers cannot be mapped\n", base);
        return;
    }
    regs.base = (uintptr_t)va;
    const char *name = ns16550_probe(&regs, irq, clock);
    if (name)
        iomem_register(base, size, name);
    else
        iounmap(va);
}
