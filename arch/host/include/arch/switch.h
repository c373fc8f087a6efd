/* SPDX-License-Identifier: MIT */
/*
 * Contexts of tasks. The process has one flow of control and never changes it, so these are empty;
 * only the size of a kernel stack matters to mm/.
 */
#ifndef ARCH_SWITCH_H
#define ARCH_SWITCH_H

#include "kernel/types.h"

#define KSTACK_SIZE 16384

struct context {
    char none;
};

struct arch_fpu {
    char none;
};

#endif
