/* SPDX-License-Identifier: MIT */
/* sys/mount.h: attaching file systems. */
#ifndef SYS_MOUNT_H
#define SYS_MOUNT_H

#define MS_RDONLY 1

int mount(const char *source, const char *target, const char *type, unsigned long flags,
          const void *data);
int umount(const char *target);
int umount2(const char *target, int flags);

#endif
