/* SPDX-License-Identifier: MIT */
/* Flags of mmap(2) that only some architectures have: here, for the tests, all. */
#ifndef ARCH_MMAN_H
#define ARCH_MMAN_H

#define ARCH_MAP_32BIT   0x40
#define ARCH_MAP_ABOVE4G 0x80

#endif
