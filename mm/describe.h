/* SPDX-License-Identifier: MIT */
/* What an address is, in words: for panics and fault reports. */
#ifndef MM_DESCRIBE_H
#define MM_DESCRIBE_H

#include "kernel/types.h"

/* One line at LOG_ERR: the window, the vmalloc area or guard page, the symbol. Takes no locks. */
void describe_address(vaddr_t addr);

#endif
