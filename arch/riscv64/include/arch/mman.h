/* SPDX-License-Identifier: MIT */
/* Flags of mmap(2) that only one architecture has: not this one. */
#ifndef ARCH_MMAN_H
#define ARCH_MMAN_H

#define ARCH_MAP_32BIT   0
#define ARCH_MAP_ABOVE4G 0

#endif
