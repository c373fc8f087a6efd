/* SPDX-License-Identifier: MIT */
/*
 * Where the kernel's windows begin for C code that follows pointers into them: on hardware, at
 * their own addresses. (A port that runs as a process reaches them somewhere else.)
 */
#ifndef ARCH_WINDOW_H
#define ARCH_WINDOW_H

#define ARCH_DIRECT_MAP_BASE PAGE_OFFSET
#define ARCH_VMEMMAP_BASE    VMEMMAP_START

#endif
