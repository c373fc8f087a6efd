/* SPDX-License-Identifier: MIT */
/*
 * Accesses that may fault: a program's own, and the kernel's copies. Every byte goes through the
 * software MMU, which calls the fault path as hardware would.
 */
#include <arch/trap.h>
#include <arch/uaccess.h>
#include "arch/host/host.h"
#include "kernel/panic.h"
#include "kernel/string.h"
#include "mm/extable.h"
#include "mm/fault.h"
#include "mm/layout.h"

/*
 * More faults for one access than there can be reasons: a stale absent entry, a page to fill in, a
 * stale entry without write, a copy on write, an accessed and a dirty mark, and as many failed
 * allocations again.
 */
#define MAX_FAULTS 20

struct host_signal host_signal;
static bool copying;

uint8_t *host_access(vaddr_t va, unsigned access)
{
    host_signal.signo = 0;
    for (int i = 0; i < MAX_FAULTS; i++) {
        uint8_t *byte = host_translate(va, access);
        if (byte)
            return byte;
        struct trapframe tf = {.addr = va, .flags = access};
        handle_fault(&tf, va, access);
        if (tf.fixed_up || host_signal.signo)
            return NULL;
    }
    panic("the access at %#lx faults for ever", va);
}

bool in_user_copy(const struct trapframe *tf, vaddr_t addr)
{
    (void)tf;
    return copying && addr < USER_END;
}

void fixup_user_copy(struct trapframe *tf)
{
    tf->fixed_up = true;
}

/* Calls step() for each piece of [va, va + n) that crosses no page. Returns bytes left over. */
static size_t copy(uaddr_t va, size_t n, unsigned access, void (*step)(uint8_t *, void *, size_t),
                   char *kernel)
{
    while (n) {
        size_t piece = min(n, PAGE_SIZE - va % PAGE_SIZE);
        copying = true;
        uint8_t *user = host_access(va, access);
        copying = false;
        if (!user)
            break;
        step(user, kernel, piece);
        va += piece;
        n -= piece;
        kernel += kernel ? piece : 0;
    }
    return n;
}

static void read_piece(uint8_t *user, void *kernel, size_t n)
{
    memcpy(kernel, user, n);
}

static void write_piece(uint8_t *user, void *kernel, size_t n)
{
    memcpy(user, kernel, n);
}

static void clear_piece(uint8_t *user, void *kernel, size_t n)
{
    (void)kernel;
    memset(user, 0, n);
}

size_t arch_copy_from_user(void *dst, uaddr_t src, size_t n)
{
    return copy(src, n, FAULT_READ, read_piece, dst);
}

size_t arch_copy_to_user(uaddr_t dst, const void *src, size_t n)
{
    return copy(dst, n, FAULT_WRITE, write_piece, (char *)src);
}

size_t arch_clear_user(uaddr_t dst, size_t n)
{
    return copy(dst, n, FAULT_WRITE, clear_piece, NULL);
}
