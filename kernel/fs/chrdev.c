/* SPDX-License-Identifier: MIT */
/*
 * Character devices by number. Registered at boot, never taken out: the list needs no lock once
 * user programs run, and drivers register from the boot CPU alone.
 */
#include "kernel/fs/internal.h"
#include "kernel/list.h"
#include "kernel/panic.h"
#include "mm/slab.h"

struct chrdev {
    dev_t dev;
    const struct file_operations *fop;
    const char *name;
    struct list_head node;
};

static struct list_head chrdevs = LIST_HEAD_INIT(chrdevs);

void register_chrdev(unsigned major, unsigned minor, const struct file_operations *fop,
                     const char *name)
{
    struct chrdev *c = kmalloc(sizeof(*c), GFP_KERNEL);

    if (!c)
        panic("no memory to register device %s", name);
    c->dev = MKDEV(major, minor);
    c->fop = fop;
    c->name = name;
    list_add_tail(&c->node, &chrdevs);
}

const struct file_operations *chrdev_fops(dev_t dev)
{
    struct chrdev *c;

    list_for_each_entry (c, &chrdevs, node) {
        if (c->dev == dev)
            return c->fop;
    }
    return NULL;
}
