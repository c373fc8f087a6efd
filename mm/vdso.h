/* SPDX-License-Identifier: MIT */
/*
 * The vdso: a page of the kernel's in every process, with the code that returns from signal
 * handlers. It is a shared object as compilers make them (arch/<isa>/vdso/): programs find it by
 * AT_SYSINFO_EHDR, debuggers and unwinders read in it how to step over a signal frame.
 */
#ifndef MM_VDSO_H
#define MM_VDSO_H

#include "kernel/types.h"

struct mm_struct;

/* The object, a page, and where in it handlers return to: mm/vdso_image.S. */
extern const char vdso_image[], vdso_sigreturn[];

/* Once, after the page allocator. */
void vdso_init(void);

/*
 * exec: maps it at `va`, or among the mappings when something is there, and notes where, in
 * mm->vdso. 0 or -ENOMEM.
 */
int vdso_map(struct mm_struct *mm, vaddr_t va);

/* Where handlers of this process return to; 0 without a vdso. */
vaddr_t vdso_sigreturn_address(const struct mm_struct *mm);

#endif
