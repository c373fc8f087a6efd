/* SPDX-License-Identifier: MIT */
/*
 * /dev/provoke: mistakes of the kernel, made on request, to see what becomes of them.
 *
 * A word written to the device makes the mistake of that name; all of them end in a panic, whose
 * report is what there is to see. The word "tlb-check" makes none, but looks for one: the write
 * fails with what tlb_check() says. Any other word gives -EINVAL. Nothing but the device's
 * permissions stands before it: it is the super-user's.
 */
#ifndef KERNEL_PROVOKE_H
#define KERNEL_PROVOKE_H

/* Registers the device (10, 39). Boot CPU, once. */
void provoke_init(void);

#endif
