/* SPDX-License-Identifier: MIT */
/* The devices that are only memory: /dev/null, zero, full, random, urandom. */
#ifndef DRIVERS_MEM_DEVICES_H
#define DRIVERS_MEM_DEVICES_H

void mem_devices_init(void);

#endif
