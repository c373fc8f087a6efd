/* SPDX-License-Identifier: MIT */
/* sys/sysmacros.h: the parts of a device number. */
#ifndef SYS_SYSMACROS_H
#define SYS_SYSMACROS_H

#include <sys/types.h>

#define major(dev) ((unsigned)((((dev) >> 8) & 0xfff) | (((dev) >> 32) & 0xfffff000)))
#define minor(dev) ((unsigned)(((dev)&0xff) | (((dev) >> 12) & 0xffffff00)))
#define makedev(ma, mi)                                                                            \
    ((((dev_t)(ma)&0xfffff000) << 32) | (((dev_t)(ma)&0xfff) << 8) |                               \
     (((dev_t)(mi)&0xffffff00) << 12) | ((dev_t)(mi)&0xff))

#endif
