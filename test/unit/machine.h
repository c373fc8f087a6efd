/* SPDX-License-Identifier: MIT */
/*
 * What several tests do with the machine under test: look what is free, run processes on its CPUs.
 */
#ifndef TEST_UNIT_MACHINE_H
#define TEST_UNIT_MACHINE_H

#include "kernel/types.h"

struct file;
struct mm_struct;

/* Free pages, once each CPU has given back whatever it can do without. This is CPU 0 then. */
size_t free_when_idle(void);

/* Some CPU takes the process up: accesses are its own from now on. */
void run_process(struct mm_struct *mm);
/* No CPU uses it any more; it ends, if nobody else uses it. */
void end_process(struct mm_struct *mm);

/* do_mmap() and do_munmap(), of pages, with the lock that they want. */
long map_pages(struct mm_struct *mm, vaddr_t addr, size_t pages, unsigned vm_flags,
               struct file *file, uint64_t pgoff, bool fixed);
int unmap_pages(struct mm_struct *mm, vaddr_t addr, size_t pages);

#endif
