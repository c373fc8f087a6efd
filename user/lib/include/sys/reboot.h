/* SPDX-License-Identifier: MIT */
/* sys/reboot.h: stopping the machine; returns only on error. */
#ifndef SYS_REBOOT_H
#define SYS_REBOOT_H

#define RB_AUTOBOOT    0x01234567
#define RB_HALT_SYSTEM 0xcdef0123
#define RB_POWER_OFF   0x4321fedc

int reboot(unsigned int command);

#endif
