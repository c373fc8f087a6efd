/* SPDX-License-Identifier: MIT */
/*
 * The other CPUs: contexts of one thread, see arch/host/host.h. Nobody is there to be interrupted.
 */
#ifndef ARCH_SMP_H
#define ARCH_SMP_H

#include "kernel/types.h"

#define MAX_CPUS 4

static inline void arch_ipi_reschedule(unsigned id)
{
    (void)id;
}

#endif
