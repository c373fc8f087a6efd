/* SPDX-License-Identifier: MIT */
/*
 * What the system calls itself: uname() and /proc/sys/kernel. The boundary is Linux's, so that is
 * the name, and the release is one whose interface C libraries accept.
 */
#ifndef KERNEL_UTSNAME_H
#define KERNEL_UTSNAME_H

#include "kernel/types.h"

#define UTS_LEN     65 /* of each string in struct utsname, its terminator included */
#define UTS_SYSNAME "Linux"
#define UTS_RELEASE "6.1.0-xv39"
#define UTS_VERSION "#1 SMP xv39"

/* A copy of the host's name, terminated. */
void get_hostname(char name[UTS_LEN]);
/* Takes n bytes for it, 0 or -EINVAL when that is too long. */
int set_hostname(const char *name, size_t n);

#endif
