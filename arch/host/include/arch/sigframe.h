/* SPDX-License-Identifier: MIT */
/* Signal handlers: none is entered here; the code of the way back is only there to be mapped. */
#ifndef ARCH_SIGFRAME_H
#define ARCH_SIGFRAME_H

#include "kernel/types.h"

const void *arch_sigreturn_code(size_t *size);

#endif
