/* SPDX-License-Identifier: MIT */
/* The port's own structures of the system-call boundary, with the types they are made of. */
#ifndef KERNEL_UABI_H
#define KERNEL_UABI_H

#include "kernel/time.h"
#include <arch/uabi.h>

#endif
