/* SPDX-License-Identifier: MIT */
/* Flags of mmap(2) that only this architecture has. */
#ifndef ARCH_MMAN_H
#define ARCH_MMAN_H

#define ARCH_MAP_32BIT   0x40
#define ARCH_MAP_ABOVE4G 0x80

#endif
