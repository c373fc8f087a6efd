/* SPDX-License-Identifier: MIT */
/*
 * The fixmap: addresses known when the kernel is built, for what must be mapped before any
 * allocator works. Entry code shows firmware's description of the machine there, where it lies
 * anywhere in memory, with large leaves, until the kernel's own table takes over.
 */
#ifndef MM_FIXMAP_H
#define MM_FIXMAP_H

#include "mm/layout.h"

#define FIX_FIRMWARE      FIXMAP_START
#define FIX_FIRMWARE_SIZE (4 * MiB)

#endif
