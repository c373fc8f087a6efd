/* SPDX-License-Identifier: MIT */
/*
 * The vdso: a page of the kernel's in every process, with the code that returns from signal
 * handlers.
 */
#ifndef MM_VDSO_H
#define MM_VDSO_H

#include "kernel/types.h"

struct mm_struct;

/* Once, after the page allocator. */
void vdso_init(void);

/* exec: maps it in the mapping region and notes where, in mm->vdso. 0 or -ENOMEM. */
int vdso_map(struct mm_struct *mm);

#endif
