/* SPDX-License-Identifier: MIT */
/* sys/klog.h: the kernel's log. */
#ifndef SYS_KLOG_H
#define SYS_KLOG_H

#define SYSLOG_ACTION_READ_ALL    3
#define SYSLOG_ACTION_SIZE_BUFFER 10

int klogctl(int action, char *buf, int size);

#endif
