/* SPDX-License-Identifier: MIT */
/* Loads and stores that may end in a signal, our own and the kernel's on our behalf. */
#include "mapfuzz.h"
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const unsigned spots[4] = {0, 8, 2040, 4088};

static jmp_buf back;
static volatile bool expected;
static volatile int signo, code;
static volatile unsigned long fault_addr;
static char stack[32768] __attribute__((aligned(16)));

static void on_fault(int number, siginfo_t *info, void *context)
{
    static const char text[] = "mapfuzz: a fault of its own\n";

    (void)context;
    if (!expected) {
        if (write(2, text, sizeof(text) - 1)) {
        }
        _exit(99);
    }
    signo = number;
    code = info->si_code;
    fault_addr = (unsigned long)info->si_addr;
    longjmp(back, 1);
}

/* The mask is not touched: SA_NODEFER, so that longjmp() need not put it back. */
void catch_signals(void)
{
    struct sigaction act;
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};

    memset(&act, 0, sizeof(act));
    act.sa_sigaction = on_fault;
    act.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
    sigaltstack(&alternate, NULL);
    sigaction(SIGSEGV, &act, NULL);
    sigaction(SIGBUS, &act, NULL);
}

bool load(unsigned long addr, uint64_t *value)
{
    expected = true;
    if (setjmp(back)) {
        expected = false;
        return false;
    }
    *value = *(volatile uint64_t *)addr;
    expected = false;
    return true;
}

bool store(unsigned long addr, uint64_t value)
{
    expected = true;
    if (setjmp(back)) {
        expected = false;
        return false;
    }
    *(volatile uint64_t *)addr = value;
    expected = false;
    return true;
}

const char *touch_signal(unsigned long addr)
{
    static char text[60];
    const char *name = signo == SIGBUS ? "SIGBUS" : "SIGSEGV";

    snprintf(text, sizeof(text), "%s code %d at %+ld", name, code, (long)(fault_addr - addr));
    return text;
}

bool in_file_tail(unsigned page)
{
    const struct page *p = &seq.page[page];
    unsigned long size;

    if (!p->shared || (p->object != O_DISK && p->object != O_MEMFD))
        return false;
    size = file_size(p->object == O_DISK ? FD_DISK : FD_MEMFD);
    return size % PAGE != 0 && p->index == size / PAGE;
}

static void touch(unsigned long addr, bool write)
{
    uint64_t value = draw();
    bool done;

    say("%s +%lx", write ? "store" : "load", addr - ARENA);
    if (write && in_file_tail((addr - ARENA) / PAGE)) {
        say(": left out\n");
        return;
    }
    done = write ? store(addr, value) : load(addr, &value);
    if (!done)
        say(" = %s\n", touch_signal(addr));
    else if (write)
        say(" = ok\n");
    else
        say(" = %llx\n", (unsigned long long)value);
}

/* One place, or each page of a range. */
void op_touch(void)
{
    struct range r = draw_mapped();
    unsigned spot = spots[below(4)];
    bool write = below(3);
    unsigned n = one_in(3) ? r.n : 1;

    for (unsigned i = 0; i < n; i++)
        touch(ARENA + (r.first + i) * PAGE + spot, write);
}

/* A file's bytes straight to or from the arena. Not those of the very file that is shown there. */
void op_kernel_copy(void)
{
    int which = below(2) && features & WITH_MEMFD ? FD_MEMFD : FD_DISK;
    unsigned object = which == FD_DISK ? O_DISK : O_MEMFD;
    struct range r = draw_mapped();
    bool in = below(2);
    unsigned long at = below(file_size(which) / 1024 + 1) * 1024, from = r.first * PAGE + at % PAGE;
    unsigned long len = 8 + below(r.n * PAGE / 8) * 8;
    unsigned long last = (from + len - 1) / PAGE;
    ssize_t done;

    say("%s %s at %lx, +%lx, %lx bytes", in ? "read" : "write", which == FD_DISK ? "disk" : "memfd",
        at, from, len);
    for (unsigned i = r.first; i <= last && i < seq.pages; i++)
        if (seq.page[i].object == object || in_file_tail(i)) {
            say(": left out\n");
            return;
        }
    if (in)
        done = pread(fds[which], (void *)(ARENA + from), len, at);
    else
        done = pwrite(fds[which], (void *)(ARENA + from), len, at);
    if (!in && done < (ssize_t)len)
        seq.stray = true;
    if (done < 0)
        say_result(done);
    else
        say(" = %ld\n", (long)done);
}
