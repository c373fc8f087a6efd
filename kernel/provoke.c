/* SPDX-License-Identifier: MIT */
/*
 * Mistakes of the kernel, made on request; see provoke.h.
 *
 * The addresses go through a volatile variable, so that the compiler neither warns of the mistake
 * nor takes advantage of it.
 */
#include "kernel/provoke.h"

#include <arch/switch.h>
#include "kernel/errno.h"
#include "kernel/fs/vfs.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/string.h"
#include "kernel/tlb_check.h"
#include "mm/layout.h"
#include "mm/slab.h"
#include "mm/uaccess.h"

enum {
    MAJOR_MISC = 10,
    MINOR_PROVOKE = 39
};

static volatile vaddr_t target;
static uint32_t return_instructions[4]; /* data: whatever it holds must not run */

static void provoke_panic(uaddr_t user)
{
    (void)user;
    panic("provoked");
}

static void provoke_bug(uaddr_t user)
{
    BUG_ON(user != 0);
}

/* No tail call, and no loop: every call keeps a frame, and what it fills is used afterwards. */
static __noinline unsigned long descend(unsigned long depth)
{
    volatile unsigned long frame[16];

    frame[depth % ARRAY_SIZE(frame)] = depth;
    if (depth < KSTACK_SIZE)
        frame[0] = descend(depth + 1);
    return frame[0] + frame[depth % ARRAY_SIZE(frame)];
}

static void provoke_stack_overflow(uaddr_t user)
{
    target = descend(user != 0);
}

static void provoke_null_read(uaddr_t user)
{
    (void)user;
    target = 8;
    target = *(volatile unsigned long *)target;
}

/* Past the window's areas, where nothing is mapped. */
static void provoke_wild_write(uaddr_t user)
{
    (void)user;
    target = VMALLOC_END - PAGE_SIZE;
    *(volatile unsigned long *)target = 1;
}

static void provoke_write_text(uaddr_t user)
{
    (void)user;
    target = (vaddr_t)provoke_write_text;
    *(volatile uint32_t *)target = 0;
}

static void provoke_exec_data(uaddr_t user)
{
    (void)user;
    target = (vaddr_t)return_instructions;
    ((void (*)(void))target)();
}

/* A good address of the process, but not read through mm/uaccess.h. */
static void provoke_user_read(uaddr_t user)
{
    target = user;
    target = *(volatile unsigned char *)target;
}

static void provoke_double_free(uaddr_t user)
{
    void *block = kmalloc(2 * 8 * KiB, GFP_KERNEL);

    (void)user;
    target = (vaddr_t)block;
    kfree(block);
    kfree((void *)target);
}

static const struct mistake {
    const char *name;
    void (*make)(uaddr_t user); /* given an address of the process that can be read */
} mistakes[] = {
    {"panic", provoke_panic},
    {"bug", provoke_bug},
    {"stack-overflow", provoke_stack_overflow},
    {"null-read", provoke_null_read},
    {"wild-write", provoke_wild_write},
    {"write-text", provoke_write_text},
    {"exec-data", provoke_exec_data},
    {"user-read", provoke_user_read},
    {"double-free", provoke_double_free},
};

static const struct mistake *find_mistake(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++)
        if (strcmp(mistakes[i].name, name) == 0)
            return &mistakes[i];
    return NULL;
}

/* One write, one word; white space at its end is the shell's. */
static ssize_t provoke_write(struct file *f, uaddr_t buf, size_t n, loff_t *pos)
{
    char word[32];
    size_t len = n;
    (void)f, (void)pos;

    if (n >= sizeof(word))
        return -EINVAL;
    if (copy_from_user(word, buf, n))
        return -EFAULT;
    while (len && (word[len - 1] == '\n' || word[len - 1] == ' '))
        len--;
    word[len] = '\0';
    if (strcmp(word, "tlb-check") == 0) {
        int err = tlb_check();
        return err ? err : (ssize_t)n;
    }
    const struct mistake *m = find_mistake(word);
    if (!m)
        return -EINVAL;
    m->make(buf);
    return (ssize_t)n;
}

static const struct file_operations provoke_fops = {.write = provoke_write};

void provoke_init(void)
{
    register_chrdev(MAJOR_MISC, MINOR_PROVOKE, &provoke_fops, "provoke");
}
