/* SPDX-License-Identifier: MIT */
/* sys/personality.h: what a process asks the kernel to do otherwise than usual. */
#ifndef SYS_PERSONALITY_H
#define SYS_PERSONALITY_H

#define PER_LINUX          0
#define ADDR_NO_RANDOMIZE  0x0040000 /* the address space is laid out the same every time */
#define ADDR_COMPAT_LAYOUT 0x0200000 /* the classic layout */
#define READ_IMPLIES_EXEC  0x0400000 /* memory that may be read may be executed */

/* Sets it, unless all bits are set; the old one. */
int personality(unsigned long persona);

#endif
