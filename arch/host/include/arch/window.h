/* SPDX-License-Identifier: MIT */
/*
 * Where the kernel's windows are for C code that follows pointers into them. Here the two windows
 * that mm/ dereferences, direct map and vmemmap, are mappings of the process, wherever they came to
 * lie; page tables still hold the addresses of mm/layout.h.
 */
#ifndef ARCH_WINDOW_H
#define ARCH_WINDOW_H

#include <stdint.h>

extern uintptr_t host_direct_map, host_vmemmap;

#define ARCH_DIRECT_MAP_BASE host_direct_map
#define ARCH_VMEMMAP_BASE    host_vmemmap

#endif
