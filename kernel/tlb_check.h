/* SPDX-License-Identifier: MIT */
/*
 * A check that the other CPUs forget translations when they are told to. Programs can hardly see
 * whether they do: it takes an address that two CPUs use at the same time.
 */
#ifndef KERNEL_TLB_CHECK_H
#define KERNEL_TLB_CHECK_H

/*
 * Changes the page behind an address, again and again, which all other CPUs read before and after:
 * an address of the kernel's, then one of the current process's. 0: they always saw the new page
 * (also on a machine with one CPU). -EIO: they did not, and the log says how often. -EBUSY: they
 * had something else to do, or a check is under way. -ENOMEM. Takes mmap_lock; may sleep.
 */
int tlb_check(void);

#endif
