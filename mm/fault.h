/* SPDX-License-Identifier: MIT */
/*
 * Page faults: where the architecture's trap code hands over.
 */
#ifndef MM_FAULT_H
#define MM_FAULT_H

#include "kernel/types.h"

struct trapframe;

/*
 * An access at `addr` faulted; `flags` are FAULT_* (<arch/trap.h>). Fills in the page, or ends in a
 * signal (user code), a fix-up (the kernel's copies), or a panic that says what the address is (any
 * other kernel code). Entered with interrupts off; may enable them and sleep.
 */
void handle_fault(struct trapframe *tf, vaddr_t addr, unsigned flags);

#endif
